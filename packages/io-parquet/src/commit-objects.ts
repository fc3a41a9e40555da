import { type Materialization, type OutputContext, StorageError, storageConflict } from "@assets/core"
import type { AssetObjects, StoredPointer, StoredPointers } from "./asset-objects.ts"
import type { Candidate } from "./commit-version.ts"
import { keptVersions } from "./kept-versions.ts"
import type { Pointer } from "./pointer.ts"
import { sameWork } from "./same-work.ts"
import { dataMissing } from "./stored-value.ts"
import { partitionsOf, type Version, versionsReadBy } from "./version.ts"

/** A store may refuse a conditional write for another one that is under way, and fails in the end. */
const mostAttempts = 5

interface Moved {
  readonly pointer: Pointer
  readonly former: StoredPointer | undefined
  readonly etag: string
}

/** What is current of a write's partitions. */
export function pointersIn(stored: StoredPointers): Map<string | null, Pointer | undefined> {
  return new Map([...stored].map(([partition, found]) => [partition, found?.pointer]))
}

/**
 * Makes a complete version current by a conditional write of its pointer: of two writers the second finds another
 * pointer than the one that it began with. Several partitions are moved one after the other, and moved back when one of
 * them cannot be.
 * @returns the record that is current now: another writer's, when that one has done the same work meanwhile
 * @throws StorageError `STORAGE_CONFLICT`, `LEASE_LOST`: nothing has changed then
 */
export async function commitObjects(
  asset: AssetObjects,
  context: OutputContext,
  { version, base }: Candidate,
  keep: number,
): Promise<Materialization> {
  const { id } = version.materialization
  const now = await asset.pointersOf(partitionsOf(version.materialization))
  const other = sameWork(context, pointersIn(now), base, context.key)
  if (!other && !(await asset.isIntact(version))) throw dataMissing(context.key, asset.layout.version(id))
  const inUse = context.inUse()
  const planned = await Promise.all(
    [...now].map(([partition, former]) => plannedMove(asset, version, { partition, former, keep, inUse })),
  )
  context.commit(() => {})
  if (other) return recordOf(asset, other)
  const moved: Moved[] = []
  try {
    for (const { pointer, former } of planned) {
      moved.push({ pointer, former, etag: await movePointer(asset, pointer, former) })
    }
    // Whoever took the version for garbage before it was current has removed its marker first.
    if (!(await asset.store.look(asset.layout.marker(id)))) throw dataMissing(context.key, asset.layout.version(id))
  } catch (error) {
    await moveBack(asset, moved)
    const isConflict = error instanceof StorageError && error.code === "STORAGE_CONFLICT"
    const same = isConflict && sameWork(context, pointersIn(await asset.pointersOf([...now.keys()])), base, context.key)
    if (same) return recordOf(asset, same)
    throw error
  }
  await dropVersions(
    asset,
    planned.flatMap(one => one.dropped),
  ).catch(() => {}) // collected later
  return version.materialization
}

/** The whole record of what a pointer names. */
export async function recordOf(asset: AssetObjects, { materialization }: Pointer): Promise<Materialization> {
  return (await asset.wholeVersion(materialization.id))?.materialization ?? materialization
}

interface Moving {
  readonly partition: string | null
  readonly former: StoredPointer | undefined
  readonly keep: number
  readonly inUse: ReadonlySet<string>
}

async function plannedMove(
  asset: AssetObjects,
  version: Version,
  { partition, former, keep, inUse }: Moving,
): Promise<{ pointer: Pointer; former: StoredPointer | undefined; dropped: readonly string[] }> {
  const { materialization } = version
  const readsOf = await readsOfKept(asset, former?.pointer.versions ?? [], { keep, inUse })
  const { kept, dropped } = keptVersions(version, former?.pointer, { keep, inUse, readsOf })
  const applied = version.applied.get(partition) ?? new Set<string>()
  return { pointer: { partition, materialization, versions: kept, applied }, former, dropped }
}

/** Looks ahead what the versions read that are kept for themselves. */
export async function readsOfKept(
  asset: AssetObjects,
  ids: readonly string[],
  { keep, inUse }: { readonly keep: number; readonly inUse: ReadonlySet<string> },
): Promise<(id: string) => readonly string[]> {
  const reads = new Map<string, readonly string[]>()
  for (const id of ids.filter((one, i) => i < keep || inUse.has(one))) {
    const version = await asset.wholeVersion(id)
    reads.set(id, version ? versionsReadBy(version) : [])
  }
  return id => reads.get(id) ?? []
}

/** Moves one pointer; its new etag. @throws StorageError `STORAGE_CONFLICT` when another was first */
async function movePointer(asset: AssetObjects, pointer: Pointer, former: StoredPointer | undefined): Promise<string> {
  let failure: unknown
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const etag = await asset.movePointer(pointer, former?.etag ?? null).catch(error => {
      failure = error
      return undefined
    })
    if (etag !== undefined) return etag
    // Refused, or without an answer: what is there now tells which, also when an earlier attempt was carried out.
    const found = await asset.pointer(pointer.partition)
    if (found?.pointer.materialization.id === pointer.materialization.id) return found.etag
    if (found?.etag !== former?.etag) throw storageConflict(asset.layout.key)
  }
  throw failure ?? storageConflict(asset.layout.key)
}

/** Undoes what has been moved, unless something else has become current of it since. */
async function moveBack(asset: AssetObjects, moved: readonly Moved[]): Promise<void> {
  for (const { pointer, former, etag } of moved.toReversed()) {
    if (former)
      await asset.movePointer(former.pointer, etag).catch(() => {}) // the first error says more
    else await removePointer(asset, pointer, etag).catch(() => {})
  }
}

async function removePointer(asset: AssetObjects, pointer: Pointer, etag: string): Promise<void> {
  if ((await asset.pointer(pointer.partition))?.etag !== etag) return
  await asset.removeFile(asset.layout.pointer(pointer.partition))
}

/** Removes versions that their pointers have dropped, unless the pointer of another partition names them. */
export async function dropVersions(asset: AssetObjects, dropped: readonly string[]): Promise<void> {
  for (const id of new Set(dropped)) if (!(await isNamed(asset, id))) await asset.removeVersion(id)
}

/** Whether the pointer of one of its partitions names a version. */
export async function isNamed(asset: AssetObjects, id: string): Promise<boolean> {
  const version = await asset.wholeVersion(id)
  const pointers = version
    ? [...(await asset.pointersOf(partitionsOf(version.materialization))).values()]
    : await asset.pointers()
  return pointers.some(found => found?.pointer.versions.includes(id))
}
