import {
  type AssetContext,
  type CollectContext,
  type Collected,
  ConfigError,
  type Current,
  type Finding,
  type InputContext,
  type IOContext,
  type IOManager,
  type Json,
  type Materialization,
  type OutputContext,
  type OutputValue,
  type StoredValue,
} from "@assets/core"
import { collectLeftovers } from "./collect-leftovers.ts"
import { unknownOptions } from "./duckdb-options.ts"
import { examineFile } from "./examine-file.ts"
import { FileAccess } from "./file-access.ts"
import { deleteRecords, readCurrent } from "./materialization-table.ts"
import { readInput } from "./read-input.ts"
import { quotePath } from "./sql-text.ts"
import { tableOf } from "./stored-table.ts"
import { writeFrame, writePlain } from "./write-output.ts"

/** Where the database rests. */
export interface DuckdbFileOptions {
  /** The database file, relative to the config's folder or absolute; may hold `${NAME}`s. Made when it is first written. */
  readonly path: string
  /** Milliseconds to wait for one other process that holds the file; the next holder has as long. Default 60,000. */
  readonly waitMs?: number
  /**
   * The folder in which rows rest on their way to and from an engine that cannot open the file itself (Spark), which has to
   * see it under the same path. Relative to the config's folder or absolute; may hold `${NAME}`s. Default: one beside the
   * file, made when it is needed.
   */
  readonly staging?: string
}

/**
 * Keeps assets as tables of one DuckDB file: a schema for each prefix of a key, a table for each asset, and the record of
 * a materialization committed together with its rows.
 *
 * It keeps no former versions: a statement over an input that was replaced by other data rejects with
 * `STORAGE_DATA_MISSING`. Other processes can read and write the file between the steps of a run, in the order in which
 * they came. Of an asset's `layout` it follows `sortBy`; what is said of files has no meaning in a table.
 *
 * DuckDB works in the file itself. Any other engine writes Parquet into the staging folder, from where the manager's own
 * DuckDB takes the rows into the file, and reads copies that are laid there once for as long as runs use the manager.
 * @throws ConfigError `CONFIG_INVALID` for wrong options
 * @example
 * duckdbFileIO({ path: "warehouse.duckdb" })
 */
export function duckdbFileIO(options: DuckdbFileOptions): IOManager {
  const why = faultOf(options)
  if (why !== undefined) {
    const fix = 'Write for one duckdbFileIO({ path: "warehouse.duckdb" }).'
    throw new ConfigError("CONFIG_INVALID", { what: "duckdbFileIO() was given wrong options.", why, fix })
  }
  return new DuckdbFileIOManager(options)
}

function faultOf(options: unknown): string | undefined {
  if (typeof options !== "object" || options === null) return "They are no object."
  const [unknown] = unknownOptions(options, ["path", "waitMs", "staging"])
  if (unknown !== undefined) return unknown
  const { path, waitMs = 0, staging = "." } = options as Partial<DuckdbFileOptions> // of names that are known, each looked at
  if (typeof path !== "string" || path === "" || path === ":memory:") return "path names no file."
  if (typeof staging !== "string" || staging === "") return "staging names no folder."
  return waitMs >= 0 ? undefined : `waitMs is ${waitMs}, which is no time.`
}

class DuckdbFileIOManager implements IOManager {
  readonly name = "duckdb"
  readonly defaultEngine = { module: "@assets/io-duckdb", name: "duckdb" } as const
  readonly #options: DuckdbFileOptions
  readonly #access: FileAccess

  constructor(options: DuckdbFileOptions) {
    this.#options = options
    const { path, waitMs = 60_000, staging } = options
    this.#access = new FileAccess({ path, waitMs, staging })
  }

  describe(): { readonly [option: string]: Json } {
    return { ...this.#options }
  }

  async current(
    context: IOContext,
    keys: readonly string[],
    partitions?: readonly (string | null)[],
  ): Promise<ReadonlyMap<string, readonly Current[]>> {
    const file = this.#access.file(context)
    if (!file.exists || keys.length === 0) return new Map()
    return this.#access.onRecords(file, "read", context, lease => readCurrent(lease, file.alias, keys, partitions))
  }

  async handleOutput(context: OutputContext, value: OutputValue): Promise<Materialization> {
    if (context.partitions.length > 1) throw severalPartitions(context)
    const isPlain = value.kind === "json" || value.kind === "nothing"
    return this.#access.file(context).inWriteTurn(context.key, async () => {
      if (isPlain) return writePlain(this.#access, context, value)
      return writeFrame(this.#access, context, await context.session(), value)
    })
  }

  async loadInput(context: InputContext): Promise<StoredValue> {
    return readInput(this.#access, context)
  }

  async locate(context: AssetContext): Promise<readonly string[]> {
    const [, schema, table] = tableOf("", context.key)
    return [`${this.#access.file(context).path}:${schema}.${table}`]
  }

  collect(context: CollectContext, keys: readonly string[]): Promise<readonly Collected[]> {
    return collectLeftovers(this.#access, context, keys)
  }

  doctor(context: IOContext): Promise<readonly Finding[]> {
    return examineFile(this.#access, context)
  }

  async remove(context: AssetContext): Promise<void> {
    const file = this.#access.file(context)
    if (!file.exists) return
    await this.#access.onRecords(file, "write", context, async lease => {
      await lease.run("BEGIN")
      // Closing the connection ends what fails.
      await lease.run(`DROP TABLE IF EXISTS ${quotePath(tableOf(file.alias, context.key))}`)
      await deleteRecords(lease, file.alias, context.key)
      await lease.run("COMMIT")
    })
  }

  close(): Promise<void> {
    return this.#access.close()
  }
}

function severalPartitions(context: OutputContext): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `${context.key} writes ${context.partitions.length} partitions at once, which duckdbFileIO cannot keep apart.`,
    why: "A table has no folders: the partition of each row would have to be known.",
    fix: "Leave batch out, so that each partition is a step of its own, or keep the asset with parquetIO.",
    details: { key: context.key },
  })
}
