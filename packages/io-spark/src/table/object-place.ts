import {
  confirmConditionalWrites,
  isObjectUrl,
  joinObjectUrl,
  type ObjectStore,
  relativeObjectUrl,
  StorageError,
} from "@assets/core"
import type { CreateOptions, PlaceEntry, TablePaths, TablePlace } from "./table-place.ts"

/** A store may refuse a conditional write for another one that is under way, and fails in the end. */
const mostAttempts = 5

/** Tables of objects. A commit is a conditional write, so that of two writers on any hosts one is refused. */
export class ObjectPlace implements TablePlace {
  readonly root: string
  readonly #store: ObjectStore

  constructor(store: ObjectStore, root: string) {
    this.#store = store
    this.root = root
  }

  join(folder: string, ...names: string[]): string {
    return joinObjectUrl(folder, ...names)
  }

  resolve(folder: string, name: string): string {
    const url = name.replace(/^s3a:/i, "s3:")
    return isObjectUrl(url) ? url : joinObjectUrl(folder, url)
  }

  url(path: string): string {
    return path
  }

  relative(folder: string, path: string): string {
    return relativeObjectUrl(folder, path)
  }

  confirm(): Promise<void> {
    return confirmConditionalWrites(this.#store, this.root)
  }

  async examine(): Promise<void> {
    for await (const _ of this.#store.list(`${this.root}/`)) return
  }

  async entries(folder: string): Promise<readonly PlaceEntry[]> {
    const found = new Map<string, PlaceEntry>()
    for await (const { url, bytes, modifiedMs } of this.#store.list(`${folder}/`)) {
      const [name = ""] = relativeObjectUrl(folder, url).split("/")
      const other = found.get(name)
      if (name !== "")
        found.set(name, {
          name,
          path: joinObjectUrl(folder, name),
          bytes: bytes + (other?.bytes ?? 0),
          modifiedMs: Math.max(modifiedMs, other?.modifiedMs ?? 0),
        })
    }
    return [...found.values()]
  }

  async bytesOf(path: string): Promise<number | undefined> {
    return (await this.#store.look(path))?.bytes
  }

  async stamp(path: string): Promise<string | undefined> {
    return (await this.#store.look(path))?.etag
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    return (await this.#store.get(path))?.bytes
  }

  async makeFolder(): Promise<void> {} // there are none

  write(path: string, pieces: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number> {
    return this.#store.upload(path, pieces, signal)
  }

  async replace(path: string, content: string | Uint8Array): Promise<void> {
    await this.#store.put(path, content)
  }

  async create(path: string, text: string, { commit }: CreateOptions): Promise<boolean> {
    commit(() => {})
    let failure: unknown
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const etag = await this.#store.put(path, text, { etag: null }).catch(error => {
        failure = error
        return undefined
      })
      if (etag !== undefined) return true
      // Refused, or without an answer: what is there now tells which, also when an earlier attempt was carried out.
      const found = await this.read(path)
      if (found) return Buffer.from(found).toString("utf8") === text
    }
    throw failure ?? neverWritten(path)
  }

  async sync(): Promise<void> {} // what a store has taken stays

  async remove(path: string): Promise<void> {
    await this.#store.remove([path, ...(await this.#urlsBelow(path))])
  }

  removeFolder(path: string): Promise<void> {
    return this.remove(path)
  }

  async removeTable({ path, logFolder, ownFolder, firstCommit }: TablePaths): Promise<void> {
    await this.remove(ownFolder)
    // Without it nobody takes the commits that are still there for a table.
    await this.#store.remove([firstCommit])
    await this.remove(logFolder)
    await this.remove(path)
  }

  async #urlsBelow(path: string): Promise<string[]> {
    const urls: string[] = []
    for await (const { url } of this.#store.list(`${path}/`)) urls.push(url)
    return urls
  }
}

function neverWritten(path: string): StorageError {
  return new StorageError("STORAGE_UNWRITABLE", {
    what: `${path} could not be written.`,
    why: "The store has refused it each time, and nothing is there.",
    fix: "Run again.",
    details: { url: path },
  })
}
