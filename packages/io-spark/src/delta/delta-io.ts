import { resolve } from "node:path"
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
  isObjectUrl,
  type Json,
  joinObjectUrl,
  type Materialization,
  mapAtOnce,
  type OutputContext,
  type OutputValue,
  objectStore,
  type Refusal,
  type StoredValue,
} from "@assets/core"
import { collectFiles } from "./collect-files.ts"
import { type DeltaOptions, faultOfOptions, otherEngine, refusalOfRoot } from "./delta-options.ts"
import type { DeltaPlace } from "./delta-place.ts"
import { DeltaTable } from "./delta-table.ts"
import { FolderPlace } from "./folder-place.ts"
import { ObjectPlace } from "./object-place.ts"
import { filesOf, readInput } from "./read-input.ts"
import { restoreVersion, versionsOf } from "./table-versions.ts"
import { writeOutput } from "./write-output.ts"
import { areThere } from "./written-files.ts"

/**
 * Keeps each asset as a Delta table in a folder of its own, on a disk or on S3, which Spark and every other reader of Delta reads. The record
 * of a materialization lies in the same commit of the table's log as its rows.
 *
 * Former versions stay readable until `VACUUM` or `assets gc` removes their files. The partition of a row is told by the
 * column `_partition` of the table.
 * @throws ConfigError `CONFIG_INVALID` for wrong options
 * @example
 * deltaIO({ root: "lake" })
 * deltaIO({ root: "s3://lake/assets" })
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
  /** By root. */
  readonly #places = new Map<string, DeltaPlace>()
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
        paths.push(...files.map(file => table.filePath(file.path)))
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

  #place(context: IOContext): DeltaPlace {
    const root = context.expand(this.#options.root)
    const refusal = refusalOfRoot(root)
    if (refusal) {
      const what = `deltaIO cannot keep tables at ${root}.`
      throw new ConfigError("ENVIRONMENT_UNSUPPORTED", { what, ...refusal, details: { root } })
    }
    const made = placeAt(root, context.base)
    const place = this.#places.get(made.root) ?? made
    this.#places.set(made.root, place)
    return place
  }

  #table(context: IOContext | AssetContext, key = "key" in context ? context.key : ""): DeltaTable {
    const made = new DeltaTable(this.#place(context), key)
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

function placeAt(root: string, base: string): DeltaPlace {
  if (!isObjectUrl(root)) return new FolderPlace(resolve(base, root))
  return new ObjectPlace(objectStore(), joinObjectUrl(root).replace(/\/+$/, ""))
}

async function currentOf(table: DeltaTable, partitions: readonly (string | null)[] | undefined): Promise<Current[]> {
  const snapshot = await table.snapshot()
  const entries = partitions?.flatMap(partition => snapshot.entry(partition) ?? []) ?? snapshot.entries
  // All of one moment: later the snapshot is another.
  const told = entries.map(entry => ({ ...entry, files: snapshot.files(entry.partition) }))
  return mapAtOnce(
    told,
    async ({ partition, materialization, applied, isChanged, files }) => {
      const intact = !isChanged && (await areThere(table, files))
      return { partition, materialization, intact, ...(applied.size > 0 && { applied }) }
    },
    { atOnce: 8 },
  )
}
