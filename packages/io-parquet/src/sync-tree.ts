import { dirname } from "node:path"
import { syncToDisk } from "@assets/core"

/** Waits until files, and the names of their folders up to `top`, are on the disk. */
export function syncTree(files: readonly string[], top: string): void {
  const folders = new Set<string>()
  for (const file of files) {
    syncToDisk(file)
    for (let folder = dirname(file); folder.startsWith(top); folder = dirname(folder)) folders.add(folder)
  }
  for (const folder of folders) syncToDisk(folder)
}
