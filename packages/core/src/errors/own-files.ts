import { dirname, join, sep } from "node:path"
import { fileURLToPath } from "node:url"

/** The folders of this package's own code: `src`, and `dist` where source maps are off. This file is two levels deep in both. */
const folders = ["src", "dist"].map(
  folder => join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), folder) + sep,
)

/** Whether a file is of this package: in the stack of an error its frames are not the user's. */
export function isOwnFile(file: string): boolean {
  return folders.some(folder => file.startsWith(folder))
}
