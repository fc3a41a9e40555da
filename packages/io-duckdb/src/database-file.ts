import { createHash } from "node:crypto"
import { existsSync, linkSync, realpathSync, rmSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { CancelledError, StorageError, syncToDisk } from "@assets/core"
import type { DuckDBInstance } from "@duckdb/node-api"
import { Turns } from "./connection-pool.ts"
import { attachFailure, fileBusy } from "./database-file-error.ts"
import { makeFolder, newFileOf } from "./database-place.ts"
import { type FileHolder, holderIn, markedHolder, markHolder, processHolder, unmarkHolder } from "./file-holder.ts"
import { quoteName, quoteText } from "./sql-text.ts"
import { type HoldMode, WaitingLine } from "./waiting-line.ts"

/** While another process holds the file, it is asked again after these times, the last one repeated. */
const retryMs = [10, 20, 40, 80]
/** How often a long wait is told of again. */
const tellAgainMs = 10_000
/** A wait for another step of the process is told of when it is as long as this: most end at once. */
const tellHereMs = 1000
/** How often a holder looks whether another process waits, once it has worked for a time: short work is done to its end. */
const lookMs = 100
const workUndisturbedMs = 500

export interface HoldOptions {
  readonly signal: AbortSignal
  /** How long to wait for one holder of another process. */
  readonly waitMs: number
  /** Told before a wait for another process, and every ten seconds of it. */
  readonly waiting?: (holder: string) => void
  /** The step for which the file is held, so that others can be told. */
  readonly stepId?: string
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
  readonly #line: WaitingLine
  /** Writes of one asset come one after the other, by key. */
  readonly #writers = new Map<string, Turns>()
  /** Schemas are made one at a time: DuckDB refuses two that are made at once. */
  readonly schemas = new Turns(1)

  private constructor(path: string) {
    this.path = path
    this.#line = new WaitingLine(path)
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

  /** Tickets of processes that no longer wait. */
  get leftTickets(): readonly string[] {
    return this.#line.left()
  }

  /** Attaches the file for writing at once; undefined when another process has it, or waits for it. */
  async holdAtOnce(instance: DuckDBInstance, options: Omit<HoldOptions, "waitMs">): Promise<Hold | undefined> {
    if (this.#line.excludes("write")) return undefined
    try {
      const joined = await this.#inTurn(() => this.#join(instance, "write", { ...options, waitMs: 0 }))
      return joined && this.#holdOf(joined)
    } catch (error) {
      if (error instanceof StorageError && error.code === "STORAGE_BUSY") return undefined
      throw error
    }
  }

  /** Calls `yieldTo` once when another process begins to wait; what it gives ends the watch. */
  whenWanted(yieldTo: () => void): () => void {
    const since = Date.now()
    const look = setInterval(() => {
      if (Date.now() - since < workUndisturbedMs || !this.#line.excludes("write")) return
      clearInterval(look)
      yieldTo()
    }, lookMs)
    look.unref()
    return () => clearInterval(look)
  }

  /** Lets the writes of one asset by this process come one after the other. */
  async inWriteTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turns = this.#writers.get(key) ?? new Turns(1)
    this.#writers.set(key, turns)
    await turns.take()
    try {
      return await work()
    } finally {
      turns.give()
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
    const { waiting, signal } = options
    let tell: NodeJS.Timeout | undefined
    try {
      for (;;) {
        const joined = await this.#inTurn(() => this.#join(instance, mode, options))
        if (joined) return this.#holdOf(joined)
        tell ??= setTimeout(() => waiting?.("another step of this process"), tellHereMs).unref()
        await this.#untilFree(signal)
        clearTimeout(tell)
      }
    } finally {
      clearTimeout(tell)
    }
  }

  /** Resolves when nobody in this process has the file any more. */
  async #untilFree(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw cancelled()
    await new Promise<void>((resolve, reject) => {
      const abort = () => reject(cancelled())
      signal.addEventListener("abort", abort, { once: true })
      this.#freed.push(() => {
        signal.removeEventListener("abort", abort)
        resolve()
      })
    })
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
      try {
        await this.#inTurn(async () => {
          if (--attachment.holders > 0) return
          this.#attachment = undefined
          if (attachment.mode === "write") unmarkHolder(this.path)
          await execute(attachment.instance, `DETACH ${quoteName(this.alias)}`)
        })
      } finally {
        if (!this.#attachment) for (const wake of this.#freed.splice(0)) wake()
      }
    }
    return { instance: attachment.instance, release }
  }

  async #attach(instance: DuckDBInstance, mode: HoldMode, options: HoldOptions): Promise<void> {
    const access = mode === "read" ? "READ_ONLY" : "READ_WRITE"
    const statement = `ATTACH ${quoteText(this.path)} AS ${quoteName(this.alias)} (${access})`
    if (mode === "write" && !this.exists) await this.#create(instance)
    const busy = this.#line.excludes(mode) ? this.#first() : await this.#try(instance, statement)
    if (busy) await this.#waitInLine(instance, statement, mode, busy, options)
    if (mode === "write" && options.stepId !== undefined) markHolder(this.path, options.stepId)
  }

  /**
   * Makes an empty database under another name and links it to its own: who dies on the way leaves no file that is none,
   * and of two who do so at once one is first. Where files cannot be linked, DuckDB makes the file in place.
   */
  async #create(instance: DuckDBInstance): Promise<void> {
    makeFolder(dirname(this.path))
    const path = newFileOf(this.path)
    const name = quoteName(`${this.alias}_new`)
    try {
      await execute(instance, `ATTACH ${quoteText(path)} AS ${name}`)
      await execute(instance, `DETACH ${name}`)
      linkSync(path, this.path)
      syncToDisk(dirname(this.path)) // what DuckDB commits outlives the loss of power by itself
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === undefined) throw attachFailure(this.path, message, error)
    } finally {
      rmSync(path, { force: true })
    }
  }

  /** Attaches the file unless another process has it: who. */
  async #try(instance: DuckDBInstance, statement: string): Promise<FileHolder | undefined> {
    try {
      await execute(instance, statement)
      return undefined
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const holder = holderIn(message, this.path)
      if (holder) return holder
      throw attachFailure(this.path, message, error)
    }
  }

  /** Whom a process waits for that is not yet at the head of the line. */
  #first(): FileHolder {
    const marked = markedHolder(this.path)
    if (marked) return marked
    const pid = this.#line.firstPid()
    if (pid !== undefined) return processHolder(pid, this.path)
    return { text: "another process", pid: undefined, stopped: false }
  }

  async #waitInLine(
    instance: DuckDBInstance,
    statement: string,
    mode: HoldMode,
    first: FileHolder,
    { signal, waitMs, waiting }: HoldOptions,
  ): Promise<void> {
    if (waitMs === 0) throw fileBusy(this.path, first, waitMs)
    const ticket = this.#line.enter(mode)
    let holder = first
    let since = Date.now()
    let told = 0
    try {
      for (let attempt = 0; ; attempt++) {
        if (Date.now() - told >= tellAgainMs) {
          waiting?.(holder.text)
          told = Date.now()
        }
        await delay(retryMs[Math.min(attempt, retryMs.length - 1)], undefined, { signal }).catch(() => {
          throw cancelled()
        })
        const busy = (ticket?.isFirst() ?? true) ? await this.#try(instance, statement) : this.#first()
        if (!busy) return
        // Each holder has the whole time: who waits in a line is not to fail for its length.
        if (busy.text !== holder.text) since = Date.now()
        holder = busy
        if (Date.now() - since >= waitMs) throw fileBusy(this.path, holder, waitMs)
      }
    } finally {
      ticket?.leave()
    }
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#transition.then(work, work)
    this.#transition = turn.catch(() => {}) // whoever asked is told; the next one has its own try
    return turn
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
