import { resolve } from "node:path"
import type { IOContext } from "@assets/core"
import type { DuckDBInstance } from "@duckdb/node-api"
import { Lease } from "./connection-pool.ts"
import { DatabaseFile, type HoldOptions } from "./database-file.ts"
import { loadDuckdb } from "./duckdb-engine.ts"
import { mapDuckdbError } from "./duckdb-error.ts"
import { storageConfig } from "./duckdb-options.ts"
import type { DuckdbSession } from "./duckdb-session.ts"
import type { HoldMode } from "./waiting-line.ts"

/** What a call knows of who asks. */
export interface Asking extends IOContext {
  waiting?(holder: string): void
  readonly stepId?: string
}

/** Ways of one IO manager to its database file: through an engine's instance, or one of its own for the records. */
export class FileAccess {
  readonly #path: string
  readonly #waitMs: number
  /** For the records, where no engine is open: made when it is first needed. */
  #catalog: Promise<DuckDBInstance> | undefined

  constructor(path: string, waitMs: number) {
    this.#path = path
    this.#waitMs = waitMs
  }

  /** The file, its path with the values of variables. @throws ConfigError `VARIABLE_MISSING` */
  file({ base, expand }: IOContext): DatabaseFile {
    return DatabaseFile.of(resolve(base, expand(this.#path)))
  }

  holdOptions(asking: Asking): HoldOptions {
    const { signal, stepId } = asking
    const waiting = asking.waiting?.bind(asking)
    const waitMs = asking.wait === false ? 0 : this.#waitMs
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
