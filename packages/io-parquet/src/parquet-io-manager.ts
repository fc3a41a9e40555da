import { mkdirSync, rmSync } from "node:fs"
import { rm, rmdir } from "node:fs/promises"
import { dirname, join, relative, resolve } from "node:path"
import {
  type AssetContext,
  ConfigError,
  type Current,
  faultPoint,
  type InputContext,
  type IOContext,
  type IOManager,
  type Json,
  type Layout,
  type Materialization,
  type OutputContext,
  type OutputValue,
  type Refusal,
  type StoredValue,
  type WriteResult,
} from "@assets/core"
import { mergeRows, type Relation, type Schema } from "@assets/dataframe"
import { writeBatches } from "./batch-writer.ts"
import { AssetFolder } from "./parquet-layout.ts"
import { linkLatest, readPointer, readPointers, writePointer } from "./pointer.ts"
import { storageFailure } from "./storage-failure.ts"
import { dataMissing, readJson, storedFrame, writeJson, writtenValue } from "./stored-value.ts"
import { syncTree } from "./sync-to-disk.ts"
import { filesOf, filesSeenFrom, isIntact, readVersion, type Version, writeMarker } from "./version.ts"
import { collectAbandoned, collectDropped, keptVersions, orphansOf, removeVersion } from "./version-collector.ts"
import { markWriting, unmarkWriting } from "./writing-mark.ts"

/** Where Parquet rests, and how much of it. */
export interface ParquetOptions {
  /** Folder of the assets, relative to the config's folder or absolute. It may hold `${NAME}`s. */
  readonly root: string
  /** Versions that remain of each partition, the current one counted. Default 2. */
  readonly keep?: number
  /** Default `zstd`; an asset's `layout` overrides it. */
  readonly compression?: NonNullable<Layout["compression"]>
}

/**
 * Keeps each materialization as Parquet files in a folder of their own, and a pointer to the current one.
 *
 * A version never changes once it is complete, so that readers finish with what they began. Frames are written and read
 * by the engine; what TypeScript made is streamed through parquet-wasm. JSON values are kept as `value.json`.
 * @throws ConfigError `CONFIG_INVALID` for wrong options
 * @example
 * parquetIO({ root: "data", keep: 3 })
 */
export function parquetIO(options: ParquetOptions): IOManager {
  const { root, keep = 2 } = options
  if (typeof root !== "string" || root === "" || !Number.isInteger(keep) || keep < 1) {
    throw new ConfigError("CONFIG_INVALID", {
      what: "parquetIO() was given wrong options.",
      why: root ? `keep is ${keep}, which is not a whole number of at least 1.` : "root names no folder.",
      fix: 'Write for one parquetIO({ root: "data", keep: 2 }).',
    })
  }
  return new ParquetIOManager({ ...options, keep })
}

const outOfReach: Refusal = {
  why: "This version keeps Parquet on disks that are mounted on this machine.",
  fix: "Give root a folder, for one of a mounted network disk.",
}

function isUrl(root: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(root)
}

class ParquetIOManager implements IOManager {
  readonly name = "parquet"
  readonly defaultEngine = { module: "@assets/io-duckdb", name: "duckdb" } as const
  readonly #options: ParquetOptions & { readonly keep: number }

  constructor(options: ParquetOptions & { readonly keep: number }) {
    this.#options = options
  }

