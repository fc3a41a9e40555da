import { mkdirSync } from "node:fs"
import { dirname, resolve } from "node:path"
import {
  type AssetContext,
  ConfigError,
  type Current,
  type EngineSession,
  faultPoint,
  type InputContext,
  type IOContext,
  type IOManager,
  type Json,
  type Materialization,
  type OutputContext,
  type OutputValue,
  StorageError,
  type StoredValue,
} from "@assets/core"
import type { Relation, Schema } from "@assets/dataframe"
import type { DuckDBInstance } from "@duckdb/node-api"
import { Lease, Turns } from "./connection-pool.ts"
import { DatabaseFile, type HoldMode } from "./database-file.ts"
import { loadDuckdb } from "./duckdb-engine.ts"
import { mapDuckdbError } from "./duckdb-error.ts"
import { DuckdbSession } from "./duckdb-session.ts"
import { requireStorable } from "./duckdb-types.ts"
import {
  deleteRecords,
  ensureSchemas,
  readCurrent,
  readRecords,
  type StoredRecord,
  writeRecord,
} from "./materialization-table.ts"
import { replaceRows } from "./replace-rows.ts"
import { quotePath } from "./sql-text.ts"
import { partitionColumn, partitionsRelation, tableOf, tableRelation } from "./stored-table.ts"

/** Where the database rests. */
export interface DuckdbFileOptions {
  /** The database file, relative to the config's folder or absolute. It is created when it is first written. */
  readonly path: string
  /** Milliseconds to wait for another process that holds the file. Default 60,000. */
  readonly waitMs?: number
}

type FrameOutput = OutputValue & { readonly kind: "relation" | "batches" }

/**
 * Keeps assets as tables of one DuckDB file: a schema for each prefix of a key, a table for each asset, and the record of
 * a materialization committed together with its rows.
 *
 * It keeps no former versions. Other processes can read and write the file between the steps of a run.
 * @throws ConfigError `CONFIG_INVALID` for wrong options
 * @example
 * duckdbFileIO({ path: "warehouse.duckdb" })
 */
export function duckdbFileIO(options: DuckdbFileOptions): IOManager {
  const { path, waitMs = 60_000 } = options
  if (typeof path !== "string" || path === "" || path === ":memory:" || !(waitMs >= 0)) {
    throw new ConfigError("CONFIG_INVALID", {
      what: "duckdbFileIO() was given wrong options.",
      why: waitMs >= 0 ? "path names no file." : `waitMs is ${waitMs}, which is no time.`,
      fix: 'Write for one duckdbFileIO({ path: "warehouse.duckdb" }).',
    })
  }
  return new DuckdbFileIOManager(path, waitMs)
}

class DuckdbFileIOManager implements IOManager {
  readonly name = "duckdb"
  readonly defaultEngine = { module: "@assets/io-duckdb", name: "duckdb" } as const
  readonly #path: string
  readonly #waitMs: number
  /** For the records, where no engine is open: made when it is first needed. */
  #catalog: Promise<DuckDBInstance> | undefined
  /** Writes of one asset come one after the other, by key. */
  readonly #writers = new Map<string, Turns>()
  /** Schemas are made one at a time: DuckDB refuses two that are made at once. */
  readonly #schemas = new Turns(1)

  constructor(path: string, waitMs: number) {
    this.#path = path
    this.#waitMs = waitMs
  }

  async current(context: IOContext, keys: readonly string[]): Promise<ReadonlyMap<string, readonly Current[]>> {
    const file = this.#file(context)
    if (!file.exists || keys.length === 0) return new Map()
    return this.#onRecords(file, "read", context, lease => readCurrent(lease, file.alias, keys))
  }

  async handleOutput(context: OutputContext, value: OutputValue): Promise<Materialization> {
    if (context.partitions.length > 1) throw severalPartitions(context)
    const file = this.#file(context)
    mkdirSync(dirname(file.path), { recursive: true })
    const writers = this.#writers.get(context.key) ?? new Turns(1)
    this.#writers.set(context.key, writers)
    await writers.take()
    try {
      if (value.kind === "json" || value.kind === "nothing") return await this.#writeValue(context, file, value)
      return await this.#writeFrame(context, file, value)
    } finally {
      writers.give()
    }
  }

