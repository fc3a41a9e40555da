import { mkdir, open, readdir, rename, rm, rmdir, stat } from "node:fs/promises"
import { dirname, join } from "node:path"
import {
  isObjectUrl,
  joinObjectUrl,
  mapAtOnce,
  type ObjectStore,
  objectStoreAt,
  relativeObjectUrl,
  removeEmptyFolders,
  type StoredObject,
} from "@assets/core"

/** A file that Spark has written, its path relative to the folder of the write. */
export interface WrittenPart {
  readonly path: string
  readonly bytes: number
  /** Some bytes of it; fewer at its end. */
  read(start: number, length: number): Promise<Uint8Array>
}

/** What lies behind the path of a write: a folder of a disk that this process sees, or objects. */
export interface WrittenFolder {
  /** Makes way for Spark, which writes only where nothing is. */
  prepare(): Promise<void>
  /**
   * The files of rows that are there, or those in a folder below, in the order of their paths; what else Spark has laid
   * beside them goes.
   */
  parts(below?: string): Promise<WrittenPart[]>
  /** Takes away what a write without rows has left. */
  clear(): Promise<void>
  /** Gives files other paths; folders that have nothing any more are gone. */
  rename(moves: readonly Move[]): Promise<WrittenPart[]>
  remove(parts: readonly WrittenPart[]): Promise<void>
  /** The whole path of a file, or of a folder below. */
  pathOf(path: string): string
}

interface Move {
  readonly from: WrittenPart
  readonly to: string
}

/** @param format what the names of files of rows end in */
export function writtenFolder(path: string, format: string): WrittenFolder {
  if (!isObjectUrl(path)) return new DiskFolder(path, format)
  return new WrittenObjects(objectStoreAt(joinObjectUrl(path, "..")), path, format)
}

class DiskFolder implements WrittenFolder {
  readonly #path: string
  readonly #format: string

  constructor(path: string, format: string) {
    this.#path = path
    this.#format = format
  }

  async prepare(): Promise<void> {
    await rmdir(this.#path)
  }

  async parts(below = ""): Promise<WrittenPart[]> {
    const folder = this.pathOf(below)
    await mkdir(folder, { recursive: true })
    const names = await readdir(folder, { recursive: true })
    // Hadoop lays a file of checksums beside each, which nothing reads that does not know of them.
    for (const name of names) if (name.endsWith(".crc")) await rm(join(folder, name), { force: true })
    const paths = names.filter(name => name.endsWith(`.${this.#format}`)).sort()
    return Promise.all(paths.map(async path => this.#part(join(below, path))))
  }

  async #part(path: string): Promise<WrittenPart> {
    const whole = this.pathOf(path)
    const { size } = await stat(whole)
    return { path, bytes: size, read: (start, length) => readLocal(whole, start, length) }
  }

  async clear(): Promise<void> {
    await rm(this.#path, { recursive: true, force: true })
  }

  async rename(moves: readonly Move[]): Promise<WrittenPart[]> {
    const left = new Set<string>()
    for (const { from, to } of moves) {
      await mkdir(dirname(this.pathOf(to)), { recursive: true })
      await rename(this.pathOf(from.path), this.pathOf(to))
      left.add(dirname(from.path))
    }
    for (const folder of left) await removeEmptyFolders(this.pathOf(folder), this.#path)
    return Promise.all(moves.map(async ({ to }) => this.#part(to)))
  }

  async remove(parts: readonly WrittenPart[]): Promise<void> {
    for (const { path } of parts) await rm(this.pathOf(path), { force: true })
  }

  pathOf(path: string): string {
    return join(this.#path, path)
  }
}

async function readLocal(path: string, start: number, length: number): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

class WrittenObjects implements WrittenFolder {
  readonly #store: ObjectStore
  readonly #url: string
  readonly #format: string

  constructor(store: ObjectStore, url: string, format: string) {
    this.#store = store
    this.#url = url
    this.#format = format
  }

  async prepare(): Promise<void> {} // there is no folder in the way

  async parts(below?: string): Promise<WrittenPart[]> {
    const parts: WrittenPart[] = []
    const others: string[] = []
    for await (const { url, bytes } of this.#store.list(`${below === undefined ? this.#url : this.pathOf(below)}/`)) {
      if (url.endsWith(`.${this.#format}`)) parts.push(this.#part(relativeObjectUrl(this.#url, url), bytes))
      else others.push(url)
    }
    await this.#store.remove(others)
    return parts
  }

  async clear(): Promise<void> {
    const urls: string[] = []
    for await (const { url } of this.#store.list(`${this.#url}/`)) urls.push(url)
    await this.#store.remove([...urls, this.#url]) // a folder, where the store has them
  }

  async rename(moves: readonly Move[]): Promise<WrittenPart[]> {
    const moved = async ({ from, to }: Move) => {
      await this.#store.move(this.#objectOf(from), this.pathOf(to))
      return this.#part(to, from.bytes)
    }
    return mapAtOnce(moves, moved, { atOnce: 16 })
  }

  async remove(parts: readonly WrittenPart[]): Promise<void> {
    await this.#store.remove(parts.map(part => this.#objectOf(part).url))
  }

  pathOf(path: string): string {
    return joinObjectUrl(this.#url, path)
  }

  #part(path: string, bytes: number): WrittenPart {
    return { path, bytes, read: (start, length) => this.#read(this.pathOf(path), start, length) }
  }

  #objectOf({ path, bytes }: WrittenPart): Pick<StoredObject, "url" | "bytes"> {
    return { url: this.pathOf(path), bytes }
  }

  async #read(url: string, start: number, length: number): Promise<Uint8Array> {
    return (await this.#store.read(url, { start, length })) ?? new Uint8Array()
  }
}
