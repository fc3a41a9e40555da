import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import type { Database, Options, Statement } from "better-sqlite3"
import { AssetsError, StorageError } from "../errors/assets-error.ts"
import { SCHEMA_VERSION, schema } from "./sqlite-schema.ts"
import { schemaVersion, upgradeEventLog } from "./upgrade-event-log.ts"

/**
 * Pages of 4 KiB after which what was written goes from the log of changes into the file itself, which waits for the
 * disk: SQLite's own 1,000 are reached every fifty steps and cost a third of a run of small ones.
 */
const CHECKPOINT_PAGES = 8_000
export interface SqliteOptions {
  /** `power`: each change is on the disk when it returns. Default `process`: it survives the death of the process. */
  readonly durability?: "process" | "power" | undefined
  /** Milliseconds that a change waits for another process's change. Default 5,000. */
  readonly busyTimeoutMs?: number
}

/** A connection that keeps its statements prepared and nests transactions into the outermost one. */
export class SqliteDatabase {
  readonly path: string
  readonly #db: Database
  readonly #statements = new Map<string, Statement>()
  #depth = 0

  /** @param path a file, whose folder is made when there is none, or `:memory:` */
  constructor(path: string, { durability, busyTimeoutMs = 5_000 }: SqliteOptions = {}) {
    this.path = path
    try {
      if (path !== ":memory:") makeFolder(dirname(path))
      this.#db = connect(path, { timeout: busyTimeoutMs })
    } catch (error) {
      throw translate(error, path)
    }
    try {
      this.#refuseNewer()
      this.#db.pragma("auto_vacuum = INCREMENTAL") // counts for a new file only
      this.#db.pragma("journal_mode = WAL")
      this.#db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
      this.#db.pragma(`synchronous = ${durability === "power" ? "FULL" : "NORMAL"}`)
      this.#prepareSchema()
    } catch (error) {
      this.#db.close()
      throw translate(error, path)
    }
  }

  run(sql: string, ...values: readonly unknown[]): { readonly changes: number; readonly lastInsertRowid: number } {
    try {
      const { changes, lastInsertRowid } = this.#prepare(sql).run(...values)
      return { changes, lastInsertRowid: Number(lastInsertRowid) }
    } catch (error) {
      throw translate(error, this.path)
    }
  }

  get<Row>(sql: string, ...values: readonly unknown[]): Row | undefined {
    try {
      return this.#prepare(sql).get(...values) as Row | undefined // the SQL says what a row holds
    } catch (error) {
      throw translate(error, this.path)
    }
  }

  all<Row>(sql: string, ...values: readonly unknown[]): Row[] {
    try {
      return this.#prepare(sql).all(...values) as Row[] // the SQL says what a row holds
    } catch (error) {
      throw translate(error, this.path)
    }
  }

  transaction<T>(change: () => T): T {
    if (this.#depth > 0) return change()
    this.run("BEGIN IMMEDIATE")
    this.#depth++
    try {
      const result = change()
      this.run("COMMIT")
      return result
    } catch (error) {
      if (this.#db.inTransaction) this.run("ROLLBACK")
      throw error
    } finally {
      this.#depth--
    }
  }

  close(): void {
    if (this.#db.open) this.#db.close()
  }

  #prepare(sql: string): Statement {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #prepareSchema(): void {
    if (schemaVersion(this.#db) === 0) {
      this.transaction(() => {
        if (schemaVersion(this.#db) > 0) return // another process was first
        this.#db.exec(schema)
        this.#db.prepare("INSERT INTO meta VALUES ('schema', ?)").run(`${SCHEMA_VERSION}`)
      })
    }
    if (schemaVersion(this.#db) < SCHEMA_VERSION) {
      upgradeEventLog(this.#db, () => connect(this.path, { readonly: true }))
    }
    this.#refuseNewer()
  }

  /** Leaves a file of a newer release as it is: also what lies in its log of changes stays there. */
  #refuseNewer(): void {
    const version = schemaVersion(this.#db)
    if (version <= SCHEMA_VERSION) return
    const reader = connect(this.path, { readonly: true })
    schemaVersion(reader) // from its first read on it counts as a connection
    // The last connection that may write would move the changes into the file.
    this.#db.close()
    reader.close()
    throw newer(this.path, version)
  }
}

/** Loaded when the first log is opened: a command that needs none does not pay for it. */
function connect(path: string, options: Options): Database {
  const SQLite = createRequire(import.meta.url)("better-sqlite3") as typeof import("better-sqlite3")
  return new SQLite(path, options)
}

function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o700) // mkdir's own mode is cut by the umask and would hold for its parents, too
  writeFileSync(join(folder, ".gitignore"), "*\n")
}

function newer(path: string, version: number): StorageError {
  return new StorageError("EVENT_LOG_NEWER", {
    what: `The event log ${path} was written by a newer release.`,
    why: `Its form is version ${version}; this release knows up to version ${SCHEMA_VERSION}.`,
    fix: "Update @assets/core and the other @assets packages, or name another folder with 'state: { path }'.",
    details: { path, version, known: SCHEMA_VERSION },
  })
}

/** Gives SQLite's refusals a cause that a user can mend. */
function translate(error: unknown, path: string): unknown {
  if (error instanceof AssetsError) return error
  const code = String((error as { code?: unknown }).code ?? "")
  const why = error instanceof Error ? error.message : String(error)
  const text = { why: `${code}: ${why}`, details: { path }, cause: error }
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) {
    return new StorageError("EVENT_LOG_CORRUPT", {
      ...text,
      what: `The event log ${path} is damaged.`,
      fix: `Move it away: mv ${path} ${path}.damaged (with the files -wal and -shm beside it). It holds history and a cache; what is current is stored with the data and stays.`,
    })
  }
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return new StorageError("EVENT_LOG_LOCKED", {
      ...text,
      what: `The event log ${path} is locked by another process.`,
      fix: "Wait until the other process has ended its change, or end it; 'assets doctor' names it.",
    })
  }
  if (/^SQLITE_FULL|^ENOSPC/.test(code)) {
    return new StorageError("STORAGE_FULL", {
      ...text,
      what: `There is no room on the disk for the event log ${path}.`,
      fix: "Free some space on this disk, or name a folder on another with 'state: { path }'.",
    })
  }
  if (/^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)|^(EACCES|EPERM|EROFS|ENOTDIR|EEXIST)$/.test(code)) {
    return new StorageError("STORAGE_UNWRITABLE", {
      ...text,
      what: `The event log ${path} cannot be written.`,
      fix: "Make its folder writable for this user, or name another one with 'state: { path }'.",
    })
  }
  if (/^(MODULE_NOT_FOUND|ERR_DLOPEN_FAILED)$/.test(code) || why.includes("bindings file")) {
    return new StorageError("STORAGE_UNREADABLE", {
      ...text,
      what: "The package better-sqlite3, which keeps the event log, could not be loaded.",
      fix: "Build it for this version of Node: npm rebuild better-sqlite3.",
    })
  }
  if (/^SQLITE_IOERR/.test(code)) {
    return new StorageError("STORAGE_UNREADABLE", {
      ...text,
      what: `The event log ${path} could not be read or written by the disk.`,
      fix: "Check the disk; network file systems without locks cannot hold the event log: name a local folder with 'state: { path }'.",
    })
  }
  return error
}
