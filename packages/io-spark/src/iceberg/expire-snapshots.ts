import type { MetadataLog, MetadataVersion } from "./metadata-log.ts"
import { type Snapshot, sameId, type TableMetadata } from "./table-metadata.ts"
import { currentRecords } from "./table-properties.ts"

/** The snapshots that were current at a time or after it, those that have a name, and all since our last commit. */
export function readableSince(metadata: TableMetadata, since: number): readonly Snapshot[] {
  const { snapshots = [], refs = {} } = metadata
  const named = new Set(Object.values(refs).map(one => String(one["snapshot-id"])))
  const { headSequence = 0 } = currentRecords(metadata) ?? {}
  return snapshots.filter((one, i) => {
    const replaced = snapshots[i + 1]?.["timestamp-ms"] ?? Number.POSITIVE_INFINITY
    const isAfterOurs = (one["sequence-number"] ?? 0) >= headSequence
    return replaced >= since || isAfterOurs || named.has(String(one["snapshot-id"]))
  })
}

/**
 * Makes a commit that lets go of the snapshots which nobody reads any more. Another commit that is first hinders it: then
 * they stay until the next time. Where somebody has named one, all that led to it stay.
 */
export async function expireSnapshots(log: MetadataLog, former: MetadataVersion, since: number): Promise<void> {
  const { metadata } = former
  const { snapshots = [], refs = {} } = metadata
  const kept = readableSince(metadata, since)
  if (kept.length === snapshots.length || Object.keys(refs).length > 1) return
  const history = metadata["snapshot-log"] ?? []
  const isKept = (id: Snapshot["snapshot-id"]) => kept.some(one => sameId(one["snapshot-id"], id))
  // What readers are told of the past has no gap.
  const gap = history.map(one => isKept(one["snapshot-id"])).lastIndexOf(false)
  const next: TableMetadata = {
    ...metadata,
    "last-updated-ms": Math.max(Date.now(), metadata["last-updated-ms"]),
    snapshots: kept,
    "snapshot-log": history.slice(gap + 1),
  }
  await log.create(former, next, { durable: false, commit: made => made() })
}
