import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** What Parquet files of an asset lie in a folder, looked at by hand. */
export class StoredAsset {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Paths of the files of the current version. */
  paths(): string[] {
    return this.recorded().map(name => join(this.#current(), name))
  }

  /** Names of the files that the current version says it has. */
  recorded(): string[] {
    const { files } = JSON.parse(readFileSync(join(this.#current(), "_assets.json"), "utf8"))
    return files.map(({ path }: { readonly path: string }) => path).sort()
  }

  /** Names of all that lies in the folder of the current version, but for what describes it. */
  present(): string[] {
    const names = readdirSync(this.#current(), { recursive: true, encoding: "utf8" })
    return names.filter(name => name !== "_assets.json").sort()
  }

  /** Ids of the versions that are complete. */
  versions(): string[] {
    const all = join(this.#folder, "_versions")
    return readdirSync(all).filter(id => existsSync(join(all, id, "_assets.json")))
  }

  /** Whether a write of Spark goes on that has done a task, and is at work on another. */
  hasRunningTask(): boolean {
    const all = join(this.#folder, "_versions")
    return namesIn(all).some(id => {
      const names = namesIn(join(all, id, "_temporary", "0"))
      const attempts = namesIn(join(all, id, "_temporary", "0", "_temporary"))
      return names.some(name => name.startsWith("task_")) && attempts.some(name => name.startsWith("attempt_"))
    })
  }

  #current(): string {
    const { id } = JSON.parse(readFileSync(join(this.#folder, "_current", "all.json"), "utf8"))
    return join(this.#folder, "_versions", id)
  }
}

/** Empty for a folder that is not there, or no longer. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
