import { chmodSync, closeSync, openSync, renameSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import type { Database } from "better-sqlite3"
import { faultPoint } from "../util/fault-point.ts"
import { syncToDisk } from "../util/sync-to-disk.ts"
import { SCHEMA_VERSION } from "./sqlite-schema.ts"
import { upgrades } from "./upgrade-schema.ts"

/** Milliseconds for which an opening waits while another process upgrades the file. */
const PATIENCE_MS = 120_000

/** The version of an open file: 0 while nothing was put into it. */
export function schemaVersion(db: Database): number {
  const known = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get()
  const row = known && db.prepare("SELECT value FROM meta WHERE name = 'schema'").get()
  return row ? Number((row as { value: string }).value) : 0
}

/** Where the file was copied before it was upgraded from a version. */
export function backupPath(path: string, version: number): string {
  return `${path}.v${version}.bak`
}

/**
 * Makes a file of an older version one of this: copies it beside itself, then changes all in one transaction. A death on
 * the way leaves the old file. Of processes that open it at once one upgrades, and the others wait for it.
 */
export function upgradeEventLog(db: Database, connect: () => Database): void {
  const timeout = db.pragma("busy_timeout", { simple: true })
  db.pragma(`busy_timeout = ${PATIENCE_MS}`)
  db.exec("BEGIN IMMEDIATE")
  try {
    const former = schemaVersion(db)
    // Looked at again: another process may have been first.
    if (former < SCHEMA_VERSION) {
      // Writers are held off and nothing is changed yet, so another connection sees the file as it was.
      if (db.name !== ":memory:") copyFile(db.name, backupPath(db.name, former), connect)
      for (let version = former; version < SCHEMA_VERSION; version++) db.exec(upgrades.get(version) ?? unknown(version))
      db.prepare("UPDATE meta SET value = ? WHERE name = 'schema'").run(`${SCHEMA_VERSION}`)
      faultPoint("event.upgrade")
    }
    db.exec("COMMIT")
  } catch (error) {
    if (db.inTransaction) db.exec("ROLLBACK")
    throw error
  }
  db.pragma(`busy_timeout = ${timeout}`)
}

function copyFile(path: string, backup: string, connect: () => Database): void {
  const partial = `${backup}.partial`
  rmSync(partial, { force: true })
  try {
    const source = connect()
    try {
      closeSync(openSync(partial, "wx", 0o600)) // empty, so that the copy has this mode from the start
      source.prepare("VACUUM INTO ?").run(partial)
    } finally {
      source.close()
    }
    syncToDisk(partial)
    chmodSync(partial, 0o600)
    renameSync(partial, backup)
    syncToDisk(dirname(path))
  } catch (error) {
    rmSync(partial, { force: true })
    throw error
  }
}

function unknown(version: number): never {
  throw new Error(`the event log cannot be upgraded from version ${version}; please report this`)
}
