import type { CollectContext, Collected } from "@assets/core"
import type { DeltaTable } from "./delta-table.ts"
import { folderOf } from "./table-snapshot.ts"

/** As long as Delta's own VACUUM keeps what a table has let go, and what may be of a write that still runs. */
const retentionMs = 7 * 24 * 3_600_000

/**
 * Removes folders of writes in which no row of the table lies, a week after the table let them go: what dead writers left,
 * and versions that were replaced. Until then each of these can be read, as of its version.
 */
export async function collectFiles(table: DeltaTable, context: CollectContext): Promise<readonly Collected[]> {
  const { key, place, path, ownFolder } = table
  const snapshot = await table.snapshot()
  if (snapshot.version < 0 || snapshot.isForeign) return []
  const since = Date.now() - retentionMs
  const needed = new Set([
    ...snapshot.writeFolders,
    ...context.inUse(),
    ...(await letGoSince(table, snapshot.version, since)),
  ])
  const found: Collected[] = []
  for (const { name, bytes, modifiedMs } of await place.entries(path))
    if (isOfWrite(name) && !needed.has(name) && modifiedMs < since)
      found.push({ key, what: place.join(path, name), why: "dropped", bytes })
  for (const { name, bytes, modifiedMs } of await place.entries(ownFolder))
    if (name.endsWith(".tmp") && modifiedMs < since)
      found.push({ key, what: place.join(ownFolder, name), why: "temporary", bytes })
  if (!context.dryRun) for (const { what } of found) await place.remove(what)
  return found
}

/** The folders whose files the commits of the last time have removed from the table. */
async function letGoSince(table: DeltaTable, last: number, since: number): Promise<ReadonlySet<string>> {
  const folders = new Set<string>()
  for (let version = last; version >= 0; version--) {
    const actions = await table.commit(version)
    const timestamp = actions.find(action => action.commitInfo)?.commitInfo?.timestamp ?? Number.POSITIVE_INFINITY
    if (timestamp < since) break
    for (const { remove } of actions) if (remove) folders.add(folderOf(remove.path))
  }
  return folders
}

/** The folder of a write has the name of its id, a UUIDv7. */
function isOfWrite(name: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(name)
}
