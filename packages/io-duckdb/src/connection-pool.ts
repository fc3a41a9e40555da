import { EngineError, type Progress } from "@assets/core"
import { duckdbPrelude } from "@assets/dataframe"
import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance, DuckDBMaterializedResult } from "@duckdb/node-api"
import { type ErrorContext, mapDuckdbError } from "./duckdb-error.ts"

/** A statement blocks a thread of libuv's pool while it works; one is left for files. */
const parallelStatements = Math.max(1, Number(process.env.UV_THREADPOOL_SIZE ?? 4) - 1)
/** An interrupt that comes before DuckDB has begun is lost, so it is repeated until the statement ends. */
const interruptAgainMs = 20
const callsMacro = /\bspark_/

/** Lets `free` holders in at a time, in order of arrival. */
export class Turns {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(free: number) {
    this.#free = free
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>(resolve => this.#waiting.push(resolve))
  }

  give(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free++
  }
}

/** Work on behalf of a step, from when it was asked for: it can be stopped before it has a connection. */
export class Task {
  readonly stepId: string | undefined
  lease: Lease | undefined
  #stopped = false
  readonly #forget: () => void

  constructor(stepId?: string, signal?: AbortSignal) {
    this.stepId = stepId
    const stop = () => this.stop()
    signal?.addEventListener("abort", stop, { once: true })
    this.#forget = () => signal?.removeEventListener("abort", stop)
    if (signal?.aborted) this.stop()
  }

  get stopped(): boolean {
    return this.#stopped
  }

  /** Stops what runs now, and what is started later. */
  stop(): void {
    this.#stopped = true
    this.lease?.interrupt()
  }

  end(): void {
    this.#forget()
    this.lease = undefined
  }
}

/** A connection while it works for one task. Its statements run one after the other. */
export class Lease {
  readonly raw: DuckDBConnection
  readonly #slots: Turns
  readonly #task: Task
  readonly #macros: () => Promise<void>
  readonly #own = new Turns(1)
  #working = false
  /** A stream was left before its end, so that the connection must not be used again. */
  spoiled = false

  /** `macros` makes those that printed SQL calls; a statement that calls none does not pay for them. */
  constructor(raw: DuckDBConnection, slots = new Turns(1), task = new Task(), macros = async () => {}) {
    this.raw = raw
    this.#slots = slots
    this.#task = task
    this.#macros = macros
  }

  /** Runs a statement and keeps its result in memory. */
  async run(sql: string, context: ErrorContext = {}): Promise<DuckDBMaterializedResult> {
    await this.#own.take()
    try {
      if (callsMacro.test(sql)) await this.#macros()
      return await this.#work(() => this.raw.run(sql), context)
    } finally {
      this.#own.give()
    }
  }

  /** Runs a statement and gives its rows as objects; for the few rows of our own bookkeeping. */
  async rows(sql: string, context: ErrorContext = {}): Promise<Record<string, unknown>[]> {
    const result = await this.run(sql, context)
    return (await result.getRowObjectsJS()) as Record<string, unknown>[] // the reader's values are unknown to us here
  }

  /**
   * Runs a statement and streams its rows, no more than a few chunks at a time in memory. `accept` sees the types of its
   * columns first.
   */
  async *chunks(
    sql: string,
    accept: (types: readonly string[]) => void,
  ): AsyncGenerator<DuckDBDataChunk, void, undefined> {
    await this.#own.take()
    let ended = false
    try {
      if (callsMacro.test(sql)) await this.#macros()
      const result = await this.#work(() => this.raw.stream(sql), {})
      accept(result.columnTypes().map(String))
      for (;;) {
        const chunk = await this.#work(() => result.fetchChunk(), {})
        ended = chunk === null || chunk.rowCount === 0
        if (chunk === null || ended) return
        yield chunk
      }
    } finally {
      if (!ended) this.spoiled = true
      this.#own.give()
    }
  }

  /** Lets `work` use the connection itself, as a statement that can be stopped. */
  async during<T>(work: (raw: DuckDBConnection) => Promise<T>): Promise<T> {
    await this.#own.take()
    try {
      return await this.#work(() => work(this.raw), {})
    } finally {
      this.#own.give()
    }
  }

  /** Ends a transaction without its changes, also after a stop. */
  async rollback(): Promise<void> {
    await this.#own.take()
    try {
      await this.raw.run("ROLLBACK")
    } catch {
      this.spoiled = true // closing the connection rolls back, too
    } finally {
      this.#own.give()
    }
  }

