import fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import { relative } from "node:path"

/** The paths below a folder that `work` waits for on the disk, in order. */
export async function syncedPaths(folder: string, work: () => Promise<unknown>): Promise<string[]> {
  const { fsyncSync } = fs
  const paths: string[] = []
  fs.fsyncSync = handle => {
    paths.push(relative(folder, fs.readlinkSync(`/proc/self/fd/${handle}`)))
    fsyncSync(handle)
  }
  syncBuiltinESMExports()
  try {
    await work()
  } finally {
    fs.fsyncSync = fsyncSync
    syncBuiltinESMExports()
  }
  return paths.filter(path => !path.startsWith(".."))
}
