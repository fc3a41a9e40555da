import { faultPoint, isApplied, type Materialization, type OutputContext, storageConflict } from "@assets/core"
import type { AssetTable, Change, Entry } from "./asset-table.ts"

/** What tells whether somebody else was first. */
export type Base = Pick<Entry, "version" | "materialization"> | undefined

/**
 * Commits a change to the table's log, rows and record together. Commits of others in between are no hindrance as long as
 * what is current of the partition is what the write began with: those of other partitions, or such as only move rows.
 * @returns the record that is current now: another writer's, when that one has done the same work meanwhile
 * @throws StorageError `STORAGE_CONFLICT`, `LEASE_LOST`: nothing has changed then
 */
export async function commitChange(
  context: OutputContext,
  table: AssetTable,
  change: Change,
  base: Base,
): Promise<Materialization> {
  const durable = context.durability === "power"
  await table.confirm?.()
  faultPoint("io.pointer")
  for (;;) {
    const state = await table.state()
    table.requireWritable(state)
    const same = sameWork(context, state.entry(change.partition), base)
    if (same) return same
    const create = await table.prepare(state, change, { durable })
    if (await create(made => context.commit(made))) return change.materialization
  }
}

function sameWork(context: OutputContext, entry: Entry | undefined, base: Base): Materialization | undefined {
  if (isApplied(context, entry?.applied)) return entry?.materialization
  if (entry?.version === base?.version) return undefined
  const isSame = context.write === "overwrite" && entry?.materialization.fingerprint === context.fingerprint
  if (isSame && !entry.isChanged) return entry.materialization
  throw storageConflict(context.key)
}
