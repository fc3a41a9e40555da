import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { readdir, readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { isMissingFile, syncToDisk } from "@assets/core"
import { storageFailure } from "./delta-failure.ts"
import { commitName, type DeltaLog } from "./delta-log.ts"

let writes = 0

/** The log of a table in a folder. */
export class LocalDeltaLog implements DeltaLog {
  readonly #folder: string
  readonly #scratch: string

  /** @param scratch a folder of ours on the same disk, for commits that are being written */
  constructor(folder: string, scratch: string) {
    this.#folder = folder
    this.#scratch = scratch
  }

  async read(version: number): Promise<string | undefined> {
    const path = this.#path(version)
    return readFile(path, "utf8").catch(error => orUndefined(error, path))
  }

  async versions(): Promise<readonly number[]> {
    const names = await readdir(this.#folder).catch(error => orUndefined(error, this.#folder))
    const commits = (names ?? []).filter(name => /^\d{20}\.json$/.test(name))
    return commits.map(name => Number.parseInt(name, 10)).sort((a, b) => a - b)
  }

  async stamp(version: number): Promise<string | undefined> {
    const path = this.#path(version)
    const found = await stat(path, { bigint: true }).catch(error => orUndefined(error, path))
    return found && `${found.ino}-${found.mtimeNs}-${found.size}`
  }

  create(version: number, text: string, { durable }: { readonly durable: boolean }): boolean {
    const path = this.#path(version)
    const beside = join(this.#scratch, `commit-${process.pid}-${++writes}.tmp`)
    try {
      mkdirSync(this.#folder, { recursive: true })
      mkdirSync(this.#scratch, { recursive: true })
      writeFileSync(beside, text)
      if (durable) syncToDisk(beside)
      // A second name of a file that is whole, given only where there is none: who dies here leaves no half commit.
      linkSync(beside, path)
      if (durable) syncToDisk(this.#folder)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false
      throw storageFailure(error, path, "write")
    } finally {
      rmSync(beside, { force: true })
    }
  }

  #path(version: number): string {
    return join(this.#folder, commitName(version))
  }
}

function orUndefined(error: unknown, path: string): undefined {
  if (isMissingFile(error)) return undefined
  throw storageFailure(error, path, "read")
}
