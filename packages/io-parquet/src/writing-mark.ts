import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import { isMissingFile } from "@assets/core"
import type { AssetFolder } from "./asset-folder.ts"
import { isRecord } from "./json-file.ts"
import { isVersionId } from "./parquet-layout.ts"
import { storageFailure } from "./storage-failure.ts"
import { readOwnFile } from "./storage-root.ts"

/** A write of another host counts as dead after this time; of this host, when its process is gone. */
const strangerMs = 24 * 60 * 60 * 1000
/** Stands in the place of the writer once it has let its version go. */
const nobody = "nobody"

/** Marks of the writes that this process is at, and of the versions that it has staged. */
const own = new Set<string>()

/** What was current when a write began: by partition, the id, null for nothing. */
export type Base = ReadonlyMap<string | null, string | null>

/** A write that did not become current. */
export interface AbandonedWrite {
  readonly id: string
  /** The file that tells of it. */
  readonly mark: string
  /** Undefined where the mark does not say. */
  readonly base: Base | undefined
  readonly ageMs: number
}

/** The writer stands in the file's name, so that there is no moment at which the mark says nothing. */
function markOf(folder: AssetFolder, id: string): string {
  return join(folder.writing, `${id},${process.pid},${encodeURIComponent(hostname())}`)
}

/** Says that a version is being written and by whom, so that what a dead writer leaves behind is found. */
export function markWriting(folder: AssetFolder, id: string, base: Base): void {
  const mark = markOf(folder, id)
  own.add(mark)
  try {
    writeMark(folder, mark, base)
  } catch (error) {
    own.delete(mark)
    throw error
  }
}

function writeMark(folder: AssetFolder, mark: string, base: Base): void {
  folder.root.confirmInside(folder.writing)
  try {
    mkdirSync(folder.writing, { recursive: true })
    writeFileSync(mark, JSON.stringify({ base: [...base] }))
  } catch (error) {
    throw storageFailure(error, folder.writing, "write")
  }
}

/** The write is over: its version is current, or removed. */
export function unmarkWriting(folder: AssetFolder, id: string): void {
  removeMark(markOf(folder, id))
}

export function removeMark(mark: string): void {
  own.delete(mark)
  rmSync(mark, { force: true })
}

/** Leaves a complete version to whoever wants it, for as long as `base` remains current. */
export function abandonWriting(folder: AssetFolder, id: string, base: Base): void {
  writeMark(folder, join(folder.writing, `${id},${nobody}`), base)
  unmarkWriting(folder, id)
}

/** Ids of all writes that are marked, of the living and the dead. */
export function markedWrites(folder: AssetFolder): string[] {
  return markNames(folder).map(name => name.split(",")[0] ?? "")
}

/** The marks of a version, whosever they are. */
export function marksOf(folder: AssetFolder, id: string): string[] {
  return markNames(folder)
    .filter(name => name.startsWith(`${id},`))
    .map(name => join(folder.writing, name))
}

/**
 * Writes that ended without becoming current: their writers are dead, or have let them go. One that somebody else has
 * taken up since, to publish it, is none.
 */
export function abandonedWrites(folder: AssetFolder): AbandonedWrite[] {
  const dead: AbandonedWrite[] = []
  const living = new Set<string>()
  for (const name of markNames(folder)) {
    const mark = join(folder.writing, name)
    const [id = "", pid = "", host = ""] = name.split(",")
    if (own.has(mark) || isAlive(pid, host, mark)) living.add(id)
    else dead.push(abandoned(id, mark))
  }
  return dead.filter(({ id }) => !living.has(id))
}

/** The complete versions that this process has staged and nobody has published. */
export function ownWrites(folder: AssetFolder): AbandonedWrite[] {
  return markNames(folder).flatMap(name => {
    const mark = join(folder.writing, name)
    return own.has(mark) ? [abandoned(name.split(",")[0] ?? "", mark)] : []
  })
}

function abandoned(id: string, mark: string): AbandonedWrite {
  const written = statSync(mark, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
  return { id, mark, base: baseOf(mark), ageMs: Date.now() - written }
}

/** What a mark says; undefined when it is torn, or of a former release. */
function baseOf(mark: string): Base | undefined {
  try {
    const value: unknown = JSON.parse(readOwnFile(mark) ?? "")
    if (!isRecord(value) || !Array.isArray(value.base) || !value.base.every(isEntry)) return undefined
    return new Map(value.base)
  } catch {
    return undefined
  }
}

function isEntry(value: unknown): value is [string | null, string | null] {
  return Array.isArray(value) && value.length === 2 && value.every(one => one === null || typeof one === "string")
}

function markNames(folder: AssetFolder): string[] {
  folder.root.confirmInside(folder.writing)
  try {
    return readdirSync(folder.writing).filter(name => isVersionId(name.split(",")[0]))
  } catch (error) {
    if (isMissingFile(error)) return []
    throw storageFailure(error, folder.writing, "read")
  }
}

function isAlive(pid: string, host: string, mark: string): boolean {
  if (pid === nobody) return false
  if (host !== encodeURIComponent(hostname())) {
    const written = statSync(mark, { throwIfNoEntry: false })?.mtimeMs
    return written === undefined || Date.now() - written < strangerMs
  }
  const number = Number(pid)
  // This process knows its own writes: one of an equal pid was made before the machine or container was started anew.
  if (!Number.isSafeInteger(number) || number <= 0 || number === process.pid) return false
  try {
    process.kill(number, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" // it is there, and another user's
  }
}
