import type { Collected } from "@assets/core"
import type { AssetObjects, StoredPointer } from "./asset-objects.ts"
import type { CollectSettings } from "./collect-versions.ts"
import { readsOfKept } from "./commit-objects.ts"
import { keptVersions } from "./kept-versions.ts"
import { type ObjectMark, objectMarks } from "./object-marks.ts"
import { packVersion, partitionsOf, type Version, versionsReadBy } from "./version.ts"
import { orphanMs } from "./version-collector.ts"

/** Finds what nothing refers to, and removes it unless it is a dry run. */
export async function collectObjects(asset: AssetObjects, settings: CollectSettings): Promise<Collected[]> {
  // In this order: a write begun meanwhile is not among the versions, one that ends meanwhile is among the pointers.
  const all = await asset.versions()
  const marks = await objectMarks(asset)
  const pointers = await asset.pointers()
  const abandoned = new Map(marks.filter(mark => mark.isAbandoned).map(mark => [mark.id, mark]))
  const living = marks.filter(mark => !mark.isAbandoned).map(({ id }) => id)
  const inUse = new Set([...settings.inUse, ...living])
  const beyond = await beyondKept(asset, pointers, { ...settings, inUse })
  const named = pointers.flatMap(({ pointer }) => pointer.versions).filter(id => !beyond.has(id))
  const needed = await withRead(asset, [...named, ...inUse])
  const found: Collected[] = []
  for (const [id, objects] of [...all].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (needed.has(id)) continue
    const version = await asset.wholeVersion(id)
    const mark = abandoned.get(id)
    if (version && mark && !isUnwanted(version, mark, pointers)) continue
    if (!settings.dryRun && !(await removeUnnamed(asset, id, version))) continue
    const why = !version ? "partial" : mark ? "orphan" : "dropped"
    const bytes = objects.reduce((sum, object) => sum + object.bytes, 0)
    found.push({ key: asset.layout.key, what: asset.layout.version(id), why, bytes })
  }
  if (!settings.dryRun) {
    const done = marks.filter(
      mark =>
        mark.isAbandoned &&
        (!all.has(mark.id) || found.some(one => one.what.endsWith(mark.id)) || named.includes(mark.id)),
    )
    await asset.store.remove(done.map(mark => mark.url))
  }
  return found
}

/** Removes what dead writers left, where there is something. */
export async function collectAbandonedObjects(asset: AssetObjects): Promise<void> {
  const abandoned = (await objectMarks(asset)).filter(mark => mark.isAbandoned)
  if (abandoned.length === 0) return
  const pointers = await asset.pointers()
  for (const mark of abandoned) {
    const version = await asset.wholeVersion(mark.id)
    const isCurrent = pointers.some(({ pointer }) => pointer.versions.includes(mark.id))
    if (!isCurrent && version && !isUnwanted(version, mark, pointers)) continue
    if (!isCurrent) await removeUnnamed(asset, mark.id, version)
    await asset.store.remove([mark.url])
  }
}

/**
 * Removes a version that no pointer names; false when one does after all. The marker goes first: whoever makes the version
 * current meanwhile looks for it afterwards, and who is seen to have done so gets it back.
 */
async function removeUnnamed(asset: AssetObjects, id: string, version: Version | undefined): Promise<boolean> {
  if (!version) {
    await asset.removeVersion(id)
    return true
  }
  await asset.removeFile(asset.layout.marker(id))
  const partitions = partitionsOf(version.materialization)
  const pointers = [...(await asset.pointersOf(partitions)).values()]
  if (pointers.some(found => found?.pointer.versions.includes(id))) {
    await asset.store.put(asset.layout.marker(id), packVersion(version))
    return false
  }
  await asset.removeVersion(id)
  return true
}

/** Versions that only pointers name which keep fewer by now; without a dry run the pointers let them go. */
async function beyondKept(
  asset: AssetObjects,
  pointers: readonly StoredPointer[],
  { keep, inUse, dryRun }: CollectSettings,
): Promise<Set<string>> {
  const kept = new Set<string>()
  const dropped = new Set<string>()
  for (const { pointer, etag } of pointers) {
    const version = await asset.wholeVersion(pointer.materialization.id)
    const readsOf = await readsOfKept(asset, pointer.versions, { keep, inUse })
    const now = version
      ? keptVersions(version, pointer, { keep, inUse, readsOf })
      : { kept: pointer.versions, dropped: [] }
    const isMoved =
      dryRun ||
      now.dropped.length === 0 ||
      (await asset.movePointer({ ...pointer, versions: now.kept }, etag)) !== undefined
    for (const id of isMoved ? now.kept : pointer.versions) kept.add(id)
    if (isMoved) for (const id of now.dropped) dropped.add(id)
  }
  for (const id of kept) dropped.delete(id)
  return dropped
}

async function withRead(asset: AssetObjects, ids: readonly string[]): Promise<Set<string>> {
  const needed = new Set(ids)
  for (const id of ids) {
    const version = await asset.wholeVersion(id)
    for (const read of version ? versionsReadBy(version) : []) needed.add(read)
  }
  return needed
}

/** Whether nobody will want an orphan: something else has become current since its write began, or it is old. */
function isUnwanted(version: Version, { base, ageMs }: ObjectMark, pointers: readonly StoredPointer[]): boolean {
  if (ageMs > orphanMs) return true
  const current = new Map(pointers.map(({ pointer }) => [pointer.partition, pointer.materialization.id]))
  return (
    base !== undefined &&
    partitionsOf(version.materialization).every(
      partition => (current.get(partition) ?? null) !== (base.get(partition) ?? null),
    )
  )
}
