import { type Materialization, StorageError } from "@assets/core"
import type { Lease } from "./connection-pool.ts"
import { readRecords, type StoredRecord } from "./materialization-table.ts"

/** What a step is to read of one asset: the data versions, one of which has to be there for each partition. */
export interface WantedVersions {
  readonly key: string
  /** The file, for people. */
  readonly path: string
  /** By partition; null for the whole. */
  readonly versions: ReadonlyMap<string | null, ReadonlySet<string>>
  /** Told before a wait for another process. */
  readonly waiting?: (holder: string) => void
}

/** The wanted ones by the path of the relation that reads them: the object in the plan, which no other plan holds. */
const wantedByPath = new WeakMap<readonly string[], WantedVersions>()

/** Lets each statement over a relation with this path look first whether the wanted versions are still there. */
export function pinVersions(path: readonly string[], wanted: WantedVersions): void {
  wantedByPath.set(path, wanted)
}

export function pinnedVersions(path: readonly string[]): WantedVersions | undefined {
  return wantedByPath.get(path)
}

/** The data versions of the materializations, of the partitions that are asked for; of all when none are. */
export function versionsOf(
  materializations: readonly Materialization[],
  partitions: readonly string[],
): WantedVersions["versions"] {
  const asked = new Set(partitions)
  const versions = new Map<string | null, Set<string>>()
  for (const { partitions: held, dataVersion } of materializations) {
    for (const partition of held.length === 0 ? [null] : held) {
      if (partition !== null && asked.size > 0 && !asked.has(partition)) continue
      const known = versions.get(partition)
      if (known) known.add(dataVersion)
      else versions.set(partition, new Set([dataVersion]))
    }
  }
  return versions
}

/**
 * Gives the records of what is wanted; equal data under another id is as good.
 * @throws StorageError `STORAGE_DATA_MISSING` when one was replaced or removed
 */
export async function requireVersions(lease: Lease, alias: string, wanted: WantedVersions): Promise<StoredRecord[]> {
  const { key, versions } = wanted
  const records = await readRecords(lease, alias, key, [...versions.keys()])
  const found = records.filter(({ partition, materialization }) =>
    versions.get(partition)?.has(materialization.dataVersion),
  )
  if (found.length === versions.size) return found
  throw versionsGone(wanted)
}

export function versionsGone({ key, path }: WantedVersions): StorageError {
  return new StorageError("STORAGE_DATA_MISSING", {
    what: `The data of ${key} that this step was to read is no longer in ${path}.`,
    why: "It was replaced or removed in the meantime, and a DuckDB file keeps no former versions.",
    fix: "Run again; to let readers finish with what they began, keep the asset with parquetIO.",
    details: { key, path },
  })
}
