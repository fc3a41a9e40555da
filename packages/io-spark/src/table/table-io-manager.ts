import {
  type AssetContext,
  type CollectContext,
  type Collected,
  ConfigError,
  type Current,
  type Finding,
  findingOf,
  type InputContext,
  type IOContext,
  type IOManager,
  type Json,
  type Materialization,
  mapAtOnce,
  type OutputContext,
  type OutputValue,
  type Refusal,
  type StoredValue,
} from "@assets/core"
import type { Schema } from "@assets/dataframe"
import type { AssetTable } from "./asset-table.ts"
import { collectFiles } from "./collect-files.ts"
import { isTable } from "./is-table.ts"
import { declaredSchema, filesOf, noRows, readInput } from "./read-input.ts"
import { dataMissing } from "./table-failure.ts"
import { areThere } from "./table-file.ts"
import type { TableMirror } from "./table-mirror.ts"
import { otherEngine } from "./table-root.ts"
import { restoreVersion, versionsOf } from "./table-versions.ts"
import type { Tables } from "./tables.ts"
import { writeOutput } from "./write-output.ts"

/** Keeps each asset as a table of its own. */
export class TableIOManager implements IOManager {
  readonly defaultEngine = { module: "@assets/io-spark", name: "spark" } as const
  readonly #tables: Tables
  readonly #mirror: TableMirror | undefined

  /** @param mirror what shows the tables elsewhere, after each of their commits */
  constructor(tables: Tables, mirror?: TableMirror) {
    this.#tables = tables
    this.#mirror = mirror
  }

  get name(): string {
    return this.#tables.name
  }

  describe(): { readonly [option: string]: Json } {
    return this.#tables.describe()
  }

  refusal({ engine }: { readonly engine: string | undefined }): Refusal | undefined {
    if (engine !== undefined && engine !== "spark") return otherEngine
    return this.#tables.refusal()
  }

  async current(
    context: IOContext,
    keys: readonly string[],
    partitions?: readonly (string | null)[],
  ): Promise<ReadonlyMap<string, readonly Current[]>> {
    const found = await mapAtOnce(
      keys,
      async key => [key, await this.#currentOf(await this.#tables.find(context, key), partitions)] as const,
      { atOnce: 4 },
    )
    return new Map(found.filter(([, current]) => current.length > 0))
  }

  async handleOutput(context: OutputContext, value: OutputValue): Promise<Materialization> {
    context.signal.throwIfAborted()
    if (context.partitions.length > 1) throw severalPartitions(context)
    const table = await this.#tables.open(context, context.key)
    if (isTable(value)) this.#mirror?.confirmColumns(value.schema as Schema) // of the dataframe
    const materialization = await writeOutput(table, context, value)
    await this.#mirror?.update(table, context)
    return materialization
  }

  async loadInput(context: InputContext): Promise<StoredValue> {
    const table = await this.#tables.find(context, context.key)
    if (table) return readInput(table, context)
    if (context.materializations.length > 0) throw dataMissing(context.key, "its table")
    return noRows(declaredSchema(context))
  }

  async restore(context: OutputContext, fingerprint: string): Promise<Materialization | undefined> {
    const table = await this.#tables.find(context, context.key)
    const restored = table && (await restoreVersion(table, context, fingerprint))
    if (restored) await this.#mirror?.update(table, context)
    return restored
  }

  async versions(context: AssetContext, partition: string | null): Promise<readonly Materialization[]> {
    const table = await this.#tables.find(context, context.key)
    return table ? versionsOf(table, partition) : []
  }

  async collect(context: CollectContext, keys: readonly string[]): Promise<readonly Collected[]> {
    const found: Collected[] = []
    for (const key of keys) {
      const table = await this.#tables.find(context, key)
      if (table) found.push(...(await collectFiles(table, context)))
    }
    return found
  }

  async doctor(context: IOContext): Promise<readonly Finding[]> {
    try {
      return [{ level: "ok", what: await this.#tables.examine(context) }]
    } catch (error) {
      return [findingOf(error)]
    }
  }

  async locate(context: AssetContext, materializations: readonly Materialization[]): Promise<readonly string[]> {
    const table = await this.#tables.find(context, context.key)
    if (!table) return []
    const paths: string[] = []
    for (const { id, partitions } of materializations) {
      for (const partition of partitions.length === 0 ? [null] : partitions) {
        const files = (await filesOf(table, id, partition)) ?? []
        paths.push(...files.map(file => file.path))
      }
    }
    return paths.length > 0 ? paths : [table.path]
  }

  async remove(context: AssetContext): Promise<void> {
    const table = await this.#tables.find(context, context.key)
    if (!table || !(await table.isOurs())) return
    await this.#mirror?.drop(table)
    this.#tables.forget(table)
    await table.remove()
  }

  async #currentOf(
    table: AssetTable | undefined,
    partitions: readonly (string | null)[] | undefined,
  ): Promise<Current[]> {
    if (!table) return []
    const state = await table.state()
    const entries = partitions?.flatMap(partition => state.entry(partition) ?? []) ?? state.entries
    // All of one moment: later the state is another.
    const told = entries.map(entry => ({ ...entry, files: state.files(entry.partition) }))
    const shownUntil = (entries.length > 0 && (await this.#mirror?.shownUntil(table))) || 0
    return mapAtOnce(
      told,
      async ({ partition, version, materialization, applied, isChanged, files }) => {
        const isShown = !this.#mirror || !isTable(materialization) || Number(version) <= shownUntil
        const intact = !isChanged && isShown && (await areThere(table.place, files))
        return { partition, materialization, intact, ...(applied.size > 0 && { applied }) }
      },
      { atOnce: 8 },
    )
  }
}

function severalPartitions(context: OutputContext): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `${context.key} writes ${context.partitions.length} partitions at once, which a table cannot keep apart.`,
    why: "The partition of each row would have to be known.",
    fix: "Leave batch out, so that each partition is a step of its own, or keep the asset with parquetIO.",
    details: { key: context.key },
  })
}
