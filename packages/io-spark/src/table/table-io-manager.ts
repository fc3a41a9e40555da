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
import type { AssetTable } from "./asset-table.ts"
import { collectFiles } from "./collect-files.ts"
import { filesOf, readInput } from "./read-input.ts"
import { areThere } from "./table-file.ts"
import type { TablePlace } from "./table-place.ts"
import { otherEngine, placeOf, tableFolder } from "./table-root.ts"
import { restoreVersion, versionsOf } from "./table-versions.ts"
import { writeOutput } from "./write-output.ts"

/** The options of a manager of tables. */
interface TableOptions {
  readonly root: string
}

/** How a kind of table is opened. */
export interface TableKind {
  /** Recorded with each materialization. */
  readonly name: string
  /** Why tables cannot be kept at a root; undefined when they can. */
  refusalOfRoot(root: string): Refusal | undefined
  /** The table of a key, at a path of the place. */
  open(place: TablePlace, key: string, path: string): AssetTable
}

/** Keeps each asset as a table of its own, in the folder of its key. */
export class TableIOManager implements IOManager {
  readonly name: string
  readonly defaultEngine = { module: "@assets/io-spark", name: "spark" } as const
  readonly #kind: TableKind
  readonly #options: TableOptions
  /** By root. */
  readonly #places = new Map<string, TablePlace>()
  /** By path. */
  readonly #tables = new Map<string, AssetTable>()

  constructor(kind: TableKind, options: TableOptions) {
    this.name = kind.name
    this.#kind = kind
    this.#options = options
  }

  describe(): { readonly [option: string]: Json } {
    return { ...this.#options }
  }

  refusal({ engine }: { readonly engine: string | undefined }): Refusal | undefined {
    if (engine !== undefined && engine !== "spark") return otherEngine
    return this.#kind.refusalOfRoot(this.#options.root)
  }

  async current(
    context: IOContext,
    keys: readonly string[],
    partitions?: readonly (string | null)[],
  ): Promise<ReadonlyMap<string, readonly Current[]>> {
    const found = await mapAtOnce(
      keys,
      async key => [key, await currentOf(this.#table(context, key), partitions)] as const,
      { atOnce: 4 },
    )
    return new Map(found.filter(([, current]) => current.length > 0))
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

  async doctor(context: IOContext): Promise<readonly Finding[]> {
    try {
      const place = this.#place(context)
      await place.examine()
      return [{ level: "ok", what: `${place.root} can be read.` }]
    } catch (error) {
      return [findingOf(error)]
    }
  }

  async locate(context: AssetContext, materializations: readonly Materialization[]): Promise<readonly string[]> {
    const table = this.#table(context)
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
    const table = this.#table(context)
    if (!(await table.isOurs())) return
    this.#tables.delete(table.path)
    await table.remove()
  }

  #place(context: IOContext): TablePlace {
    const made = placeOf(context, this.#options.root, root => this.#kind.refusalOfRoot(root))
    const place = this.#places.get(made.root) ?? made
    this.#places.set(made.root, place)
    return place
  }

  #table(context: IOContext | AssetContext, key = "key" in context ? context.key : ""): AssetTable {
    const place = this.#place(context)
    const path = tableFolder(place, key)
    const table = this.#tables.get(path) ?? this.#kind.open(place, key, path)
    this.#tables.set(path, table)
    return table
  }
}

async function currentOf(table: AssetTable, partitions: readonly (string | null)[] | undefined): Promise<Current[]> {
  const state = await table.state()
  const entries = partitions?.flatMap(partition => state.entry(partition) ?? []) ?? state.entries
  // All of one moment: later the state is another.
  const told = entries.map(entry => ({ ...entry, files: state.files(entry.partition) }))
  return mapAtOnce(
    told,
    async ({ partition, materialization, applied, isChanged, files }) => {
      const intact = !isChanged && (await areThere(table.place, files))
      return { partition, materialization, intact, ...(applied.size > 0 && { applied }) }
    },
    { atOnce: 8 },
  )
}

function severalPartitions(context: OutputContext): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `${context.key} writes ${context.partitions.length} partitions at once, which a table cannot keep apart.`,
    why: "The partition of each row would have to be known.",
    fix: "Leave batch out, so that each partition is a step of its own, or keep the asset with parquetIO.",
    details: { key: context.key },
  })
}
