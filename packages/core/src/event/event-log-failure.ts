import { AssetsError, StorageError } from "../errors/assets-error.ts"
import { lockHolder } from "./lock-holder.ts"
import { SCHEMA_VERSION } from "./sqlite-schema.ts"

export function newerEventLog(path: string, version: number): StorageError {
  return new StorageError("EVENT_LOG_NEWER", {
    what: `The event log ${path} was written by a newer release.`,
    why: `Its form is version ${version}; this release knows up to version ${SCHEMA_VERSION}.`,
    fix: "Update @assets/core and the other @assets packages, or name another folder with 'state: { path }'.",
    details: { path, version, known: SCHEMA_VERSION },
  })
}

export function damagedEventLog(path: string, why: string, cause?: unknown): StorageError {
  return new StorageError("EVENT_LOG_CORRUPT", {
    what: `The event log ${path} is damaged.`,
    why,
    fix: `Move it away with the files -wal and -shm beside it: mv ${path} ${path}.damaged. It holds history and a cache; what is current is stored with the data and stays. What the log knows of it comes back with: assets gc --reindex`,
    details: { path },
    cause,
  })
}

export function unwritableEventLog(path: string, why: string, cause?: unknown): StorageError {
  return new StorageError("STORAGE_UNWRITABLE", {
    what: `The event log ${path} cannot be written.`,
    why,
    fix: "Make the file and its folder writable for this user, or name another folder with 'state: { path }'.",
    details: { path },
    cause,
  })
}

/** The file is not the one that was opened: leases that are held in it hold nobody off any more. */
export function lostEventLog(path: string): StorageError {
  return new StorageError("EVENT_LOG_LOST", {
    what: `The event log ${path} was removed or replaced while it was in use.`,
    why: "Another process that opens it now would know nothing of this one.",
    fix: "Run again: what was stored is kept, and is not computed again. Move the event log only while nothing runs.",
    details: { path },
  })
}

function lockedEventLog(path: string, why: string, cause: unknown): StorageError {
  const holder = lockHolder(path)
  return new StorageError("EVENT_LOG_LOCKED", {
    what: `The event log ${path} is locked by another process.`,
    why: holder ? `Process ${holder.pid} (${holder.command}) is changing it and does not end.` : why,
    fix: holder
      ? `Wait until process ${holder.pid} has ended its change, or end it: kill ${holder.pid}`
      : "Wait until the other process has ended its change, or end it; 'assets doctor' names it.",
    details: { path, ...(holder && { pid: holder.pid }) },
    cause,
  })
}

/** Gives SQLite's refusals, and the disk's, a cause that a user can mend. */
export function eventLogFailure(error: unknown, path: string): unknown {
  if (error instanceof AssetsError) return error
  const code = String((error as { code?: unknown }).code ?? "")
  const message = error instanceof Error ? error.message : String(error)
  const why = `${code}: ${message}`
  // A table that is not there, or holds what it cannot, was torn off or overwritten: the statements are always the same.
  if (/^SQLITE_(CORRUPT|NOTADB|CONSTRAINT|MISMATCH|TOOBIG|RANGE|FORMAT)|^SQLITE_ERROR$/.test(code)) {
    return damagedEventLog(path, why, error)
  }
  if (/^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code)) return lockedEventLog(path, why, error)
  if (/^SQLITE_(FULL|IOERR_SHMSIZE)|^ENOSPC/.test(code)) {
    return new StorageError("STORAGE_FULL", {
      what: `There is no room on the disk for the event log ${path}.`,
      why,
      fix: "Free some space on this disk, or name a folder on another with 'state: { path }'.",
      details: { path },
      cause: error,
    })
  }
  if (/^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)|^(EACCES|EPERM|EROFS|ENOTDIR|EEXIST|EISDIR)$/.test(code)) {
    return unwritableEventLog(path, why, error)
  }
  if (/^(MODULE_NOT_FOUND|ERR_DLOPEN_FAILED)$/.test(code) || message.includes("bindings file")) {
    return new StorageError("STORAGE_UNREADABLE", {
      what: "The package better-sqlite3, which keeps the event log, could not be loaded.",
      why,
      fix: "Build it for this version of Node: npm rebuild better-sqlite3.",
      details: { path },
      cause: error,
    })
  }
  if (/^SQLITE_(IOERR|NOMEM)|^E[A-Z]+$/.test(code)) {
    return new StorageError("STORAGE_UNREADABLE", {
      what: `The event log ${path} could not be read or written by the disk.`,
      why,
      fix: "Check the disk; network file systems without locks cannot hold the event log: name a local folder with 'state: { path }'.",
      details: { path },
      cause: error,
    })
  }
  return error
}
