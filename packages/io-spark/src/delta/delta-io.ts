import { existsSync } from "node:fs"
import { rename, rm } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import {
  type AssetContext,
  type CollectContext,
  type Collected,
  ConfigError,
  type Current,
  type InputContext,
  type IOContext,
  type IOManager,
  type Json,
  type Materialization,
  type OutputContext,
  type OutputValue,
  type Refusal,
  removeEmptyFolders,
  type StoredValue,
} from "@assets/core"
import { collectFiles } from "./collect-files.ts"
import { storageFailure } from "./delta-failure.ts"
import { type DeltaOptions, faultOfOptions, otherEngine, refusalOfRoot } from "./delta-options.ts"
import { DeltaTable } from "./delta-table.ts"
import { filesOf, readInput } from "./read-input.ts"
import { restoreVersion, versionsOf } from "./table-versions.ts"
import { writeOutput } from "./write-output.ts"
import { areThere } from "./written-files.ts"

/**
 * Keeps each asset as a Delta table in a folder of its own, which Spark and every other reader of Delta reads. The record
 * of a materialization lies in the same commit of the table's log as its rows.
 *
 * Former versions stay readable until `VACUUM` or `assets gc` removes their files. The partition of a row is told by the
 * column `_partition` of the table.
 * @throws ConfigError `CONFIG_INVALID` for wrong options
 * @example
 * deltaIO({ root: "lake" })
 */
export function deltaIO(options: DeltaOptions): IOManager {
  const why = faultOfOptions(options)
  if (why !== undefined) {
    const fix = 'Write for one deltaIO({ root: "lake" }).'
    throw new ConfigError("CONFIG_INVALID", { what: "deltaIO() was given wrong options.", why, fix })
  }
  return new DeltaIOManager(options)
}

class DeltaIOManager implements IOManager {
  readonly name = "delta"
  readonly defaultEngine = { module: "@assets/io-spark", name: "spark" } as const
  readonly #options: DeltaOptions
  /** By path. */
  readonly #tables = new Map<string, DeltaTable>()

  constructor(options: DeltaOptions) {
    this.#options = options
  }

  describe(): { readonly [option: string]: Json } {
    return { ...this.#options }
  }

  refusal({ engine }: { readonly engine: string | undefined }): Refusal | undefined {
    if (engine !== undefined && engine !== "spark") return otherEngine
    return refusalOfRoot(this.#options.root)
  }

  async current(
    context: IOContext,
    keys: readonly string[],
    partitions?: readonly (string | null)[],
  ): Promise<ReadonlyMap<string, readonly Current[]>> {
    const found = new Map<string, readonly Current[]>()
    for (const key of keys) {
      const table = this.#table(context, key)
      const snapshot = await table.snapshot()
      const entries = partitions?.flatMap(partition => snapshot.entry(partition) ?? []) ?? snapshot.entries
      const current = entries.map(({ partition, materialization, applied, isChanged }) => {
        const intact = !isChanged && areThere(table, snapshot.files(partition))
        return { partition, materialization, intact, ...(applied.size > 0 && { applied }) }
      })
      if (current.length > 0) found.set(key, current)
    }
    return found
  }

  async handleOutput(context: OutputContext, value: OutputValue): Promise<Materialization> {
    context.signal.throwIfAborted()
    if (context.partitions.length > 1) throw severalPartitions(context)
    return writeOutput(this.#table(context), context, value)
  }

  async loadInput(context: InputContext): Promise<StoredValue> {
    return readInput(this.#table(context), context)
  }

  restore(context: OutputContext, fingerprint: string): Promise<Materialization | undefined> {
    return restoreVersion(this.#table(context), context, fingerprint)
  }

  versions(context: AssetContext, partition: string | null): Promise<readonly Materialization[]> {
    return versionsOf(this.#table(context), partition)
  }

  async collect(context: CollectContext, keys: readonly string[]): Promise<readonly Collected[]> {
    const found: Collected[] = []
    for (const key of keys) found.push(...(await collectFiles(this.#table(context, key), context)))
    return found
  }

  async locate(context: AssetContext, materializations: readonly Materialization[]): Promise<readonly string[]> {
    const table = this.#table(context)
    const paths: string[] = []
    for (const { id, partitions } of materializations) {
      for (const partition of partitions.length === 0 ? [null] : partitions) {
        const files = (await filesOf(table, id, partition)) ?? []
        paths.push(...files.map(file => table.filePath(file.path)))
      }
    }
    return paths.length > 0 ? paths : [table.path]
  }

  async remove(context: AssetContext): Promise<void> {
    const table = this.#table(context)
    const snapshot = await table.snapshot()
    if (snapshot.version < 0 || snapshot.isForeign) return
    try {
      // First the log: what dies on the way leaves files that nothing refers to.
      const aside = `${table.logFolder}-removed-${process.pid}`
      await rename(table.logFolder, aside)
      await rm(table.path, { recursive: true, force: true })
    } catch (error) {
      if (existsSync(table.path)) throw storageFailure(error, table.path, "write")
    }
    this.#tables.delete(table.path)
    await removeEmptyFolders(dirname(table.path), this.#root(context))
  }

  #root(context: IOContext): string {
    const root = context.expand(this.#options.root)
    const refusal = refusalOfRoot(root)
    if (!refusal) return resolve(context.base, root)
    const what = `deltaIO cannot keep tables at ${root}.`
    throw new ConfigError("ENVIRONMENT_UNSUPPORTED", { what, ...refusal, details: { root } })
  }

  #table(context: IOContext | AssetContext, key = "key" in context ? context.key : ""): DeltaTable {
    const made = new DeltaTable(this.#root(context), key)
    const table = this.#tables.get(made.path) ?? made
    this.#tables.set(made.path, table)
    return table
  }
}

function severalPartitions(context: OutputContext): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `${context.key} writes ${context.partitions.length} partitions at once, which deltaIO cannot keep apart.`,
    why: "The partition of each row would have to be known.",
    fix: "Leave batch out, so that each partition is a step of its own, or keep the asset with parquetIO.",
    details: { key: context.key },
  })
}