  /** Stops the statement that runs. */
  interrupt(): void {
    if (!this.#working) return
    this.raw.interrupt()
    setTimeout(() => this.interrupt(), interruptAgainMs).unref()
  }

  /** How far the statement is. DuckDB says -1 for what it cannot tell. */
  progress(): Progress {
    if (!this.#working) return {}
    const { percentage, rows_processed } = this.raw.progress
    return percentage < 0 ? {} : { percent: percentage, rows: Number(rows_processed) }
  }

  async #work<T>(work: () => Promise<T>, context: ErrorContext): Promise<T> {
    await this.#slots.take()
    try {
      if (this.#task.stopped) throw new Error("INTERRUPT Error: stopped before it began")
      this.#working = true
      return await work()
    } catch (error) {
      throw mapDuckdbError(error, { ...context, interrupted: this.#task.stopped })
    } finally {
      this.#working = false
      this.#slots.give()
    }
  }
}

/** Connections to one instance. A statement has one for itself; they are used again. */
export class ConnectionPool {
  readonly #instance: DuckDBInstance
  readonly #settings: readonly string[]
  readonly #slots = new Turns(parallelStatements)
  readonly #idle: DuckDBConnection[] = []
  readonly #tasks = new Set<Task>()
  #macros: Promise<void> | undefined
  #closed = false

  /** `settings` are statements that each new connection runs. */
  constructor(instance: DuckDBInstance, settings: readonly string[]) {
    this.#instance = instance
    this.#settings = settings
  }

  /** Begins work on behalf of a step, until `end`. The signal stops it. */
  begin(stepId: string | undefined, signal: AbortSignal): Task {
    const task = new Task(stepId, signal)
    this.#tasks.add(task)
    return task
  }

  /** Gives the task a connection for itself. */
  async lease(task: Task): Promise<Lease> {
    if (this.#closed) throw sessionClosed()
    const raw = this.#idle.pop() ?? (await this.#connect())
    task.lease = new Lease(raw, this.#slots, task, () => this.macros())
    return task.lease
  }

  end(task: Task): void {
    const { lease } = task
    task.end()
    this.#tasks.delete(task)
    if (lease?.spoiled) lease.raw.closeSync()
    else if (lease) this.#idle.push(lease.raw)
  }

  /** Gives `work` a connection and takes it back. */
  async use<T>(stepId: string | undefined, signal: AbortSignal, work: (lease: Lease) => Promise<T>): Promise<T> {
    const task = this.begin(stepId, signal)
    try {
      return await work(await this.lease(task))
    } finally {
      this.end(task)
    }
  }

  interrupt(stepId: string): void {
    for (const task of this.#of(stepId)) task.stop()
  }

  progress(stepId: string): Progress {
    return this.#of(stepId)[0]?.lease?.progress() ?? {}
  }

  /** Stops what runs and closes all connections. */
  close(): void {
    this.#closed = true
    for (const task of this.#tasks) task.stop()
    for (const raw of this.#idle.splice(0)) raw.closeSync()
  }

  #of(stepId: string): Task[] {
    return [...this.#tasks].filter(task => task.stepId === stepId)
  }

  /**
   * Makes the macros that printed SQL calls, once for the instance. A transaction that has begun does not see them, so
   * that one is to ask for them first.
   */
  macros(): Promise<void> {
    this.#macros ??= this.#createMacros()
    return this.#macros
  }

  async #createMacros(): Promise<void> {
    const connection = await this.#instance.connect()
    try {
      // As they are printed they are of one connection. Here they are of the instance, which is in memory alone.
      await connection.run(duckdbPrelude.map(statement => `${statement.replace(" TEMP ", " ")};`).join("\n"))
    } catch (error) {
      throw mapDuckdbError(error)
    } finally {
      connection.closeSync()
    }
  }

  async #connect(): Promise<DuckDBConnection> {
    const raw = await this.#instance.connect()
    for (const setting of this.#settings) await raw.run(setting)
    return raw
  }
}

function sessionClosed(): EngineError {
  return new EngineError("ENGINE_UNAVAILABLE", {
    what: "The session is closed.",
    why: "Its frames stand over tables that the engine has let go of.",
    fix: "Run the actions before the session is closed, or open another one.",
  })
}
