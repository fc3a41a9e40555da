import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import type { Database, Options, Statement } from "better-sqlite3"
import {
  damagedEventLog,
  eventLogFailure,
  lostEventLog,
  newerEventLog,
  unwritableEventLog,
} from "./event-log-failure.ts"
import { SCHEMA_VERSION, schema } from "./sqlite-schema.ts"
import { schemaVersion, upgradeEventLog } from "./upgrade-event-log.ts"

/**
 * Pages of 4 KiB after which what was written goes from the log of changes into the file itself, which waits for the
 * disk: SQLite's own 1,000 are reached every fifty steps and cost a third of a run of small ones.
 */
const CHECKPOINT_PAGES = 8_000
/** The number by which SQLite tells that pages of deleted rows are given back when they are asked for. */
const INCREMENTAL = 2
const VACUUM_PAGES = 2_000
const FOREIGN = "It is a SQLite database that holds something else."

export interface SqliteOptions {
  /** `power`: each change is on the disk when it returns. Default `process`: it survives the death of the process. */
  readonly durability?: "process" | "power" | undefined
  /** Milliseconds that a change waits for another process's change. Default 5,000. */
  readonly busyTimeoutMs?: number
  /** What messages name in place of the path. */
  readonly shownPath?: string
}

/** A connection that keeps its statements prepared and nests transactions into the outermost one. */
export class SqliteDatabase {
  /** The file, for messages. */
  readonly path: string
  readonly #file: string
  readonly #inode: bigint | undefined
  readonly #db: Database
  readonly #statements = new Map<string, Statement>()
  #depth = 0

  /** @param path a file, whose folder is made when there is none, or `:memory:` */
  constructor(path: string, { durability, busyTimeoutMs = 5_000, shownPath = path }: SqliteOptions = {}) {
    this.path = shownPath
    this.#file = path
    try {
      if (path !== ":memory:") makeFile(path)
      this.#db = connect(path, { timeout: busyTimeoutMs })
    } catch (error) {
      throw eventLogFailure(error, this.path)
    }
    try {
      this.#inode = inodeOf(path)
      this.#refuseNewer()
      if (schemaVersion(this.#db) === 0) this.#db.pragma("auto_vacuum = INCREMENTAL")
      this.#db.pragma("journal_mode = WAL")
      this.#db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
      this.#db.pragma(`synchronous = ${durability === "power" ? "FULL" : "NORMAL"}`)
      this.#prepareSchema()
    } catch (error) {
      this.#db.close()
      throw eventLogFailure(error, this.path)
    }
  }

  run(sql: string, ...values: readonly unknown[]): { readonly changes: number; readonly lastInsertRowid: number } {
    try {
      const { changes, lastInsertRowid } = this.#prepare(sql).run(...values)
      return { changes, lastInsertRowid: Number(lastInsertRowid) }
    } catch (error) {
      throw eventLogFailure(error, this.path)
    }
  }

  get<Row>(sql: string, ...values: readonly unknown[]): Row | undefined {
    try {
      return this.#prepare(sql).get(...values) as Row | undefined // the SQL says what a row holds
    } catch (error) {
      throw eventLogFailure(error, this.path)
    }
  }

  all<Row>(sql: string, ...values: readonly unknown[]): Row[] {
    try {
      return this.#prepare(sql).all(...values) as Row[] // the SQL says what a row holds
    } catch (error) {
      throw eventLogFailure(error, this.path)
    }
  }

  transaction<T>(change: () => T): T {
    if (this.#depth > 0) return change()
    this.#confirmFile()
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

  /** Whether statements are part of a transaction. */
  get inTransaction(): boolean {
    return this.#depth > 0
  }

  /**
   * Gives the pages of deleted rows back to the disk, in small portions so that others can write in between. A file that
   * was once of version 1 has to be written anew for the first time, which only `mayLock` allows: till then its pages are
   * used again.
   */
  giveBack({ mayLock }: { readonly mayLock: boolean }): void {
    try {
      if (this.#db.pragma("auto_vacuum", { simple: true }) !== INCREMENTAL) {
        if (!mayLock) return
        this.#db.pragma("auto_vacuum = INCREMENTAL")
        this.#db.exec("VACUUM")
      }
      while (Number(this.#db.pragma("freelist_count", { simple: true })) > 0) {
        this.#db.pragma(`incremental_vacuum(${VACUUM_PAGES})`)
      }
      this.#db.pragma("wal_checkpoint(TRUNCATE)")
    } catch (error) {
      throw eventLogFailure(error, this.path)
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

  /** One that was removed would be written on and on, and nobody would ever see it. */
  #confirmFile(): void {
    if (this.#inode !== undefined && inodeOf(this.#file) !== this.#inode) throw lostEventLog(this.path)
  }

  #prepareSchema(): void {
    if (schemaVersion(this.#db) === 0) {
      this.transaction(() => {
        if (schemaVersion(this.#db) > 0) return // another process was first
        if (this.#db.prepare("SELECT 1 FROM sqlite_schema").get()) throw damagedEventLog(this.path, FOREIGN)
        this.#db.exec(schema)
        this.#db.prepare("INSERT INTO meta VALUES ('schema', ?)").run(`${SCHEMA_VERSION}`)
      })
    }
    if (schemaVersion(this.#db) < SCHEMA_VERSION) {
      upgradeEventLog(this.#db, () => connect(this.#file, { readonly: true }))
    }
    this.#refuseNewer()
  }

  /** Leaves a file of a newer release as it is: also what lies in its log of changes stays there. */
  #refuseNewer(): void {
    const version = schemaVersion(this.#db)
    if (version <= SCHEMA_VERSION) return
    if (Number.isNaN(version)) throw damagedEventLog(this.path, FOREIGN)
    const reader = connect(this.#file, { readonly: true })
    schemaVersion(reader) // from its first read on it counts as a connection
    // The last connection that may write would move the changes into the file.
    this.#db.close()
    reader.close()
    throw newerEventLog(this.path, version)
  }
}

/** Loaded when the first log is opened: a command that needs none does not pay for it. */
function connect(path: string, options: Options): Database {
  const SQLite = createRequire(import.meta.url)("better-sqlite3") as typeof import("better-sqlite3")
  return new SQLite(path, options)
}

/** Makes the file and its folder where there are none, for this user alone; SQLite gives -wal and -shm the same mode. */
function makeFile(path: string): void {
  makeFolder(dirname(path))
  const found = statSync(path, { throwIfNoEntry: false })
  try {
    // SQLite itself would open what it cannot write, and say so with the first change.
    for (const needed of [dirname(path), ...(found ? [path] : [])]) accessSync(needed, constants.W_OK)
  } catch (error) {
    throw unwritableEventLog(path, (error as Error).message, error)
  }
  if (!found) closeSync(openSync(path, "a", 0o600))
  else if ((found.mode & 0o077) !== 0 && found.uid === process.getuid?.()) {
    for (const end of ["", "-wal", "-shm"]) if (existsSync(`${path}${end}`)) chmodSync(`${path}${end}`, 0o600)
  }
}

function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o700) // mkdir's own mode is cut by the umask and would hold for its parents, too
  writeFileSync(join(folder, ".gitignore"), "*\n", { mode: 0o600 })
}

function inodeOf(path: string): bigint | undefined {
  return path === ":memory:" ? undefined : statSync(path, { throwIfNoEntry: false, bigint: true })?.ino
}
