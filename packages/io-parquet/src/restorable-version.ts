import type { AssetFolder } from "./asset-folder.ts"
import { readPointer } from "./pointer.ts"
import { isIntact, type Version } from "./version.ts"
import { wholeVersion } from "./version-collector.ts"
import { abandonedWrites, ownWrites } from "./writing-mark.ts"

export interface WantedWork {
  readonly fingerprint: string
  readonly partitions: readonly string[]
}

/**
 * A complete version of some work: an orphan, one that this process has staged, or one that is kept from before; with the
 * mark that tells of it, where there is one.
 */
export function restorableVersion(
  folder: AssetFolder,
  { fingerprint, partitions }: WantedWork,
): { readonly version: Version; readonly mark?: string } | undefined {
  const isWanted = (version: Version | undefined): version is Version =>
    version?.materialization.fingerprint === fingerprint &&
    isSame(version.materialization.partitions, partitions) &&
    isIntact(folder, version)
  for (const { id, mark } of [...abandonedWrites(folder), ...ownWrites(folder)]) {
    const version = wholeVersion(folder, id)
    if (isWanted(version)) return { version, mark }
  }
  const former = readPointer(folder, partitions[0] ?? null)?.versions ?? []
  const version = former.map(id => wholeVersion(folder, id)).find(isWanted)
  return version && { version }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((partition, i) => partition === b[i])
}
