import { closeSync, fsyncSync, openSync } from "node:fs"
import { dirname } from "node:path"

/** Waits until a file, or the names in a folder, are on the disk. */
export function syncToDisk(path: string): void {
  let handle: number
  try {
    handle = openSync(path, "r")
  } catch (error) {
    // Windows opens no folder, and keeps names by itself.
    if (process.platform === "win32") return
    throw error
  }
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Waits until files, and the names of their folders up to `top`, are on the disk. */
export function syncTree(files: readonly string[], top: string): void {
  const folders = new Set<string>()
  for (const file of files) {
    syncToDisk(file)
    for (let folder = dirname(file); folder.startsWith(top); folder = dirname(folder)) folders.add(folder)
  }
  for (const folder of folders) syncToDisk(folder)
}
