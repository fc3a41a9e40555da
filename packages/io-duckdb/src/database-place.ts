import { mkdirSync, readdirSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { StorageError } from "@assets/core"
import { processState } from "./file-holder.ts"

/** Makes the folder of a database file. @throws StorageError `STORAGE_UNWRITABLE` */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (cause) {
    throw new StorageError("STORAGE_UNWRITABLE", {
      what: `The folder ${folder} could not be made.`,
      why: cause instanceof Error ? cause.message : String(cause),
      fix: "Correct the path of duckdbFileIO, or give the user of this process the right to write there.",
      details: { path: folder },
      cause,
    })
  }
}

/** The name under which this process makes a new database before it gets its own. */
export function newFileOf(path: string): string {
  return `${path}.new-${process.pid}`
}

/** New databases that processes left which died while they made them. */
export function leftNewFiles(path: string): string[] {
  const prefix = `${basename(path)}.new-`
  try {
    return readdirSync(dirname(path))
      .filter(name => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
      .filter(name => processState(Number(name.slice(prefix.length))) === undefined)
      .map(name => join(dirname(path), name))
  } catch {
    return [] // there is no such folder
  }
}
