import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { isAtWork, type StoredFiles } from "./stored-asset.ts"

/** The Delta table of an asset, by the files of its folder and the commits of its log. */
export class StoredTable implements StoredFiles {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  paths(): string[] {
    return this.recorded().map(name => join(this.#folder, name))
  }

  recorded(): string[] {
    const names = new Set<string>()
    for (const commit of this.versions()) {
      for (const line of readFileSync(join(this.#folder, "_delta_log", commit), "utf8")
        .trim()
        .split("\n")) {
        const { add, remove } = JSON.parse(line)
        if (remove) names.delete(remove.path)
        if (add) names.add(add.path)
      }
    }
    return [...names].sort()
  }

  present(): string[] {
    const all = readdirSync(this.#folder, { recursive: true, withFileTypes: true })
    const paths = all.filter(one => one.isFile()).map(one => join(one.parentPath, one.name))
    const names = paths.map(path => path.slice(this.#folder.length + 1))
    return names.filter(name => !/^_(delta_log|assets)\//.test(name)).sort()
  }

  versions(): string[] {
    const names = readdirSync(join(this.#folder, "_delta_log"))
    return names.filter(name => /^\d{20}\.json$/.test(name)).sort()
  }

  hasRunningTask(): boolean {
    return isAtWork(this.#folder)
  }
}