  async loadInput(context: InputContext): Promise<StoredValue> {
    const file = this.#file(context)
    const records = await this.#recordsOf(file, context)
    const kind = context.materializations[0]?.kind
    if (kind === "nothing") return { kind }
    if (kind === "json") return { kind, value: jsonOf(records, context.partitions) }
    const schema = context.schema as Schema | undefined // core hands on what the dataframe made
    if (!schema) throw new Error(`${context.key} is a table and has no schema. Please report this.`)
    if (records.length === 0) return { kind: "relation", relation: noRows(schema), schema }
    const session = duckdbSession(await context.session())
    this.#introduce(session, file)
    const path = tableOf(file.alias, context.key)
    const { partitions } = context
    const relation =
      partitions.length === 0 ? tableRelation(path, schema) : partitionsRelation(path, schema, partitions)
    return { kind: "relation", relation, schema }
  }

  async locate(context: AssetContext): Promise<readonly string[]> {
    const [, schema, table] = tableOf("", context.key)
    return [`${this.#file(context).path}:${schema}.${table}`]
  }

  async remove(context: AssetContext): Promise<void> {
    const file = this.#file(context)
    if (!file.exists) return
    await this.#onRecords(file, "write", context, async lease => {
      await lease.run("BEGIN")
      await lease.run(`DROP TABLE IF EXISTS ${quotePath(tableOf(file.alias, context.key))}`)
      await deleteRecords(lease, file.alias, context.key)
      await lease.run("COMMIT")
    })
  }

  async close(): Promise<void> {
    const catalog = this.#catalog
    this.#catalog = undefined
    ;(await catalog)?.closeSync()
  }

  #file({ base }: IOContext): DatabaseFile {
    return DatabaseFile.of(resolve(base, this.#path))
  }

  /**
   * Computes straight into the table, in a transaction that ends once the checks have passed. Where another process has or
   * wants the file, the rows are computed into a staged file first, and the file is held for their insert alone.
   */
  async #writeFrame(context: OutputContext, file: DatabaseFile, value: FrameOutput): Promise<Materialization> {
    const session = duckdbSession(await context.session())
    const schema = value.schema as Schema // core hands on what the dataframe made
    requireStorable(schema)
    refuseHiddenName(schema)
    this.#introduce(session, file)
    await session.readyForTransaction()
    const { stepId, signal } = context
    // The rows of a stream are taken in first, so that the file is not held while they are made.
    const uploaded = value.kind === "batches" ? await session.upload(value.batches(), schema) : undefined
    const computed = value.kind === "relation" ? (value.relation as Relation) : (uploaded ?? noRows(schema))
    let hold = await file.holdAtOnce(session.instance, signal)
    const staged = hold || uploaded ? undefined : await session.stage(computed, stepId, signal)
    const relation = staged?.relation ?? computed
    try {
      hold ??= await file.hold(session.instance, "write", this.#holdOptions(context))
      return await session.withRelation(relation, stepId, signal, async lease => {
        await this.#ensureSchemas(lease, file, context.key)
        await faultPoint("io.write")
        return this.#transaction(lease, () =>
          replaceRows(context, session, lease, { path: tableOf(file.alias, context.key), relation, schema }),
        )
      })
    } finally {
      await hold?.release()
      await staged?.remove()
      if (uploaded?.kind === "table") await session.dropUpload(uploaded.path)
    }
  }

  async #writeValue(
    context: OutputContext,
    file: DatabaseFile,
    value: OutputValue & { readonly kind: "json" | "nothing" },
  ): Promise<Materialization> {
    const materialization = await context.approve({ stored: value })
    await this.#onRecords(file, "write", context, async lease => {
      await this.#ensureSchemas(lease, file, context.key)
      await faultPoint("io.write")
      await this.#transaction(lease, async () => {
        const path = tableOf(file.alias, context.key)
        const partition = context.partitions[0] ?? null
        if (partition === null) await lease.run(`DROP TABLE IF EXISTS ${quotePath(path)}`)
        await writeRecord(lease, path, {
          partition,
          materialization,
          ...(value.kind === "json" && { value: value.value }),
        })
      })
    })
    return materialization
  }

  async #transaction<T>(lease: Lease, work: () => Promise<T>): Promise<T> {
    await lease.run("BEGIN")
    try {
      const result = await work()
      await faultPoint("io.pointer")
      await lease.run("COMMIT")
      return result
    } catch (error) {
      await lease.rollback()
      throw error
    }
  }

  async #ensureSchemas(lease: Lease, file: DatabaseFile, key: string): Promise<void> {
    await this.#schemas.take()
    try {
      await ensureSchemas(lease, file.alias, tableOf(file.alias, key)[1])
    } finally {
      this.#schemas.give()
    }
  }

  /** The records of what is wanted; all of them, for the rows of one that was replaced are no longer there. */
  async #recordsOf(file: DatabaseFile, context: InputContext): Promise<StoredRecord[]> {
    const ids = context.materializations.map(({ id }) => id)
    if (ids.length === 0) return []
    const records = file.exists
      ? await this.#onRecords(file, "read", context, lease => readRecords(lease, file.alias, ids))
      : []
    const there = new Set(records.map(record => record.materialization.id))
    if (ids.every(id => there.has(id))) return records
    throw new StorageError("STORAGE_DATA_MISSING", {
      what: `The data of ${context.key} that this step was to read is no longer in ${file.path}.`,
      why: "It was replaced or removed in the meantime, and a DuckDB file keeps no former versions.",
      fix: "Run again; to let readers finish with what they began, keep the asset with parquetIO.",
      details: { key: context.key, path: file.path },
    })
  }

  /** Lets the engine's statements read the file's tables: it is attached for as long as one of them runs. */
  #introduce(session: DuckdbSession, file: DatabaseFile): void {
    session.know({
      alias: file.alias,
      attach: async signal => {
        const hold = await file.hold(session.instance, "read", { signal, waitMs: this.#waitMs })
        return () => hold.release()
      },
    })
  }

  /** Runs statements over the records, in whichever instance has the file, or in one of the manager's own. */
  async #onRecords<T>(
    file: DatabaseFile,
    mode: HoldMode,
    context: IOContext & { waiting?(holder: string): void },
    work: (lease: Lease) => Promise<T>,
  ): Promise<T> {
    const hold = await file.hold(() => this.#catalogInstance(), mode, this.#holdOptions(context))
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

  #holdOptions(context: IOContext & { waiting?(holder: string): void }) {
    const waiting = context.waiting?.bind(context)
    return { signal: context.signal, waitMs: this.#waitMs, ...(waiting && { waiting }) }
  }

  async #catalogInstance(): Promise<DuckDBInstance> {
    this.#catalog ??= loadDuckdb()
      .then(({ DuckDBInstance }) =>
        DuckDBInstance.create(":memory:", { threads: "1", autoinstall_known_extensions: "false" }),
      )
      .catch(error => {
        this.#catalog = undefined
        throw mapDuckdbError(error)
      })
    return this.#catalog
  }
}

