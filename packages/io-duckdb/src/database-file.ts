import { createHash } from "node:crypto"
import { existsSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { type AssetsError, CancelledError, StorageError } from "@assets/core"
import type { DuckDBInstance } from "@duckdb/node-api"
import { mapDuckdbError } from "./duckdb-error.ts"
import { quoteName, quoteText } from "./sql-text.ts"

/** While another process holds the file, it is asked again after these times, the last one repeated. */
const retryMs = [20, 50, 100, 250, 500]
/** A process that waits has asked within this time. */
const wantedMs = 2000

export type HoldMode = "read" | "write"

export interface HoldOptions {
  readonly signal: AbortSignal
  /** How long to wait for another process. */
  readonly waitMs: number
  /** Told once, before a wait for another process. */
  readonly waiting?: (holder: string) => void
}

/** The file, attached to an instance under its alias until `release`. */
export interface Hold {
  readonly instance: DuckDBInstance
  release(): Promise<void>
}

interface Attachment {
  readonly instance: DuckDBInstance
  readonly mode: HoldMode
  holders: number
}

/**
 * A database file, attached to at most one instance of this process at a time: DuckDB's locks are those of the process,
 * so that a second instance would not be refused and would lose data. It is detached when nobody holds it, so that other
 * processes come to their turn.
 */
export class DatabaseFile {
  readonly path: string
  /** The name of the attached database, the same in each instance. */
  readonly alias: string
  #attachment: Attachment | undefined
  /** Attaching and detaching, one after the other. */
  #transition: Promise<unknown> = Promise.resolve()
  #freed: (() => void)[] = []

  private constructor(path: string) {
    this.path = path
    this.alias = `file_${createHash("sha256").update(path).digest("hex").slice(0, 12)}`
  }

  /** The one object for a file in this process, also where two copies of this module are loaded. */
  static of(path: string): DatabaseFile {
    const real = existsSync(path) ? realpathSync(path) : join(realFolder(dirname(path)), basename(path))
    let file = files.get(real)
    if (!file) {
      file = new DatabaseFile(real)
      files.set(real, file)
    }
    return file
  }

  get exists(): boolean {
    return existsSync(this.path)
  }

  /** Whether another process waits for the file just now: it touches a file beside it whenever it tries. */
  get isWanted(): boolean {
    const asked = statSync(this.#waitingMark, { throwIfNoEntry: false })?.mtimeMs
    return asked !== undefined && Date.now() - asked < wantedMs
  }

  get #waitingMark(): string {
    return `${this.path}.waiting`
  }

  /** Attaches the file for writing at once; undefined when another process has it, or waits for it. */
  async holdAtOnce(instance: DuckDBInstance, signal: AbortSignal): Promise<Hold | undefined> {
    if (this.isWanted) return undefined
    try {
      return await this.hold(instance, "write", { signal, waitMs: 0 })
    } catch (error) {
      if (error instanceof StorageError && error.code === "STORAGE_BUSY") return undefined
      throw error
    }
  }

  /**
   * Attaches the file, or joins who has it attached in this process. Reading joins any instance when `instance` is
   * a function that would make one; writing, and reading in an instance that is given, wait until the file is free.
   * @throws StorageError `STORAGE_BUSY` when another process does not give it free in time
   */
  async hold(
    instance: DuckDBInstance | (() => Promise<DuckDBInstance>),
    mode: HoldMode,
    options: HoldOptions,
  ): Promise<Hold> {
    for (;;) {
      const joined = await this.#inTurn(() => this.#join(instance, mode, options))
      if (joined) return this.#holdOf(joined)
      await new Promise<void>(resolve => this.#freed.push(resolve))
      if (options.signal.aborted) throw cancelled()
    }
  }

  async #join(
    wanted: DuckDBInstance | (() => Promise<DuckDBInstance>),
    mode: HoldMode,
    options: HoldOptions,
  ): Promise<Attachment | undefined> {
    const now = this.#attachment
    if (now) {
      const here = typeof wanted === "function" || wanted === now.instance
      if (!here || (mode === "write" && now.mode === "read")) return undefined
      now.holders++
      return now
    }
    const instance = typeof wanted === "function" ? await wanted() : wanted
    await this.#attach(instance, mode, options)
    this.#attachment = { instance, mode, holders: 1 }
    return this.#attachment
  }

  #holdOf(attachment: Attachment): Hold {
    let held = true
    const release = async () => {
      if (!held) return
      held = false
      await this.#inTurn(async () => {
        if (--attachment.holders > 0) return
        this.#attachment = undefined
        await execute(attachment.instance, `DETACH ${quoteName(this.alias)}`)
      })
      if (this.#attachment) return
      for (const wake of this.#freed.splice(0)) wake()
    }
    return { instance: attachment.instance, release }
  }

  async #attach(instance: DuckDBInstance, mode: HoldMode, { signal, waitMs, waiting }: HoldOptions): Promise<void> {
    const access = mode === "read" ? "READ_ONLY" : "READ_WRITE"
    const statement = `ATTACH ${quoteText(this.path)} AS ${quoteName(this.alias)} (${access})`
    const deadline = Date.now() + waitMs
    for (let attempt = 0; ; attempt++) {
      try {
        await execute(instance, statement)
        if (attempt > 0) rmSync(this.#waitingMark, { force: true })
        return
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        const holder = lockHolder(message)
        if (holder === undefined) throw attachFailure(this.path, message, error)
        if (Date.now() >= deadline) throw busy(this.path, holder, waitMs)
        if (attempt === 0) waiting?.(holder)
        touch(this.#waitingMark)
        await delay(retryMs[Math.min(attempt, retryMs.length - 1)], undefined, { signal }).catch(() => {
          throw cancelled()
        })
      }
    }
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#transition.then(work, work)
    this.#transition = turn.catch(() => {}) // whoever asked is told; the next one has its own try
    return turn
  }
}

/** A mark that cannot be made only means that nobody makes room sooner. */
function touch(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`)
  } catch {
    // the folder is read-only: reading needs no room
  }
}

async function execute(instance: DuckDBInstance, statement: string): Promise<void> {
  const connection = await instance.connect()
  try {
    await connection.run(statement)
  } finally {
    connection.closeSync()
  }
}

function realFolder(folder: string): string {
  return existsSync(folder) ? realpathSync(folder) : folder
}

/** Who holds the lock, as DuckDB says it; undefined when something else is wrong. */
function lockHolder(message: string): string | undefined {
  if (!message.includes("Could not set lock on file")) return undefined
  return /Conflicting lock is held in (.*?\(PID \d+\))/.exec(message)?.[1] ?? "another process"
}

function busy(path: string, holder: string, waitMs: number): StorageError {
  return new StorageError("STORAGE_BUSY", {
    what: `${path} is held by ${holder}.`,
    why: `DuckDB lets one process at a time write a file, and this one waited for ${waitMs / 1000} s.`,
    fix: "Let it finish or stop it, and run again; duckdbFileIO({ waitMs }) waits longer.",
    details: { path, holder },
  })
}

function attachFailure(path: string, message: string, cause: unknown): AssetsError {
  if (/not a valid DuckDB database file|corrupt|checksum/i.test(message)) {
    return new StorageError("STORAGE_CORRUPT", {
      what: `${path} is not a DuckDB database.`,
      why: message,
      fix: `Move it away, or restore it from a backup; what it held can be materialized again.`,
      details: { path },
      cause,
    })
  }
  if (/No such file or directory|Permission denied|Read-only file system|is a directory/i.test(message)) {
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

function cancelled(): CancelledError {
  return new CancelledError("RUN_CANCELLED", {
    what: "The wait for the database file was cancelled.",
    why: "The run was cancelled.",
    fix: "Run again.",
  })
}

const registry = Symbol.for("@assets/io-duckdb/database-files")
const shared = globalThis as { [registry]?: Map<string, DatabaseFile> }
shared[registry] ??= new Map()
/** One registry in the process, whoever loaded this module. */
const files: Map<string, DatabaseFile> = shared[registry]
