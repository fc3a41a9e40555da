import type { AssetFolder } from "./asset-folder.ts"
import { syncTree } from "./sync-tree.ts"
import { filesOf, type Version, writeMarker } from "./version.ts"

/**
 * Completes a version: from here on it may become current. A durable one has its own files, and the folders that name
 * them, on the disk before the marker that says that it is whole.
 */
export function completeVersion(
  folder: AssetFolder,
  version: Version,
  { durable }: { readonly durable: boolean },
): void {
  if (durable) {
    const own = version.files.filter(file => !file.path.startsWith(".."))
    const paths = filesOf(folder, version, own)
    syncTree(paths.length > 0 ? paths : [folder.version(version.materialization.id)], folder.root.path)
  }
  writeMarker(folder, version, { durable })
}
