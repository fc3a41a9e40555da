import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** The files of an asset, looked at by hand. */
export interface StoredFiles {
  /** Paths of the files that are current. */
  paths(): string[]
  /** Names of the files that are said to be current. */
  recorded(): string[]
  /** Names of all that lies there of what is current and of what is being written. */
  present(): string[]
  /** What was ever current and is kept. */
  versions(): readonly string[]
  /** Whether a write of Spark goes on that has done a task, and is at work on another. */
  hasRunningTask(): boolean
}

/** What Parquet files of an asset lie in a folder. */
export class StoredAsset implements StoredFiles {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  paths(): string[] {
    return this.recorded().map(name => join(this.#current(), name))
  }

  recorded(): string[] {
    const { files } = JSON.parse(readFileSync(join(this.#current(), "_assets.json"), "utf8"))
    return files.map(({ path }: { readonly path: string }) => path).sort()
  }

  present(): string[] {
    const names = readdirSync(this.#current(), { recursive: true, encoding: "utf8" })
    return names.filter(name => name !== "_assets.json").sort()
  }

  versions(): string[] {
    const all = join(this.#folder, "_versions")
    return readdirSync(all).filter(id => existsSync(join(all, id, "_assets.json")))
  }

  hasRunningTask(): boolean {
    return isAtWork(join(this.#folder, "_versions"))
  }

  #current(): string {
    const { id } = JSON.parse(readFileSync(join(this.#folder, "_current", "all.json"), "utf8"))
    return join(this.#folder, "_versions", id)
  }
}

/** Whether in one of the folders of a folder Spark has done a task of a write, and is at work on another. */
export function isAtWork(writes: string): boolean {
  return namesIn(writes).some(id => {
    const names = namesIn(join(writes, id, "_temporary", "0"))
    const attempts = namesIn(join(writes, id, "_temporary", "0", "_temporary"))
    return names.some(name => name.startsWith("task_")) && attempts.some(name => name.startsWith("attempt_"))
  })
}

/** Empty for a folder that is not there, or no longer. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