  describe(): { readonly [option: string]: Json } {
    return { ...this.#options }
  }

  refusal(): Refusal | undefined {
    return isUrl(this.#options.root) ? outOfReach : undefined
  }

  async current(context: IOContext, keys: readonly string[]): Promise<ReadonlyMap<string, readonly Current[]>> {
    const root = this.#root(context)
    const found = new Map<string, readonly Current[]>()
    for (const key of keys) {
      const folder = new AssetFolder(root, key)
      const current = readPointers(folder).map(({ partition, materialization }): Current => {
        const version = readVersion(folder, materialization.id)
        if (!version) return { partition, materialization, intact: false }
        return { partition, materialization: version.materialization, intact: isIntact(folder, version) }
      })
      if (current.length > 0) found.set(key, current)
    }
    return found
  }

  async handleOutput(context: OutputContext, value: OutputValue): Promise<Materialization> {
    const folder = this.#folder(context)
    const { id } = context
    markWriting(folder, id)
    let version: Version
    try {
      version = await this.#writeVersion(context, folder, value)
    } catch (error) {
      await removeVersion(folder, id).catch(() => {}) // the first error says more; what remains is collected later
      unmarkWriting(folder, id)
      throw error
    }
    await faultPoint("io.pointer")
    await this.#makeCurrent(context, folder, version)
    unmarkWriting(folder, id)
    await collectAbandoned(folder, context.inUse())
    return version.materialization
  }

  async loadInput(context: InputContext): Promise<StoredValue> {
    const folder = this.#folder(context)
    const versions = context.materializations.map(({ id }) => completeVersion(folder, context.key, id))
    const [first] = versions
    if (first && first.materialization.kind === "nothing") return { kind: "nothing" }
    if (first && first.materialization.kind === "json") return readJson(folder, versions, context.partitions)
    const schema = context.schema as Schema | undefined // core hands on what the dataframe made
    if (!schema) throw new Error(`${context.key} is a table and has no schema. Please report this.`)
    return storedFrame(
      versions.flatMap(version => filesOf(folder, version)),
      schema,
    )
  }

  async restore(context: OutputContext, fingerprint: string): Promise<Materialization | undefined> {
    const folder = this.#folder(context)
    const wanted = (version: Version) =>
      version.materialization.fingerprint === fingerprint &&
      samePartitions(version.materialization.partitions, context.partitions) &&
      isIntact(folder, version)
    for (const { mark, version } of orphansOf(folder)) {
      if (!wanted(version)) continue
      await this.#makeCurrent(context, folder, version)
      rmSync(mark, { force: true })
      return version.materialization
    }
    const former = readPointer(folder, context.partitions[0] ?? null)?.versions ?? []
    for (const id of former) {
      const version = readVersion(folder, id)
      if (!version || !wanted(version)) continue
      await this.#makeCurrent(context, folder, version)
      return version.materialization
    }
    return undefined
  }

  async locate(context: AssetContext, materializations: readonly Materialization[]): Promise<readonly string[]> {
    const folder = this.#folder(context)
    return materializations.flatMap(({ id }) => {
      const version = readVersion(folder, id)
      return version ? filesOf(folder, version) : []
    })
  }

  async remove(context: AssetContext): Promise<void> {
    const folder = this.#folder(context)
    try {
      // First the pointers: what dies on the way leaves versions that nothing refers to.
      for (const path of [folder.pointers, folder.latest, folder.versions, folder.writing]) {
        await rm(path, { recursive: true, force: true })
      }
    } catch (error) {
      throw storageFailure(error, folder.path, "write")
    }
    await removeEmpty(folder.path, this.#root(context))
  }

  #root({ base, expand }: IOContext): string {
    const root = expand(this.#options.root)
    if (isUrl(root)) {
      const what = `parquetIO cannot keep assets at ${root}.`
      throw new ConfigError("ENVIRONMENT_UNSUPPORTED", { what, ...outOfReach, details: { root } })
    }
    return resolve(base, root)
  }

  #folder(context: AssetContext): AssetFolder {
    return new AssetFolder(this.#root(context), context.key)
  }

  /** Writes the data, has it approved, and completes the version. */
  async #writeVersion(context: OutputContext, folder: AssetFolder, value: OutputValue): Promise<Version> {
    const { id, partitions } = context
    const path = folder.data(id, partitions)
    try {
      mkdirSync(path, { recursive: true })
    } catch (error) {
      throw storageFailure(error, path, "write")
    }
    await faultPoint("io.write")
    const former = formerTable(context, folder, value)
    const keys = typeof context.write === "object" ? context.write.merge : undefined
    const written = former && keys ? await merged(context, folder, { value, former, keys }) : value
    const result = await this.#writeData(context, written, path)
    const inner = relative(folder.version(id), path)
    const own = result.files.map(file => ({ ...file, path: join(inner, file.path) }))
    const files = former && !keys ? [...filesSeenFrom(folder, id, former), ...own] : own
    const stored = writtenValue(
      value,
      files.map(file => join(folder.version(id), file.path)),
    )
    const isFrame = value.kind === "relation" || value.kind === "batches"
    const materialization = await context.approve({ stored, ...(isFrame && { result }) })
    await faultPoint("io.marker")
    const version = { materialization, files }
    const durable = context.durability === "power"
    if (durable) {
      const paths = own.map(file => join(folder.version(id), file.path))
      syncTree(paths.length > 0 ? paths : [path], this.#root(context))
    }
    writeMarker(folder, version, { schema: isFrame ? value.schema : undefined, durable })
    return version
  }

  async #writeData(context: OutputContext, value: OutputValue, path: string): Promise<WriteResult> {
    const layout = { ...(this.#options.compression && { compression: this.#options.compression }), ...context.layout }
    const { stepId, signal } = context
    switch (value.kind) {
      case "relation": {
        const session = await context.session()
        return session.write(value.relation, { kind: "files", format: "parquet", path }, { stepId, signal, layout })
      }
      case "batches": {
        const schema = value.schema as Schema // core hands on what the dataframe made
        if (!layout.partitionBy?.length && !layout.sortBy?.length) {
          return writeBatches(value.batches(), schema, path, layout)
        }
        // Rows can only be sorted or parted once all are there: the engine holds them, on disk where they are many.
        const session = await context.session()
        const relation = await session.upload(value.batches(), schema)
        return session.write(relation, { kind: "files", format: "parquet", path }, { stepId, signal, layout })
      }
      case "json":
        return writeJson(path, value.value)
      case "nothing":
        return { rows: 0, bytes: 0, files: [], columns: [] }
    }
  }

  /** Moves the pointers, and removes the versions that nothing refers to any more. */
  async #makeCurrent(context: OutputContext, folder: AssetFolder, version: Version): Promise<void> {
    const { materialization } = version
    const partitions = materialization.partitions.length === 0 ? [null] : materialization.partitions
    const dropped = new Set<string>()
    for (const partition of partitions) {
      const former = readPointer(folder, partition)
      const versions = keptVersions(folder, version, former, this.#options.keep, context.inUse())
      const durable = context.durability === "power"
      writePointer(folder, { partition, materialization, versions: versions.kept }, { durable })
      for (const id of versions.dropped) dropped.add(id)
    }
    if (materialization.partitions.length === 0) linkLatest(folder, materialization.id)
    await collectDropped(folder, [...dropped])
  }
}

/** The table that the write adds to; undefined where it replaces what is there, or where there is none. */
function formerTable(context: OutputContext, folder: AssetFolder, value: OutputValue): Version | undefined {
  if (context.write === "overwrite" || value.kind === "json" || value.kind === "nothing") return undefined
  if (context.partitions.length > 1) {
    throw new ConfigError("ENVIRONMENT_UNSUPPORTED", {
      what: `${context.key} adds to ${context.partitions.length} partitions with one write, which parquetIO cannot do.`,
      why: "What is there is another version for each of them.",
      fix: "Leave batch out, so that each partition is a step of its own, or write: 'overwrite'.",
      details: { key: context.key },
    })
  }
  const pointer = readPointer(folder, context.partitions[0] ?? null)
  if (!pointer || !["relation", "batches"].includes(pointer.materialization.kind)) return undefined
  return completeVersion(folder, context.key, pointer.materialization.id)
}

interface Merge {
  readonly value: OutputValue
  readonly former: Version
  readonly keys: readonly string[]
}

/** A merge replaces rows of files that never change, so that it is a table of its own. */
async function merged(context: OutputContext, folder: AssetFolder, merge: Merge): Promise<OutputValue> {
  const { value, former, keys } = merge
  if (value.kind !== "relation" && value.kind !== "batches") return value
  const schema = value.schema as Schema // core hands on what the dataframe made
  const made =
    value.kind === "relation" ? value.relation : await (await context.session()).upload(value.batches(), schema)
  const before = storedFrame(filesOf(folder, former), schema).relation
  const relation = mergeRows(before, made as Relation, keys, schema) // relations are the dataframe's, too
  return { kind: "relation", relation, schema }
}

function completeVersion(folder: AssetFolder, key: string, id: string): Version {
  const version = readVersion(folder, id)
  if (!version) throw dataMissing(key, folder.version(id))
  return version
}

function samePartitions(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((partition, i) => partition === b[i])
}

/** Removes the folders from `path` up to `root` that hold nothing any more. */
async function removeEmpty(path: string, root: string): Promise<void> {
  for (let folder = path; folder !== root && folder.startsWith(root); folder = dirname(folder)) {
    try {
      await rmdir(folder)
    } catch {
      return // not empty, or never there: nothing to tidy up
    }
  }
}
