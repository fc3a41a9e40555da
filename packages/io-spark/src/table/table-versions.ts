import type { Materialization, OutputContext } from "@assets/core"
import type { AssetTable } from "./asset-table.ts"
import { commitChange } from "./commit-change.ts"
import { writesOf } from "./read-input.ts"

/** Whether one of the commits of a partition after another one is that of a write. */
export async function isCommitted(
  table: AssetTable,
  write: { readonly partition: string | null; readonly id: string; readonly after: number | string | undefined },
): Promise<boolean> {
  for await (const { version, materialization } of table.history(write.partition)) {
    if (materialization.id === write.id) return true
    if (version === write.after) return false
  }
  return false
}

/** The materializations whose rows can still be read, newest first. */
export async function versionsOf(table: AssetTable, partition: string | null): Promise<readonly Materialization[]> {
  const found = new Map<string, Materialization>()
  for await (const { write, files } of writesOf(table, partition)) {
    const { materialization } = write
    if (!found.has(materialization.id) && (await files())) found.set(materialization.id, materialization)
  }
  return [...found.values()]
}

/**
 * Makes a former version of a fingerprint current again: a commit that names its files once more, and writes no data.
 * Undefined when there is none whose files are all there.
 */
export async function restoreVersion(
  table: AssetTable,
  context: OutputContext,
  fingerprint: string,
): Promise<Materialization | undefined> {
  const partition = context.partitions[0] ?? null
  if (context.partitions.length > 1) return undefined
  const state = await table.state()
  if (state.isNew || state.isForeign) return undefined
  const base = state.entry(partition)
  for await (const former of writesOf(table, partition)) {
    const { materialization, schema } = former.write
    if (materialization.fingerprint !== fingerprint) continue
    const files = await former.files()
    if (!files) continue
    const applied = [...(await former.applied())]
    const change = { partition, materialization, schema, files, holds: "whole", applied } as const
    return commitChange({ ...context, fingerprint, write: "overwrite" }, table, change, base)
  }
  return undefined
}
