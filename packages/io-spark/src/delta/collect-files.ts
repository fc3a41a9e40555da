import { existsSync, readdirSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import type { CollectContext, Collected } from "@assets/core"
import type { DeltaTable } from "./delta-table.ts"

/** As long as Delta's own VACUUM keeps what a table has let go, and what may be of a write that still runs. */
const retentionMs = 7 * 24 * 3_600_000

/**
 * Removes folders of writes that no row of the table lies in, a week after they were touched last: what dead writers left,
 * and versions that were replaced. Until then each of these can be read, as of its version.
 */
export async function collectFiles(table: DeltaTable, context: CollectContext): Promise<readonly Collected[]> {
  const snapshot = await table.snapshot()
  if (snapshot.version < 0 || snapshot.isForeign || !existsSync(table.path)) return []
  const inUse = context.inUse()
  const needed = new Set(snapshot.writeFolders)
  const found: Collected[] = []
  for (const entry of readdirSync(table.path, { withFileTypes: true })) {
    if (!entry.isDirectory() || !isOfWrite(entry.name) || needed.has(entry.name) || inUse.has(entry.name)) continue
    const path = join(table.path, entry.name)
    if (lastTouched(path) > Date.now() - retentionMs) continue
    found.push({ key: table.key, what: path, why: "dropped", bytes: bytesOf(path) })
    if (!context.dryRun) rmSync(path, { recursive: true, force: true })
  }
  return found
}

/** The folder of a write has the name of its id, a UUIDv7. */
function isOfWrite(name: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(name)
}

function pathsBelow(path: string): string[] {
  return [path, ...readdirSync(path, { recursive: true, encoding: "utf8" }).map(name => join(path, name))]
}

function lastTouched(path: string): number {
  return Math.max(...pathsBelow(path).map(one => statSync(one, { throwIfNoEntry: false })?.mtimeMs ?? 0))
}

function bytesOf(path: string): number {
  return pathsBelow(path).reduce((sum, one) => sum + (statSync(one, { throwIfNoEntry: false })?.size ?? 0), 0)
}