function noRows(schema: Schema): Relation {
  return { kind: "values", rows: [], schema }
}

function duckdbSession(session: EngineSession): DuckdbSession {
  if (session instanceof DuckdbSession) return session
  throw new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `duckdbFileIO cannot be used with the engine of this environment (${session.dialect}).`,
    why: "This version writes and reads a DuckDB file by the DuckDB engine of its own package alone.",
    fix: "Use engine: duckdb() with duckdbFileIO, or parquetIO with this engine.",
    details: { dialect: session.dialect },
  })
}

function severalPartitions(context: OutputContext): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `${context.key} writes ${context.partitions.length} partitions at once, which duckdbFileIO cannot keep apart.`,
    why: "A table has no folders: the partition of each row would have to be known.",
    fix: "Leave batch out, so that each partition is a step of its own, or keep the asset with parquetIO.",
    details: { key: context.key },
  })
}

function refuseHiddenName(schema: Schema): void {
  const found = schema.columns.find(column => column.name.toLowerCase() === partitionColumn)
  if (!found) return
  throw new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `duckdbFileIO cannot keep a column with the name '${found.name}'.`,
    why: "Tables of assets with partitions have a hidden column of that name.",
    fix: "Rename the column, or keep the asset with parquetIO.",
    details: { column: found.name },
  })
}

/** The value of one record; of several, the values by partition key. */
function jsonOf(records: readonly StoredRecord[], partitions: readonly string[]): Json {
  const [first] = records
  if (records.length === 1 && first && partitions.length <= 1) return first.value ?? null
  return Object.fromEntries(records.map(record => [record.partition ?? "", record.value ?? null]))
}
