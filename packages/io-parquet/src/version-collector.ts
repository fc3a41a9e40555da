import { readdirSync, rmSync } from "node:fs"
import { rm } from "node:fs/promises"
import type { AssetFolder } from "./parquet-layout.ts"
import { type Pointer, readPointer, readPointers } from "./pointer.ts"
import { readVersion, type Version, versionsReadBy } from "./version.ts"
import { type AbandonedWrite, abandonedWrites, markedWrites } from "./writing-mark.ts"

/** Removes a version with all its files. */
export async function removeVersion(folder: AssetFolder, id: string): Promise<void> {
  await rm(folder.version(id), { recursive: true, force: true })
}

/**
 * The versions that a pointer names once a version is current: it, the former ones that remain, those that a running step
 * reads, and those whose files one of these reads, too. The rest may be removed.
 */
export function keptVersions(
  folder: AssetFolder,
  version: Version,
  former: Pointer | undefined,
  keep: number,
  inUse: ReadonlySet<string>,
): { kept: string[]; dropped: string[] } {
  const { id } = version.materialization
  const all = [id, ...(former?.versions ?? []).filter(other => other !== id)]
  const wanted = new Set(all.filter((other, i) => i < keep || inUse.has(other)))
  for (const other of [...wanted]) {
    const reader = other === id ? version : readVersion(folder, other)
    for (const read of reader ? versionsReadBy(reader) : []) wanted.add(read)
  }
  return { kept: all.filter(other => wanted.has(other)), dropped: all.filter(other => !wanted.has(other)) }
}

/** Removes versions that a pointer has dropped, unless the pointer of another partition of the same write names them. */
export async function collectDropped(folder: AssetFolder, dropped: readonly string[]): Promise<void> {
  for (const id of dropped) {
    const partitions = readVersion(folder, id)?.materialization.partitions ?? []
    if (partitions.length > 1 && partitions.some(name => readPointer(folder, name)?.versions.includes(id))) continue
    await removeVersion(folder, id)
  }
}

/** A complete version whose writer died before it became current. */
export interface Orphan extends AbandonedWrite {
  readonly version: Version
}

/** What dead writers left whole. */
export function orphansOf(folder: AssetFolder): Orphan[] {
  return abandonedWrites(folder).flatMap(write => {
    const version = readVersion(folder, write.id)
    return version ? [{ ...write, version }] : []
  })
}

/**
 * Removes what dead writers left: partial versions, and complete ones in whose place a newer one is current by now. What
 * might still be adopted stays.
 */
export async function collectAbandoned(folder: AssetFolder, inUse: ReadonlySet<string>): Promise<void> {
  for (const { id, mark } of abandonedWrites(folder)) {
    const version = readVersion(folder, id)
    if (version && !isSuperseded(folder, version)) continue
    if (inUse.has(id)) continue
    if (!version) await removeVersion(folder, id)
    // Its writer may have died between the pointer and the removal of what the pointer dropped.
    else await collectUnnamed(folder, id, inUse)
    rmSync(mark, { force: true })
  }
}

/** Removes every version that no pointer names, no other write than `dead` is at and nobody reads. Lists all versions. */
async function collectUnnamed(folder: AssetFolder, dead: string, inUse: ReadonlySet<string>): Promise<void> {
  // In this order: a write begun meanwhile is not in the list, one that ends meanwhile is among the pointers.
  const ids = readdirSync(folder.versions)
  const written = markedWrites(folder).filter(id => id !== dead)
  const named = new Set([...written, ...readPointers(folder).flatMap(pointer => pointer.versions)])
  for (const id of ids) if (!named.has(id) && !inUse.has(id)) await removeVersion(folder, id)
}

/** The pointers of a version's partitions. */
function pointersOf(folder: AssetFolder, version: Version): (Pointer | undefined)[] {
  const { partitions } = version.materialization
  return (partitions.length === 0 ? [null] : partitions).map(partition => readPointer(folder, partition))
}

/** Whether something newer has become current for every partition of the version. Ids sort by time. */
function isSuperseded(folder: AssetFolder, version: Version): boolean {
  const { id } = version.materialization
  return pointersOf(folder, version).every(pointer => pointer !== undefined && pointer.materialization.id >= id)
}
