import { type AssetsError, StorageError } from "@assets/core"
import { mapDuckdbError } from "./duckdb-error.ts"
import type { FileHolder } from "./file-holder.ts"

/** Another process does not give the file free. */
export function fileBusy(path: string, holder: FileHolder, waitMs: number): StorageError {
  const wake = holder.stopped && holder.pid !== undefined ? `wake it with kill -CONT ${holder.pid}, ` : ""
  return new StorageError("STORAGE_BUSY", {
    what: `${path} is held by ${holder.text}.`,
    why: `DuckDB lets one process at a time write a file, and this one waited for ${waitMs / 1000} s.`,
    fix: `Let it finish, ${wake}or stop it, and run again; duckdbFileIO({ waitMs }) waits longer.`,
    details: { path, holder: holder.text, ...(holder.pid !== undefined && { pid: holder.pid }) },
  })
}

/** What is wrong with a file that DuckDB does not open. */
export function attachFailure(path: string, message: string, cause: unknown): AssetsError {
  if (/database file with version number/i.test(message)) {
    return new StorageError("STORAGE_UNREADABLE", {
      what: `${path} was written by another version of DuckDB, which this one does not read.`,
      why: message.split("\n", 1)[0] ?? message,
      fix: "Install the @duckdb/node-api that the file was written with, or a newer one; or export the file with it.",
      details: { path },
      cause,
    })
  }
  if (isDamage(message)) return fileCorrupt(path, message, cause)
  if (
    /No such file or directory|Permission denied|Read-only file system|is a directory|Cannot open file/i.test(message)
  ) {
    return new StorageError("STORAGE_UNWRITABLE", {
      what: `${path} could not be opened.`,
      why: message,
      fix: "Create its folder, and give the user of this process the right to write there.",
      details: { path },
      cause,
    })
  }
  return mapDuckdbError(cause, { target: path })
}

/** Whether DuckDB says that a database file is not as it was written. */
function isDamage(message: string): boolean {
  return /not a valid DuckDB database file|corrupt|checksum|Could not read enough bytes/i.test(message)
}

function fileCorrupt(path: string, message: string, cause: unknown): StorageError {
  return new StorageError("STORAGE_CORRUPT", {
    what: `${path} is not a DuckDB database, or is damaged.`,
    why: message,
    fix: "Move it away, or restore it from a backup; what it held can be materialized again.",
    details: { path },
    cause,
  })
}
