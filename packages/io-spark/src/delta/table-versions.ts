import type { Materialization, OutputContext } from "@assets/core"
import { commitChange } from "./commit-write.ts"
import type { DeltaTable } from "./delta-table.ts"
import { filesAt } from "./read-input.ts"
import type { StoredRecord } from "./stored-record.ts"

/** The commits that wrote a partition, newest first. */
async function* commitsOf(
  table: DeltaTable,
  partition: string | null,
): AsyncGenerator<{ readonly version: number; readonly record: StoredRecord }> {
  const snapshot = await table.snapshot()
  for (let version = snapshot.entry(partition)?.version ?? null; version !== null; ) {
    const record = await table.record(version)
    if (!record) return
    yield { version, record }
    version = record.former
  }
}

/** Whether one of the commits of a partition after a version is that of a write. */
export async function isCommitted(
  table: DeltaTable,
  write: { readonly partition: string | null; readonly id: string; readonly after: number },
): Promise<boolean> {
  for await (const { version, record } of commitsOf(table, write.partition)) {
    if (record.materialization.id === write.id) return true
    if (version <= write.after) return false
  }
  return false
}

/** The materializations whose rows can still be read, newest first. */
export async function versionsOf(table: DeltaTable, partition: string | null): Promise<readonly Materialization[]> {
  const found = new Map<string, Materialization>()
  for await (const { version, record } of commitsOf(table, partition)) {
    const { materialization } = record
    if (!found.has(materialization.id) && (await filesAt(table, version)))
      found.set(materialization.id, materialization)
  }
  return [...found.values()]
}

/**
 * Makes a former version of a fingerprint current again: a commit that adds its files once more, and writes no data.
 * Undefined when there is none whose files are all there.
 */
export async function restoreVersion(
  table: DeltaTable,
  context: OutputContext,
  fingerprint: string,
): Promise<Materialization | undefined> {
  const partition = context.partitions[0] ?? null
  if (context.partitions.length > 1) return undefined
  const snapshot = await table.snapshot()
  if (snapshot.version < 0 || snapshot.isForeign) return undefined
  const base = snapshot.entry(partition)
  for await (const { version, record } of commitsOf(table, partition)) {
    if (record.materialization.fingerprint !== fingerprint) continue
    const files = await filesAt(table, version)
    if (!files) continue
    const { materialization, schema } = record
    const applied = [...(await appliedAt(table, version))]
    const change = { partition, materialization, schema, files, holds: "whole", applied } as const
    return commitChange({ ...context, fingerprint, write: "overwrite" }, table, change, base)
  }
  return undefined
}

/** The work whose rows a partition had after a commit. */
async function appliedAt(table: DeltaTable, version: number): Promise<ReadonlySet<string>> {
  const applied = new Set<string>()
  for (let at: number | null = version; at !== null; ) {
    const record: StoredRecord | undefined = await table.record(at)
    for (const one of record?.applied ?? []) applied.add(one)
    at = record?.holds === "added" ? record.former : null
  }
  return applied
}
