import {
  type AssetContext,
  AssetsError,
  type CollectContext,
  type Collected,
  ConfigError,
  type Current,
  confirmConditionalWrites,
  type EngineReference,
  type Finding,
  faultPoint,
  type InputContext,
  type IOContext,
  type IOManager,
  isS3Url,
  type Json,
  joinObjectUrl,
  type Materialization,
  mapAtOnce,
  type OutputContext,
  type OutputValue,
  objectStoreAt,
  type Refusal,
  StorageError,
  type StoredValue,
} from "@assets/core"
import { AssetObjects, type StoredPointer } from "./asset-objects.ts"
import { collectAbandonedObjects, collectObjects } from "./collect-objects.ts"
import { commitObjects, isNamed, pointersIn, recordOf } from "./commit-objects.ts"
import { abandonObjects, markObjects, objectMarks, unmarkObjects } from "./object-marks.ts"
import { compressionOf, type ParquetOptions } from "./parquet-options.ts"
import { baseOf, isAppliedToAll } from "./same-work.ts"
import { dataMissing, storedValue } from "./stored-value.ts"
import { filesOf, partitionsOf, type Version } from "./version.ts"
import { writeVersion } from "./write-version.ts"
import type { Base } from "./writing-mark.ts"

/**
 * Keeps Parquet on an object store. What is current is a small object that is replaced by a conditional write, so that of
 * two writers on any hosts one is refused; no lock is needed. It has no `publish`: pointers of several assets cannot be
 * replaced at one blow.
 */
export class ObjectIOManager implements IOManager {
  readonly name = "parquet"
  readonly defaultEngine: EngineReference
  readonly refusal?: NonNullable<IOManager["refusal"]>
  readonly #options: ParquetOptions & { readonly keep: number }

  constructor(options: ParquetOptions & { readonly keep: number }) {
    this.#options = options
    const isForSpark = !isS3Url(options.root)
    const name = isForSpark ? "spark" : "duckdb"
    this.defaultEngine = { module: `@assets/io-${name}`, name }
    if (isForSpark) this.refusal = ({ engine }) => refusalOfEngine(engine, options.root)
  }

