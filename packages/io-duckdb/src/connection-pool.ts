import type { Progress } from "@assets/core"
import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance, DuckDBMaterializedResult } from "@duckdb/node-api"
import { type ErrorContext, mapDuckdbError } from "./duckdb-error.ts"

/** A statement blocks a thread of libuv's pool while it works; one is left for files. */
const parallelStatements = Math.max(1, Number(process.env.UV_THREADPOOL_SIZE ?? 4) - 1)
/** An interrupt that comes before DuckDB has begun is lost, so it is repeated until the statement ends. */
const interruptAgainMs = 20

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

/** A connection while it works for one step. Its statements run one after the other. */
export class Lease {
  readonly raw: DuckDBConnection
  readonly #slots: Turns
  readonly #own = new Turns(1)
  #working = false
  #stopped = false
  /** A stream was left before its end, so that the connection must not be used again. */
  spoiled = false

  constructor(raw: DuckDBConnection, slots: Turns) {
    this.raw = raw
    this.#slots = slots
  }

  /** Runs a statement and keeps its result in memory. */
  async run(sql: string, context: ErrorContext = {}): Promise<DuckDBMaterializedResult> {
    await this.#own.take()
    try {
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

  /** Stops what runs now, and what is started later. */
  stop(): void {
    this.#stopped = true
    if (!this.#working) return
    this.raw.interrupt()
    setTimeout(() => this.stop(), interruptAgainMs).unref()
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
      if (this.#stopped) throw new Error("INTERRUPT Error: stopped before it began")
      this.#working = true
      return await work()
    } catch (error) {
      throw mapDuckdbError(error, { ...context, interrupted: this.#stopped })
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
  readonly #busy = new Map<Lease, string | undefined>()

  /** `settings` are statements that each new connection runs. */
  constructor(instance: DuckDBInstance, settings: readonly string[]) {
    this.#instance = instance
    this.#settings = settings
  }

  /** Hands out a connection on behalf of a step, until `release`. The signal stops its statements. */
  async lease(stepId: string | undefined, signal: AbortSignal): Promise<Lease> {
    const raw = this.#idle.pop() ?? (await this.#connect())
    const lease = new Lease(raw, this.#slots)
    this.#busy.set(lease, stepId)
    if (signal.aborted) lease.stop()
    else {
      const stop = () => lease.stop()
      signal.addEventListener("abort", stop, { once: true })
      this.#stops.set(lease, () => signal.removeEventListener("abort", stop))
    }
    return lease
  }

  readonly #stops = new Map<Lease, () => void>()

  release(lease: Lease): void {
    if (!this.#busy.delete(lease)) return
    this.#stops.get(lease)?.()
    this.#stops.delete(lease)
    if (lease.spoiled) lease.raw.closeSync()
    else this.#idle.push(lease.raw)
  }

  /** Gives `work` a connection and takes it back. */
  async use<T>(stepId: string | undefined, signal: AbortSignal, work: (lease: Lease) => Promise<T>): Promise<T> {
    const lease = await this.lease(stepId, signal)
    try {
      return await work(lease)
    } finally {
      this.release(lease)
    }
  }

  interrupt(stepId: string): void {
    for (const lease of this.#of(stepId)) lease.stop()
  }

  progress(stepId: string): Progress {
    return this.#of(stepId)[0]?.progress() ?? {}
  }

  /** Stops what runs and closes all connections. */
  close(): void {
    for (const lease of this.#busy.keys()) lease.stop()
    for (const raw of this.#idle.splice(0)) raw.closeSync()
  }

  #of(stepId: string): Lease[] {
    return [...this.#busy].filter(([, id]) => id === stepId).map(([lease]) => lease)
  }

  async #connect(): Promise<DuckDBConnection> {
    const raw = await this.#instance.connect()
    for (const setting of this.#settings) await raw.run(setting)
    return raw
  }
}
