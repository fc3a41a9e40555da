import { closeSync, constants, lstatSync, mkdirSync, openSync, readFileSync, realpathSync, type Stats } from "node:fs"
import { dirname, join, sep } from "node:path"
import { isMissingFile, StorageError } from "@assets/core"
import { storageFailure } from "./storage-failure.ts"

/** A link in the place of a file of ours is not followed; systems without the flag know no such links. */
const noFollow = constants.O_NOFOLLOW ?? 0

/** The folder of all assets of one environment. Nothing outside of it is read or written. */
export class StorageRoot {
  readonly path: string
  /** What was found below the root before: a root is looked at anew with each call of the manager. */
  readonly #confirmed = new Set<string>()

  constructor(path: string) {
    this.path = path
  }

  /** What was published together last: its decision, until its pointers are moved. */
  get published(): string {
    return join(this.path, "_published.json")
  }

  /** Held, by a lock that ends with its process, while pointers are moved. */
  get lock(): string {
    return join(this.path, "_lock")
  }

  make(): void {
    try {
      mkdirSync(this.path, { recursive: true })
    } catch (error) {
      throw storageFailure(error, this.path, "write")
    }
  }

  /**
   * Refuses a path that a link leads out of the root; what is not there yet is judged by the folder that it will be in.
   * @throws StorageError `STORAGE_CORRUPT`
   */
  confirmInside(path: string): void {
    if (path === this.path || this.#confirmed.has(path)) return
    if (!path.startsWith(this.path + sep)) throw leadsOut(path, this.path)
    this.confirmInside(dirname(path))
    if (lookAt(path)?.isSymbolicLink()) this.#confirmLink(path)
    this.#confirmed.add(path)
  }

  /** As `confirmInside`, as an answer. */
  isInside(path: string): boolean {
    try {
      this.confirmInside(path)
      return true
    } catch {
      return false
    }
  }

  #confirmLink(path: string): void {
    try {
      const [real, target] = [realpathSync.native(this.path), realpathSync.native(path)]
      if (target.startsWith(real + sep)) return
    } catch (error) {
      if (!isMissingFile(error)) throw storageFailure(error, path, "read")
    }
    throw leadsOut(path, this.path)
  }
}

/** What is at a path, a link taken for itself; undefined when nothing is. */
export function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    if (isMissingFile(error)) return undefined
    throw storageFailure(error, path, "read")
  }
}

/** The text of a small file of ours; undefined when there is none. */
export function readOwnFile(path: string): string | undefined {
  // Most such files are not there most of the time, and an exception costs more than a look.
  if (!lookAt(path)) return undefined
  let handle: number | undefined
  try {
    handle = openSync(path, constants.O_RDONLY | noFollow)
    return readFileSync(handle, "utf8")
  } catch (error) {
    if (isMissingFile(error)) return undefined
    throw storageFailure(error, path, "read")
  } finally {
    if (handle !== undefined) closeSync(handle)
  }
}

function leadsOut(path: string, root: string): StorageError {
  return new StorageError("STORAGE_CORRUPT", {
    what: `${path} leads out of ${root}.`,
    why: "A link stands where parquetIO keeps a folder of its own; nothing is read or written through it.",
    fix: `Put the folder itself there, or point the root of parquetIO to where the link leads.`,
    details: { path, root },
  })
}
