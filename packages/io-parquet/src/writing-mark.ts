import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import type { AssetFolder } from "./parquet-layout.ts"
import { isMissing, storageFailure } from "./storage-failure.ts"

/** A write of another host counts as dead after this time; of this host, when its process is gone. */
const strangerMs = 24 * 60 * 60 * 1000

/** Ids of the writes that this process is at. */
const own = new Set<string>()

/** A write that did not become current. */
export interface AbandonedWrite {
  readonly id: string
  /** The file that tells of it. */
  readonly mark: string
}

/** The writer stands in the file's name, so that there is no moment at which the mark says nothing. */
function markOf(folder: AssetFolder, id: string): string {
  return join(folder.writing, `${id},${process.pid},${encodeURIComponent(hostname())}`)
}

/** Says that a version is being written and by whom, so that what a dead writer leaves behind is found. */
export function markWriting(folder: AssetFolder, id: string): void {
  own.add(id)
  try {
    mkdirSync(folder.writing, { recursive: true })
    writeFileSync(markOf(folder, id), "")
  } catch (error) {
    own.delete(id)
    throw storageFailure(error, folder.writing, "write")
  }
}

/** The write is over: its version is current, or removed. */
export function unmarkWriting(folder: AssetFolder, id: string): void {
  own.delete(id)
  rmSync(markOf(folder, id), { force: true })
}

/** Ids of all writes that are marked, of the living and the dead. */
export function markedWrites(folder: AssetFolder): string[] {
  return markNames(folder).map(name => name.split(",")[0] ?? "")
}

/** Writes that ended without becoming current: their writers are dead. */
export function abandonedWrites(folder: AssetFolder): AbandonedWrite[] {
  const abandoned: AbandonedWrite[] = []
  for (const name of markNames(folder)) {
    const [id = "", pid = "", host = ""] = name.split(",")
    const mark = join(folder.writing, name)
    if (!own.has(id) && !isAlive(Number(pid), decodeURIComponent(host), mark)) abandoned.push({ id, mark })
  }
  return abandoned
}

function markNames(folder: AssetFolder): string[] {
  try {
    return readdirSync(folder.writing)
  } catch (error) {
    if (isMissing(error)) return []
    throw storageFailure(error, folder.writing, "read")
  }
}

function isAlive(pid: number, host: string, mark: string): boolean {
  if (host !== hostname()) {
    const written = statSync(mark, { throwIfNoEntry: false })?.mtimeMs
    return written === undefined || Date.now() - written < strangerMs
  }
  // This process knows its own writes: one of an equal pid was made before the machine or container was started anew.
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" // it is there, and another user's
  }
}
