import { constants, copyFileSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import type { StorageError } from "../errors/assets-error.ts"
import { eventLogFailure } from "./event-log-failure.ts"
import { SqliteEventLog } from "./sqlite-event-log.ts"

const ATTEMPTS = 5

/**
 * Opens an event log that cannot be written, for reading: a copy of it in the system's temporary folder, removed when it
 * is closed. So what a reader sees is whole, upgraded, and without lost runs, as with one that can be written. What would
 * change the log is refused with `refusal`.
 *
 * @throws StorageError `STORAGE_UNREADABLE`, or what opening the copy throws
 */
export function openReadOnlyCopy(path: string, refusal: StorageError): SqliteEventLog {
  const folder = mkdtempSync(join(tmpdir(), "assets-log-"))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    const copy = join(folder, basename(path))
    copyWhole(path, copy)
    return new SqliteEventLog(copy, { refusal, onClose: remove, shownPath: path })
  } catch (error) {
    remove()
    throw eventLogFailure(error, path)
  }
}

/** Copies the file and its log of changes as they were at one moment. */
function copyWhole(path: string, copy: string): void {
  for (let attempt = 1; ; attempt++) {
    const before = stateOf(path)
    for (const end of ["", "-wal"]) {
      rmSync(`${copy}${end}`, { force: true })
      if (statSync(`${path}${end}`, { throwIfNoEntry: false })) {
        copyFileSync(`${path}${end}`, `${copy}${end}`, constants.COPYFILE_FICLONE)
      }
    }
    // Appended changes are whole or ignored; it is a checkpoint in between, which moves them, that would tear the copy.
    if (stateOf(path) === before || attempt === ATTEMPTS) return
  }
}

function stateOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true })
  return found ? `${found.ino} ${found.size} ${found.mtimeNs}` : ""
}
