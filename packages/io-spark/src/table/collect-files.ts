import type { CollectContext, Collected } from "@assets/core"
import type { AssetTable, TableState } from "./asset-table.ts"

/** As long as Delta's own VACUUM keeps what a table has let go; a write that is younger may still run. */
const retentionMs = 7 * 24 * 3_600_000

/**
 * Removes folders of writes in which no row of the table lies, a week after the table let them go: what dead writers left,
 * and versions that were replaced. Until then each of these can be read, as of its version.
 */
export async function collectFiles(table: AssetTable, context: CollectContext): Promise<readonly Collected[]> {
  const { key, place, dataFolder } = table
  const state = await table.state()
  if (state.isNew || state.isForeign) return []
  const since = Date.now() - retentionMs
  if (!context.dryRun) await table.expire?.(since)
  const needed = new Set([
    ...context.inUse(),
    ...foldersOf(table, filesIn(state)),
    ...foldersOf(table, await table.filesLetGo(since)),
  ])
  const writes = (await place.entries(dataFolder)).filter(({ name }) => isOfWrite(name) && !needed.has(name))
  const found = [
    ...writes.map(entry => ({ ...entry, why: "dropped" as const })),
    ...(await table.leftovers()).map(entry => ({ ...entry, why: "temporary" as const })),
  ].filter(({ modifiedMs }) => modifiedMs < since)
  if (!context.dryRun) for (const { path } of found) await place.remove(path)
  return found.map(({ path, why, bytes }) => ({ key, what: path, why, bytes }))
}

function filesIn(state: TableState): string[] {
  return state.entries.flatMap(({ partition }) => state.files(partition).map(file => file.path))
}

/** The names of the folders of writes in which files lie; of what lies elsewhere a name that no write has. */
function* foldersOf({ place, dataFolder }: AssetTable, paths: Iterable<string>): Generator<string> {
  for (const path of paths) yield place.relative(dataFolder, path).split("/")[0] ?? ""
}

/** The folder of a write has the name of its id, a UUIDv7. */
function isOfWrite(name: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(name)
}
