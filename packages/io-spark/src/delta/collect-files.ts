import { existsSync, readdirSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
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
  const snapshot = await table.snapshot()
  if (snapshot.version < 0 || snapshot.isForeign || !existsSync(table.path)) return []
  const since = Date.now() - retentionMs
  const needed = new Set([
    ...snapshot.writeFolders,
    ...context.inUse(),
    ...(await letGoSince(table, snapshot.version, since)),
  ])
  const writes = foldersIn(table.path).filter(name => isOfWrite(name) && !needed.has(name))
  const commits = namesIn(table.ownFolder).filter(name => name.endsWith(".tmp"))
  const old = [...writes.map(name => join(table.path, name)), ...commits.map(name => join(table.ownFolder, name))]
  const found = old.filter(path => lastTouched(path) < since).map(path => collected(table.key, path))
  if (!context.dryRun) for (const { what } of found) rmSync(what, { recursive: true, force: true })
  return found
}

function collected(key: string, what: string): Collected {
  return { key, what, why: what.endsWith(".tmp") ? "temporary" : "dropped", bytes: bytesOf(what) }
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

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

function foldersIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => (entry.isDirectory() ? [entry.name] : []))
}

/** The folder of a write has the name of its id, a UUIDv7. */
function isOfWrite(name: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(name)
}

function pathsBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return [path, ...readdirSync(path, { recursive: true, encoding: "utf8" }).map(name => join(path, name))]
}

function lastTouched(path: string): number {
  return Math.max(...pathsBelow(path).map(one => statSync(one, { throwIfNoEntry: false })?.mtimeMs ?? 0))
}

function bytesOf(path: string): number {
  return pathsBelow(path).reduce((sum, one) => sum + (statSync(one, { throwIfNoEntry: false })?.size ?? 0), 0)
}