  describe(): { readonly [option: string]: Json } {
    return { ...this.#options }
  }

  async current(
    context: IOContext,
    keys: readonly string[],
    partitions?: readonly (string | null)[],
  ): Promise<ReadonlyMap<string, readonly Current[]>> {
    const found = await mapAtOnce(
      keys,
      async key => {
        context.signal.throwIfAborted()
        const asset = this.#asset({ ...context, key })
        const stored = partitions ? [...(await asset.pointersOf(partitions)).values()] : await asset.pointers()
        const current = await mapAtOnce(
          stored.filter(one => one !== undefined),
          one => currentOf(asset, one),
        )
        return [key, current.filter(one => one !== undefined)] as const
      },
      { atOnce: 8 },
    )
    return new Map(found.filter(([, current]) => current.length > 0))
  }

  async handleOutput(context: OutputContext, value: OutputValue): Promise<Materialization> {
    context.signal.throwIfAborted()
    const asset = this.#asset(context)
    const { id } = context
    if (context.write !== "overwrite" && context.partitions.length > 1) throw severalPartitions(context)
    await confirmConditionalWrites(asset.store, this.#root(context))
    const pointers = pointersIn(await asset.pointersOf(partitionsOf(context)))
    const [first] = pointers.values()
    if (first && isAppliedToAll(context, [...pointers.values()])) return recordOf(asset, first)
    const base = baseOf(pointers)
    await markObjects(asset, id, base)
    try {
      const layout = { ...compressionOf(this.#options), ...context.layout }
      const version = await writeVersion({ context, place: asset, value, pointers, layout })
      faultPoint("io.pointer")
      const record = await commitObjects(asset, context, { version, base }, this.#options.keep)
      if (record.id !== id) await asset.removeVersion(id)
      await unmarkObjects(asset, id)
      // What cannot be removed now is collected later.
      await collectAbandonedObjects(asset).catch(() => {})
      return record
    } catch (error) {
      await letGo(asset, context, base, error).catch(() => {}) // the first error says more
      throw error
    }
  }

  async loadInput(context: InputContext): Promise<StoredValue> {
    const asset = this.#asset(context)
    const versions = await mapAtOnce(context.materializations, ({ id }) => completeVersion(asset, id))
    return storedValue(asset, versions, context, async partition => {
      return (await asset.pointer(partition))?.pointer.versions ?? []
    })
  }

  async restore(context: OutputContext, fingerprint: string): Promise<Materialization | undefined> {
    const asset = this.#asset(context)
    const pointers = pointersIn(await asset.pointersOf(partitionsOf(context)))
    const version = await restorable(asset, context, fingerprint)
    if (!version) return undefined
    const { id } = version.materialization
    const base = baseOf(pointers)
    await markObjects(asset, id, base)
    faultPoint("io.pointer")
    try {
      const record = await commitObjects(asset, { ...context, fingerprint }, { version, base }, this.#options.keep)
      await unmarkObjects(asset, id)
      return record
    } catch (error) {
      await abandonObjects(asset, id, base).catch(() => {}) // the first error says more
      if (error instanceof StorageError && error.code === "STORAGE_DATA_MISSING") return undefined // collected meanwhile
      throw error
    }
  }

  async versions(context: AssetContext, partition: string | null): Promise<readonly Materialization[]> {
    const asset = this.#asset(context)
    const ids = (await asset.pointer(partition))?.pointer.versions ?? []
    const found = await mapAtOnce(ids, async id => {
      const version = await asset.wholeVersion(id)
      return version && (await asset.isIntact(version)) ? [version.materialization] : []
    })
    return found.flat()
  }

  async collect(context: CollectContext, keys: readonly string[]): Promise<readonly Collected[]> {
    const { keep } = this.#options
    const { dryRun } = context
    const found: Collected[] = []
    for (const key of keys) {
      context.signal.throwIfAborted()
      const asset = this.#asset({ ...context, key })
      found.push(...(await collectObjects(asset, { keep, inUse: context.inUse(), dryRun })))
    }
    return found
  }

  async doctor(context: IOContext): Promise<readonly Finding[]> {
    const root = this.#root(context)
    try {
      for await (const _ of objectStoreAt(root).list(`${root}/`)) break
      return [{ level: "ok", what: `${root} can be listed with the credentials of this process.` }]
    } catch (error) {
      if (!(error instanceof AssetsError)) throw error
      return [{ level: "error", what: `${error.message} ${error.why}`, fix: error.fix }]
    }
  }

  async locate(context: AssetContext, materializations: readonly Materialization[]): Promise<readonly string[]> {
    const asset = this.#asset(context)
    const found = await mapAtOnce(materializations, ({ id }) => asset.readVersion(id))
    return found.flatMap(version => (version ? filesOf(asset.layout, version) : []))
  }

  async remove(context: AssetContext): Promise<void> {
    await this.#asset(context).removeAll()
  }

  #root(context: IOContext): string {
    return joinObjectUrl(context.expand(this.#options.root)).replace(/\/+$/, "")
  }

  #asset(context: AssetContext): AssetObjects {
    const root = this.#root(context)
    return new AssetObjects(objectStoreAt(root), root, context.key)
  }
}

/** What an engine other than Spark is told of gs:// and hdfs://. */
function refusalOfEngine(engine: string | undefined, root: string): Refusal | undefined {
  if (engine === undefined || engine === "spark") return undefined
  const scheme = root.slice(0, root.indexOf("://")).toLowerCase()
  return {
    why: `Files on ${scheme}:// are read and written by Spark; the engine ${engine} does not reach them.`,
    fix: "Use engine: spark(), or give root a folder or an s3:// URL.",
  }
}

/** Undefined where another has become current between the look at the pointer and the look at its data, and is told next. */
async function currentOf(asset: AssetObjects, stored: StoredPointer): Promise<Current | undefined> {
  const { partition, materialization, applied } = stored.pointer
  const version = await asset.readVersion(materialization.id)
  const intact = version !== undefined && (await asset.isIntact(version))
  if (!intact) {
    const now = await asset.pointer(partition)
    if (!now) return undefined
    if (now.etag !== stored.etag) return currentOf(asset, now)
  }
  const record = version?.materialization ?? materialization
  return { partition, materialization: record, intact, ...(applied.size > 0 && { applied }) }
}

async function completeVersion(asset: AssetObjects, id: string): Promise<Version> {
  const version = await asset.readVersion(id)
  if (!version || !(await asset.isIntact(version))) throw dataMissing(asset.layout.key, asset.layout.version(id))
  return version
}

/** A complete version of some work: one that a dead writer left, or one that is kept from before. */
async function restorable(
  asset: AssetObjects,
  { partitions }: OutputContext,
  fingerprint: string,
): Promise<Version | undefined> {
  const abandoned = (await objectMarks(asset)).filter(mark => mark.isAbandoned).map(({ id }) => id)
  const former = (await asset.pointer(partitions[0] ?? null))?.pointer.versions ?? []
  for (const id of new Set([...abandoned, ...former])) {
    const version = await asset.wholeVersion(id)
    if (version?.materialization.fingerprint !== fingerprint) continue
    const { partitions: stored } = version.materialization
    const isSame = stored.length === partitions.length && stored.every((one, i) => one === partitions[i])
    if (isSame && (await asset.isIntact(version))) return version
  }
  return undefined
}

/** Errors after which a pointer may still be moved by a request that is on its way. */
const uncertain = new Set(["STORAGE_UNREACHABLE", "STORAGE_UNWRITABLE", "STORAGE_UNREADABLE"])

/** After a failed write: leaves a version that another may want, or whose pointer may yet be moved; removes any other. */
async function letGo(asset: AssetObjects, context: OutputContext, base: Base, error: unknown): Promise<void> {
  const code = error instanceof StorageError ? error.code : undefined
  const isWanted = code === "STORAGE_CONFLICT" && context.write === "overwrite"
  if (isWanted) {
    const now = pointersIn(await asset.pointersOf(partitionsOf(context)))
    return abandonObjects(asset, context.id, baseOf(now))
  }
  if (code !== undefined && uncertain.has(code)) return abandonObjects(asset, context.id, base)
  // What fails may have failed after the change.
  if (!(await isNamed(asset, context.id))) await asset.removeVersion(context.id)
  await unmarkObjects(asset, context.id)
}

function severalPartitions({ key, partitions }: OutputContext): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `${key} adds to ${partitions.length} partitions with one write, which cannot be done on an object store.`,
    why: "What is current of each partition is an object of its own, and a death between two of them would apply the rest twice.",
    fix: "Write partition by partition: leave 'batch' out of the asset's partitions, or overwrite.",
    details: { key },
  })
}
