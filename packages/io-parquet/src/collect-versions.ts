import { readdirSync, rmSync } from "node:fs"
import { basename, join } from "node:path"
import type { Collected } from "@assets/core"
import type { AssetFolder } from "./asset-folder.ts"
import { keptVersions } from "./kept-versions.ts"
import { type Pointer, readPointers, writePointer } from "./pointer.ts"
import { lookAt } from "./storage-root.ts"
import { readVersion } from "./version.ts"
import { type Doomed, isUnwanted, readsOf, unnamedVersions, wholeVersion } from "./version-collector.ts"
import { type AbandonedWrite, abandonedWrites, markedWrites } from "./writing-mark.ts"

export interface CollectSettings {
  readonly keep: number
  readonly inUse: ReadonlySet<string>
  readonly dryRun: boolean
}

/** What was found, and what is still to be removed of it once the lock is let go. */
export interface Collection {
  readonly found: readonly Collected[]
  readonly doomed: Doomed
}

/**
 * Finds what nothing refers to; unless it is a dry run, makes the versions among it partial and removes temporary files.
 * Under the lock of the root alone.
 */
export function collectAsset(folder: AssetFolder, settings: CollectSettings): Collection {
  const { dryRun } = settings
  const abandoned = new Map(abandonedWrites(folder).map(write => [write.id, write]))
  // A version of before that a run with another event log has staged anew is known by its mark alone.
  const inUse = new Set([...settings.inUse, ...markedWrites(folder).filter(id => !abandoned.has(id))])
  const pointers = readPointers(folder)
  const named = new Set(pointers.flatMap(pointer => pointer.versions))
  const dropped = beyondKept(folder, pointers, { ...settings, inUse })
  const unnamed = unnamedWith(folder, { abandoned, inUse })
  const ids = [...new Set([...unnamed, ...dropped])].sort().filter(id => isCollected(folder, id, abandoned.get(id)))
  const marks = [...abandoned.values()].filter(({ id }) => ids.includes(id) || named.has(id)).map(({ mark }) => mark)
  const versions = ids.map((id): Collected => {
    const path = folder.version(id)
    return { key: folder.key, what: path, why: whyOf(folder, id, abandoned.has(id)), bytes: bytesBelow(path) }
  })
  const temporary = temporaryFiles(folder)
  const files = temporary.map(
    (what): Collected => ({ key: folder.key, what, why: "temporary", bytes: bytesBelow(what) }),
  )
  if (!dryRun) {
    for (const id of ids) rmSync(folder.marker(id), { force: true })
    for (const path of temporary) rmSync(path, { force: true })
  }
  return { found: [...versions, ...files], doomed: dryRun ? { ids: [], marks: [] } : { ids, marks } }
}

/** Versions that only pointers name which keep fewer by now; without a dry run the pointers let them go. */
function beyondKept(
  folder: AssetFolder,
  pointers: readonly Pointer[],
  { keep, inUse, dryRun }: CollectSettings,
): string[] {
  const kept = new Set<string>()
  const dropped = new Set<string>()
  for (const pointer of pointers) {
    const version = wholeVersion(folder, pointer.materialization.id)
    const now = version
      ? keptVersions(version, pointer, { keep, inUse, readsOf: id => readsOf(folder, id) })
      : { kept: pointer.versions, dropped: [] }
    for (const id of now.kept) kept.add(id)
    for (const id of now.dropped) dropped.add(id)
    if (!dryRun && now.dropped.length > 0) writePointer(folder, { ...pointer, versions: now.kept })
  }
  return [...dropped].filter(id => !kept.has(id))
}

interface Unnamed {
  readonly abandoned: ReadonlyMap<string, AbandonedWrite>
  readonly inUse: ReadonlySet<string>
}

/** Versions that no pointer names and nobody is at: those of dead writers are among them. */
function unnamedWith(folder: AssetFolder, { abandoned, inUse }: Unnamed): string[] {
  const ids = new Set(unnamedVersions(folder, { inUse }))
  const pointed = new Set(readPointers(folder).flatMap(pointer => pointer.versions))
  for (const id of abandoned.keys()) if (!inUse.has(id) && !pointed.has(id)) ids.add(id)
  return [...ids]
}

/** An orphan that somebody may still want stays. */
function isCollected(folder: AssetFolder, id: string, write: AbandonedWrite | undefined): boolean {
  const version = write && wholeVersion(folder, id)
  return !version || isUnwanted(folder, version, write)
}

function whyOf(folder: AssetFolder, id: string, isAbandoned: boolean): Collected["why"] {
  try {
    if (!readVersion(folder, id)) return "partial"
  } catch {
    return "partial" // what its marker says cannot be read
  }
  return isAbandoned ? "orphan" : "dropped"
}

/** Files that a dead writer was about to put in the place of another: nobody makes one while the lock is held. */
function temporaryFiles(folder: AssetFolder): string[] {
  const isOurs = (path: string) => /\.\d+(-\d+)?\.tmp$/.test(basename(path))
  return [folder.path, folder.pointers].flatMap(namesIn).filter(isOurs)
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path).map(name => join(path, name))
  } catch {
    return [] // not there
  }
}

/** The bytes that a removal frees: a file that is linked elsewhere, too, frees none. */
function bytesBelow(path: string): number {
  const found = lookAt(path)
  if (!found) return 0
  if (found.isDirectory()) return namesIn(path).reduce((sum, inner) => sum + bytesBelow(inner), 0)
  return found.nlink > 1 ? 0 : found.size
}
