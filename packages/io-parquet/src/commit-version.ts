import { existsSync, rmSync } from "node:fs"
import {
  faultPoint,
  type Materialization,
  type OutputContext,
  type Publication,
  type PublishContext,
  storageConflict,
} from "@assets/core"
import { AssetFolder } from "./asset-folder.ts"
import { keptVersions } from "./kept-versions.ts"
import { type Pointer, readPointer, writePointer } from "./pointer.ts"
import { decide, finishDecision, type Move } from "./publication.ts"
import type { RootLock } from "./root-lock.ts"
import { sameWork } from "./same-work.ts"
import type { StorageRoot } from "./storage-root.ts"
import { dataMissing } from "./stored-value.ts"
import { isIntact, partitionsOf, readVersion, type Version } from "./version.ts"
import { dropVersions, isNamed, readsOf, removeDoomed, removeVersion, wholeVersion } from "./version-collector.ts"
import { type Base, marksOf, unmarkWriting } from "./writing-mark.ts"

const neverAborted = new AbortController().signal

/** By what pointers are moved. */
export interface Committing {
  readonly lock: RootLock
  /** Versions that remain of each partition. */
  readonly keep: number
}

/** A complete version, and what was current when its write began. */
export interface Candidate {
  readonly version: Version
  readonly base: Base
}

/** The current pointers of partitions. Without a look at decisions: under the lock, once these are carried out. */
export function pointersOf(
  folder: AssetFolder,
  partitions: readonly (string | null)[],
): Map<string | null, Pointer | undefined> {
  return new Map(partitions.map(partition => [partition, readPointer(folder, partition)]))
}

/**
 * Makes a complete version current, of all its partitions at one blow.
 * @returns the record that is current now: another writer's, when that one has done the same work meanwhile
 * @throws StorageError `STORAGE_CONFLICT`, `LEASE_LOST`: nothing has changed then
 */
export async function commitVersion(
  { lock, keep }: Committing,
  context: OutputContext,
  folder: AssetFolder,
  { version, base }: Candidate,
): Promise<Materialization> {
  const { root } = folder
  const durable = context.durability === "power"
  const done = await lock.hold(root, context, () => {
    finishDecision(root)
    const committed = context.commit(() => {
      const now = pointersOf(folder, partitionsOf(version.materialization))
      const other = sameWork(context, now, base, folder.key)
      if (other) return { other, dropped: [] }
      if (!isComplete(folder, version)) throw dataMissing(folder.key, folder.version(version.materialization.id))
      const inUse = context.inUse()
      const kept = [...now].map(([partition, former]) => move(folder, version, { partition, former, keep, inUse }))
      const [only, ...more] = kept.map(one => one.move)
      if (only && more.length === 0) writePointer(folder, only.pointer, { durable })
      else
        decide(
          root,
          kept.map(one => one.move),
          { durable },
        )
      return { other: undefined, dropped: kept.flatMap(one => one.dropped) }
    })
    if (version.materialization.partitions.length > 1) finishDecision(root)
    return { ...committed, dropped: dropVersions(folder, committed.dropped, version.materialization.id) }
  })
  // What cannot be removed now is partial, and collected later.
  await removeDoomed(folder, { ids: done.dropped, marks: [] }).catch(() => {})
  return done.other ? recordOf(folder, done.other) : version.materialization
}

/** Whether a version is still to be had: one that was to be collected has lost its marker first, and soon its files. */
function isComplete(folder: AssetFolder, version: Version): boolean {
  return existsSync(folder.marker(version.materialization.id)) && isIntact(folder, version)
}

/** The whole record of what a pointer names. */
export function recordOf(folder: AssetFolder, { materialization }: Pointer): Materialization {
  return wholeVersion(folder, materialization.id)?.materialization ?? materialization
}

interface Moving {
  readonly partition: string | null
  readonly former: Pointer | undefined
  readonly keep: number
  readonly inUse: ReadonlySet<string>
}

function move(
  folder: AssetFolder,
  version: Version,
  { partition, former, keep, inUse }: Moving,
): { move: Move; dropped: readonly string[] } {
  const { materialization } = version
  const { kept, dropped } = keptVersions(version, former, { keep, inUse, readsOf: id => readsOf(folder, id) })
  const applied = version.applied.get(partition) ?? new Set<string>()
  const pointer = { partition, materialization, versions: kept, applied }
  return { move: { key: folder.key, former: former?.materialization.id ?? null, pointer }, dropped }
}

/** Makes complete versions current, all of them or none. */
export async function publishVersions(
  { lock, keep }: Committing,
  context: PublishContext,
  root: StorageRoot,
  publications: readonly Publication[],
): Promise<void> {
  const durable = context.durability === "power"
  faultPoint("io.publish")
  const dropped = await lock.hold(root, context, () => {
    finishDecision(root)
    return context.commit(() => {
      const inUse = context.inUse()
      const planned = publications.flatMap(one => plannedMove(root, one, { keep, inUse }))
      if (planned.length > 0)
        decide(
          root,
          planned.map(one => one.move),
          { durable },
        )
      return planned
    })
  })
  // Not under the lock: who is stopped here holds nobody up, since whoever comes next moves the pointers.
  faultPoint("io.published")
  const gone = await lock.hold(root, { signal: neverAborted }, () => {
    finishDecision(root)
    return dropped.map(one => ({
      folder: one.folder,
      ids: dropVersions(one.folder, one.dropped, one.move.pointer.materialization.id),
    }))
  })
  for (const { folder, ids } of gone) await removeDoomed(folder, { ids, marks: [] }).catch(() => {}) // collected later
  for (const { key, materialization } of publications) {
    const folder = new AssetFolder(root, key)
    await removeDoomed(folder, { ids: [], marks: marksOf(folder, materialization.id) })
  }
}

function plannedMove(
  root: StorageRoot,
  { key, partition, materialization, former }: Publication,
  keeping: { readonly keep: number; readonly inUse: ReadonlySet<string> },
): { folder: AssetFolder; move: Move; dropped: readonly string[] }[] {
  const folder = new AssetFolder(root, key)
  const current = readPointer(folder, partition)
  const id = current?.materialization.id ?? null
  if (id === materialization.id) return [] // published before, by who died before it could tell
  if (id !== former) throw storageConflict(key)
  const version = readVersion(folder, materialization.id)
  if (!version || !isIntact(folder, version)) throw dataMissing(key, folder.version(materialization.id))
  return [{ folder, ...move(folder, version, { partition, former: current, ...keeping }) }]
}

/** Removes the version of a write, unless a pointer names it: what fails may have failed after the change. */
export async function discardVersion(lock: RootLock, folder: AssetFolder, id: string): Promise<void> {
  if (existsSync(folder.marker(id))) {
    const isCurrent = await lock.hold(folder.root, { signal: neverAborted }, () => {
      finishDecision(folder.root)
      if (isNamed(folder, id)) return true
      rmSync(folder.marker(id), { force: true })
      return false
    })
    if (isCurrent) return unmarkWriting(folder, id)
  }
  await removeVersion(folder, id)
  unmarkWriting(folder, id)
}
