import { existsSync, mkdirSync, readdirSync, rmSync, type Stats, statSync } from "node:fs"
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises"
import { dirname, join, relative, sep } from "node:path"
import { isMissingFile, removeEmptyFolders, syncToDisk } from "@assets/core"
import { writeNewFile } from "@assets/dataframe"
import { createFile } from "./create-file.ts"
import { storageFailure } from "./table-failure.ts"
import type { CreateOptions, PlaceEntry, TablePaths, TablePlace } from "./table-place.ts"

let writes = 0

/** Tables in folders of a disk. */
export class FolderPlace implements TablePlace {
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  join(folder: string, ...names: string[]): string {
    return join(folder, ...names)
  }

  resolve(folder: string, name: string): string {
    if (/^file:\/*/.test(name)) return name.replace(/^file:\/*/, "/")
    return name.startsWith("/") ? name : join(folder, name)
  }

  url(path: string): string {
    return `file://${path}`
  }

  relative(folder: string, path: string): string {
    return relative(folder, path).split(sep).join("/")
  }

  async confirm(): Promise<void> {} // a second name is given only where there is none

  async examine(): Promise<void> {
    await readdir(this.root).catch(error => orUndefined(error, this.root))
  }

  async entries(folder: string): Promise<readonly PlaceEntry[]> {
    try {
      return readdirSync(folder)
        .sort()
        .map(name => entryOf(folder, name))
    } catch (error) {
      if (isMissingFile(error)) return []
      throw storageFailure(error, folder, "read")
    }
  }

  async bytesOf(path: string): Promise<number | undefined> {
    return statSync(path, { throwIfNoEntry: false })?.size
  }

  async stamp(path: string): Promise<string | undefined> {
    const found = await stat(path, { bigint: true }).catch(error => orUndefined(error, path))
    return found && `${found.ino}-${found.mtimeNs}-${found.size}`
  }

  read(path: string): Promise<Uint8Array | undefined> {
    return readFile(path).catch(error => orUndefined(error, path))
  }

  async makeFolder(path: string): Promise<void> {
    try {
      mkdirSync(path, { recursive: true })
    } catch (error) {
      throw storageFailure(error, path, "write")
    }
  }

  async write(path: string, pieces: AsyncIterable<Uint8Array>): Promise<number> {
    return writeNewFile(path, pieces)
  }

  async replace(path: string, content: string | Uint8Array): Promise<void> {
    const beside = `${path}.${process.pid}-${++writes}.tmp`
    try {
      await writeFile(beside, content)
      await rename(beside, path)
    } catch (error) {
      await rm(beside, { force: true })
      throw storageFailure(error, path, "write")
    }
  }

  async create(path: string, text: string, { durable, scratch, commit }: CreateOptions): Promise<boolean> {
    // One synchronous act, so that the lease holds until the commit is made.
    const beside = join(scratch, `commit-${process.pid}-${++writes}.tmp`)
    return commit(() => createFile(path, text, { durable, beside }))
  }

  async sync(folder: string, names: readonly string[]): Promise<void> {
    const folders = new Set([folder])
    for (const name of names) {
      syncToDisk(join(folder, name))
      for (let at = name.lastIndexOf("/"); at > 0; at = name.lastIndexOf("/", at - 1))
        folders.add(join(folder, name.slice(0, at)))
    }
    for (const one of folders) syncToDisk(one)
    syncToDisk(join(folder, ".."))
  }

  async remove(path: string): Promise<void> {
    rmSync(path, { recursive: true, force: true })
  }

  async removeFolder(path: string): Promise<void> {
    try {
      await rm(path, { recursive: true, force: true })
    } catch (error) {
      if (existsSync(path)) throw storageFailure(error, path, "write")
    }
    await removeEmptyFolders(dirname(path), this.root)
  }

  async removeTable({ path, logFolder }: TablePaths): Promise<void> {
    await rename(logFolder, `${logFolder}-removed-${process.pid}`).catch(error => {
      if (existsSync(logFolder)) throw storageFailure(error, logFolder, "write")
    })
    await this.removeFolder(path)
  }
}

function entryOf(folder: string, name: string): PlaceEntry {
  const whole = join(folder, name)
  const all = statsBelow(whole)
  return {
    name,
    path: whole,
    bytes: all.reduce((sum, one) => sum + (one.isFile() ? one.size : 0), 0),
    modifiedMs: Math.max(0, ...all.map(one => one.mtimeMs)),
  }
}

function statsBelow(path: string): Stats[] {
  const own = statSync(path, { throwIfNoEntry: false })
  if (!own?.isDirectory()) return own ? [own] : []
  const below = readdirSync(path, { recursive: true, encoding: "utf8" })
  return [own, ...below.flatMap(name => statSync(join(path, name), { throwIfNoEntry: false }) ?? [])]
}

function orUndefined(error: unknown, path: string): undefined {
  if (isMissingFile(error)) return undefined
  throw storageFailure(error, path, "read")
}
