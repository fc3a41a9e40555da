import { readdirSync, rmSync } from "node:fs"
import { rm } from "node:fs/promises"
import { isMissingFile } from "@assets/core"
import type { AssetFolder } from "./asset-folder.ts"
import { readPointer, readPointers } from "./pointer.ts"
import { storageFailure } from "./storage-failure.ts"
import { partitionsOf, readVersion, type Version, versionsReadBy } from "./version.ts"
import { type AbandonedWrite, abandonedWrites, markedWrites, removeMark } from "./writing-mark.ts"

/** A complete version that nobody made current is kept this long for whoever wants it, unless something else came. */
export const orphanMs = 24 * 60 * 60 * 1000

/** Removes the files of a version that is partial, or that `dropVersions` has made so. */
export async function removeVersion(folder: AssetFolder, id: string): Promise<void> {
  folder.root.confirmInside(folder.version(id))
  await rm(folder.version(id), { recursive: true, force: true })
}

/** Ids whose files a version reads; none of one that is partial or damaged. */
export function readsOf(folder: AssetFolder, id: string): readonly string[] {
  const version = wholeVersion(folder, id)
  return version ? versionsReadBy(version) : []
}

/** A complete version; undefined when it is partial, damaged or gone. */
export function wholeVersion(folder: AssetFolder, id: string): Version | undefined {
  try {
    return readVersion(folder, id)
  } catch {
    return undefined
  }
}

/**
 * Makes versions partial that their pointers have dropped, so that nobody adopts them any more; gives those whose files
 * may be removed. What another partition's pointer names, or a write other than that of `current` reads, stays. Under the
 * lock of the root alone.
 */
export function dropVersions(folder: AssetFolder, dropped: readonly string[], current: string): string[] {
  if (dropped.length === 0) return []
  const needed = neededByWrites(folder, current)
  const gone = dropped.filter(id => !needed.has(id) && !isNamed(folder, id))
  for (const id of gone) rmSync(folder.marker(id), { force: true })
  return gone
}

/** Ids of the versions that are being written or staged, and of those that they read. */
function neededByWrites(folder: AssetFolder, except: string): Set<string> {
  const written = markedWrites(folder).filter(id => id !== except)
  return new Set(written.flatMap(id => [id, ...readsOf(folder, id)]))
}

/** Whether the pointer of one of its partitions names a version; of a partial one `partitions` says which these are. */
export function isNamed(folder: AssetFolder, id: string, partitions?: readonly (string | null)[]): boolean {
  const version = wholeVersion(folder, id)
  const among = version ? partitionsOf(version.materialization) : partitions
  const pointers = among ? among.map(partition => readPointer(folder, partition)) : readPointers(folder)
  return pointers.some(pointer => pointer?.versions.includes(id))
}

/** Something that nothing needs any more, and the marks that told of it. */
export interface Doomed {
  readonly ids: readonly string[]
  readonly marks: readonly string[]
}

/**
 * Makes partial what dead writers left and nobody wants. What might still be adopted stays. Under the lock of the root
 * alone.
 */
export function dropAbandoned(folder: AssetFolder, inUse: ReadonlySet<string>): Doomed {
  const ids = new Set<string>()
  const marks: string[] = []
  for (const write of abandonedWrites(folder)) {
    const { id, mark, base } = write
    if (inUse.has(id)) continue
    const version = wholeVersion(folder, id)
    const isCurrent = isNamed(folder, id, base && [...base.keys()])
    if (!isCurrent && version && !isUnwanted(folder, version, write)) continue
    // Its writer may have died between the pointer and the removal of what the pointer dropped.
    const gone = isCurrent ? unnamedVersions(folder, { except: id, inUse }) : [id]
    for (const one of gone) {
      rmSync(folder.marker(one), { force: true })
      ids.add(one)
    }
    marks.push(mark)
  }
  return { ids: [...ids], marks }
}

/** Removes what was made partial, then the marks: what dies on the way is found again. */
export async function removeDoomed(folder: AssetFolder, { ids, marks }: Doomed): Promise<void> {
  for (const id of ids) await removeVersion(folder, id)
  for (const mark of marks) removeMark(mark)
}

/** Every version that no pointer names, no other write than `except` is at and nobody reads. Lists all versions. */
export function unnamedVersions(
  folder: AssetFolder,
  { except, inUse }: { readonly except?: string; readonly inUse: ReadonlySet<string> },
): string[] {
  // In this order: a write begun meanwhile is not in the list, one that ends meanwhile is among the pointers.
  const ids = versionIds(folder)
  const written = markedWrites(folder).filter(id => id !== except)
  const named = readPointers(folder).flatMap(pointer => pointer.versions)
  const needed = new Set([...written, ...named, ...[...inUse].filter(id => ids.includes(id))])
  for (const id of [...needed]) for (const read of readsOf(folder, id)) needed.add(read)
  return ids.filter(id => !needed.has(id))
}

/** Ids of all versions of an asset, the partial ones, too. */
function versionIds(folder: AssetFolder): string[] {
  folder.root.confirmInside(folder.versions)
  try {
    return readdirSync(folder.versions, { withFileTypes: true }).flatMap(entry =>
      entry.isDirectory() ? entry.name : [],
    )
  } catch (error) {
    if (isMissingFile(error)) return []
    throw storageFailure(error, folder.versions, "read")
  }
}

/**
 * Whether nobody will want an orphan: something else has become current of each partition since its write began, or it is
 * old. Ids say nothing here: the clocks by which they sort may have been set back, or be those of several hosts.
 */
export function isUnwanted(folder: AssetFolder, version: Version, { base, ageMs }: AbandonedWrite): boolean {
  if (ageMs > orphanMs) return true
  return (
    base !== undefined &&
    partitionsOf(version.materialization).every(partition => {
      const current = readPointer(folder, partition)?.materialization.id ?? null
      return current !== (base.get(partition) ?? null)
    })
  )
}
