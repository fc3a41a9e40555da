import { resolve } from "node:path"
import type { EngineSession, IOContext } from "@assets/core"
import type { DuckDBInstance } from "@duckdb/node-api"
import { Lease } from "./connection-pool.ts"
import { DatabaseFile, type HoldOptions } from "./database-file.ts"
import { mapDuckdbError } from "./duckdb-error.ts"
import { storageConfig } from "./duckdb-options.ts"
import type { DuckdbSession } from "./duckdb-session.ts"
import { loadDuckdb } from "./load-duckdb.ts"
import { StagedExchange } from "./staged-exchange.ts"
import type { HoldMode } from "./waiting-line.ts"

/** Where the database rests, and how long to wait for it. */
export interface FilePlace {
  readonly path: string
  readonly waitMs: number
  /** The folder for rows on their way from and to other engines; undefined for one beside the file. */
  readonly staging: string | undefined
}

/** What a call knows of who asks. */
export interface Asking extends IOContext {
  waiting?(holder: string): void
  readonly stepId?: string
}

/** Ways of one IO manager to its database file: through an engine's instance, or one of its own for the records. */
export class FileAccess {
  readonly #place: FilePlace
  /** For the records, where no engine is open: made when it is first needed. */
  #catalog: Promise<DuckDBInstance> | undefined
  /** By the folder of the staged rows; made when an engine first needs one. */
  readonly #exchanges = new Map<string, Promise<StagedExchange>>()

  constructor(place: FilePlace) {
    this.#place = place
  }

  /** The file, its path with the values of variables. @throws ConfigError `VARIABLE_MISSING` */
  file({ base, expand }: IOContext): DatabaseFile {
    return DatabaseFile.of(resolve(base, expand(this.#place.path)))
  }

  /** The folder in which rows are staged. @throws ConfigError `VARIABLE_MISSING` */
  staging(context: IOContext): string {
    const { staging } = this.#place
    if (staging === undefined) return `${this.file(context).path}.staging`
    return resolve(context.base, context.expand(staging))
  }

  /** The way of the rows of a session that cannot attach the file. @throws ConfigError `ENVIRONMENT_UNSUPPORTED` */
  async exchange(context: IOContext, session: EngineSession): Promise<StagedExchange> {
    const place = this.staging(context)
    let opened = this.#exchanges.get(place)
    if (!opened) {
      opened = StagedExchange.open(place)
      this.#exchanges.set(place, opened)
      opened.catch(() => this.#exchanges.delete(place))
    }
    const exchange = await opened
    await exchange.confirmReach(session)
    return exchange
  }

  holdOptions(asking: Asking): HoldOptions {
    const { signal, stepId } = asking
    const waiting = asking.waiting?.bind(asking)
    const waitMs = asking.wait === false ? 0 : this.#place.waitMs
    return { signal, waitMs, ...(waiting && { waiting }), ...(stepId !== undefined && { stepId }) }
  }

  /**
   * Lets the engine's statements read the file's tables: it is attached for as long as one of them runs. Whether they wait
   * for it is up to who asks.
   */
  introduce(session: DuckdbSession, file: DatabaseFile, asking: Asking): void {
    const { waitMs } = this.holdOptions(asking)
    session.know({
      alias: file.alias,
      attach: async (signal, waiting) => {
        const options = { signal, waitMs, ...(waiting && { waiting }) }
        const hold = await file.hold(session.instance, "read", options)
        return () => hold.release()
      },
    })
  }

  /** Runs statements over the records, in whichever instance has the file, or in the manager's own. */
  async onRecords<T>(
    file: DatabaseFile,
    mode: HoldMode,
    asking: Asking,
    work: (lease: Lease) => Promise<T>,
  ): Promise<T> {
    const hold = await file.hold(() => this.#instance(), mode, this.holdOptions(asking))
    try {
      const raw = await hold.instance.connect()
      try {
        return await work(new Lease(raw))
      } finally {
        raw.closeSync()
      }
    } finally {
      await hold.release()
    }
  }

  async close(): Promise<void> {
    const exchanges = [...this.#exchanges.values()]
    this.#exchanges.clear()
    for (const exchange of exchanges) await (await exchange).close()
    const catalog = this.#catalog
    this.#catalog = undefined
    ;(await catalog)?.closeSync()
  }

  async #instance(): Promise<DuckDBInstance> {
    this.#catalog ??= loadDuckdb()
      .then(({ DuckDBInstance }) => DuckDBInstance.create(":memory:", { ...storageConfig, threads: "1" }))
      .catch(error => {
        this.#catalog = undefined
        throw mapDuckdbError(error)
      })
    return this.#catalog
  }
}
