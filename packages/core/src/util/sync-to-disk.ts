import { closeSync, fsyncSync, openSync } from "node:fs"

/** Waits until a file, or the names in a folder, are on the disk: what `durability: "power"` asks of an IO manager. */
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
