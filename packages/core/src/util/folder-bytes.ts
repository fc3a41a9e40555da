import { lstatSync, readdirSync } from "node:fs"
import { join } from "node:path"

/** The bytes of the files below a folder; what is gone or cannot be looked at counts nothing. */
export function folderBytes(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).reduce((sum, name) => {
      const found = lstatSync(join(folder, name), { throwIfNoEntry: false })
      return sum + (found?.isFile() ? found.size : 0)
    }, 0)
  } catch {
    return 0
  }
}
