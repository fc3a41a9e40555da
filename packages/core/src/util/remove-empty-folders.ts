import { rmdir } from "node:fs/promises"
import { dirname } from "node:path"

/** Removes a folder below `top` when it holds nothing, and those above it that then hold nothing; `top` stays. */
export async function removeEmptyFolders(path: string, top: string): Promise<void> {
  for (let folder = path; folder !== top && folder.startsWith(top); folder = dirname(folder)) {
    try {
      await rmdir(folder)
    } catch {
      return // it holds something, or is gone already
    }
  }
}
