import { existsSync, rmSync } from "node:fs"
import { rm } from "node:fs/promises"
import { resolve } from "node:path"
import {
  type Adoption,
  type AssetContext,
  type CollectContext,
  type Collected,
  ConfigError,
  type Current,
  type Finding,
  faultPoint,
  type InputContext,
  type IOContext,
  type IOManager,
  isObjectUrl,
  type Json,
  type Materialization,
  type OutputContext,
  type OutputValue,
  type Publication,
  type PublishContext,
  type Refusal,
  removeEmptyFolders,
  StorageError,
  type StoredValue,
} from "@assets/core"
import { adoptVersion } from "./adopt-version.ts"
import { AssetFolder } from "./asset-folder.ts"
import { collectAsset } from "./collect-versions.ts"
import { commitVersion, discardVersion, pointersOf, publishVersions, recordOf } from "./commit-version.ts"
import { FolderPlace } from "./folder-place.ts"
import { ObjectIOManager } from "./object-io-manager.ts"
import { compressionOf, faultOfOptions, type ParquetOptions, refusalOf } from "./parquet-options.ts"
import { type Pointer, readPointer } from "./pointer.ts"
import { finishDecision, type PointerView, readAtOneMoment } from "./publication.ts"
import { restorableVersion } from "./restorable-version.ts"
import { RootLock } from "./root-lock.ts"
import { baseOf, isAppliedToAll } from "./same-work.ts"
import { examineRoot } from "./storage-doctor.ts"
import { storageFailure } from "./storage-failure.ts"
import { StorageRoot } from "./storage-root.ts"
import { dataMissing, storedValue } from "./stored-value.ts"
import { filesOf, isIntact, partitionsOf, readVersion, type Version } from "./version.ts"
import { dropAbandoned, removeDoomed, wholeVersion } from "./version-collector.ts"
import { writeVersion } from "./write-version.ts"
import { abandonedWrites, abandonWriting, markWriting, removeMark, unmarkWriting } from "./writing-mark.ts"

/**
 * Keeps each materialization as Parquet files in a folder of their own, and a pointer to the current one.
 *
 * A version never changes once it is complete, so that readers finish with what they began. Frames are written and read
 * by the engine; what TypeScript made is streamed through parquet-wasm. JSON values are kept as `value.json`.
 * With a root on an object store the pointer is replaced by a conditional write, and there is no `publish: "run"`.
 * @throws ConfigError `CONFIG_INVALID` for wrong options
 * @example
 * parquetIO({ root: "data", keep: 3 })
 * @example
 * parquetIO({ root: "s3://lake/assets" })
 * @example
 * parquetIO({ root: "hdfs://namenode:8020/lake/assets" })
 */
export function parquetIO(options: ParquetOptions): IOManager {
  const why = faultOfOptions(options)
  if (why !== undefined) {
    const fix = 'Write for one parquetIO({ root: "data", keep: 2 }).'
    throw new ConfigError("CONFIG_INVALID", { what: "parquetIO() was given wrong options.", why, fix })
  }
  const settings = { ...options, keep: options.keep ?? 2 }
  return isObjectUrl(options.root) ? new ObjectIOManager(settings) : new ParquetIOManager(settings)
}

class ParquetIOManager implements IOManager {
  readonly name = "parquet"
  readonly defaultEngine = { module: "@assets/io-duckdb", name: "duckdb" } as const
  readonly #options: ParquetOptions & { readonly keep: number }
  readonly #lock = new RootLock()

  constructor(options: ParquetOptions & { readonly keep: number }) {
    this.#options = options
  }

  describe(): { readonly [option: string]: Json } {
    return { ...this.#options }
  }

  refusal(): Refusal | undefined {
    return refusalOf(this.#options.root)
  }

  async current(
    context: IOContext,
    keys: readonly string[],
    partitions?: readonly (string | null)[],
  ): Promise<ReadonlyMap<string, readonly Current[]>> {
    const root = this.#root(context)
    let isUnfinished = false
    const current = await this.#atOneMoment(root, context, (view, isLast) => {
      isUnfinished = view.isUnfinished
      const found = new Map<string, readonly Current[]>()
      for (const key of keys) {
        const folder = new AssetFolder(root, key)
        const pointers = partitions?.flatMap(partition => view.one(folder, partition) ?? []) ?? view.all(folder)
        const current = pointers.map(pointer => currentOf(folder, pointer))
        // What is gone may have been dropped between the look at its pointer and the look at it.
        if (!isLast && current.some(one => !one.intact && hasMoved(folder, view, one))) return undefined
        if (current.length > 0) found.set(key, current)
      }
      return found
    })
    // Who died after the decision left it so; pointers are also read by people and by other tools.
    if (isUnfinished) await this.#lock.attempt(root, () => finishDecision(root))
    return current
  }

  async handleOutput(context: OutputContext, value: OutputValue): Promise<Materialization> {
    context.signal.throwIfAborted()
    const folder = this.#folder(context)
    const { id } = context
    const pointers = await this.#pointers(context, folder)
    const [first] = pointers.values()
    if (first && isAppliedToAll(context, [...pointers.values()])) return recordOf(folder, first)
    const base = baseOf(pointers)
    markWriting(folder, id, base)
    try {
      const layout = { ...compressionOf(this.#options), ...context.layout }
      const place = new FolderPlace(folder)
      const version = await writeVersion({ context, place, value, pointers, layout })
      if (context.staged) return version.materialization
      faultPoint("io.pointer")
      const record = await commitVersion(this.#committing, context, folder, { version, base })
      if (record.id !== id) await discardVersion(this.#lock, folder, id)
      unmarkWriting(folder, id)
      // What cannot be removed now is collected later.
      await this.#collectAbandoned(context, folder).catch(() => {})
      return record
    } catch (error) {
      await this.#letGo(context, folder, error).catch(() => {}) // the first error says more
      throw error
    }
  }

  async loadInput(context: InputContext): Promise<StoredValue> {
    const folder = this.#folder(context)
    const versions = context.materializations.map(({ id }) => completeVersion(folder, id))
    return storedValue(new FolderPlace(folder), versions, context, async partition => {
      return readPointer(folder, partition)?.versions ?? []
    })
  }

  async restore(context: OutputContext, fingerprint: string): Promise<Materialization | undefined> {
    const folder = this.#folder(context)
    const base = baseOf(await this.#pointers(context, folder))
    const found = restorableVersion(folder, { fingerprint, partitions: context.partitions })
    if (!found) return undefined
    const { version, mark } = found
    const { id } = version.materialization
    if (context.staged) {
      markWriting(folder, id, base)
      // Whoever took it for garbage before the mark was there has removed its marker by the time of this look.
      const found = await this.#lock.hold(folder.root, context, () => wholeVersion(folder, id))
      if (!found) unmarkWriting(folder, id)
      return found?.materialization
    }
    faultPoint("io.pointer")
    try {
      const record = await commitVersion(this.#committing, { ...context, fingerprint }, folder, { version, base })
      if (mark !== undefined && record.id === id) removeMark(mark)
      return record
    } catch (error) {
      if (error instanceof StorageError && error.code === "STORAGE_DATA_MISSING") return undefined // collected meanwhile
      throw error
    }
  }

  async publish(context: PublishContext, publications: readonly Publication[]): Promise<void> {
    if (publications.length > 0) {
      await publishVersions(this.#committing, context, this.#root(context), publications)
    }
  }

  async adopt(context: AssetContext, adoption: Adoption): Promise<Materialization | undefined> {
    const { from, fromContext, record } = adoption
    if (!(from instanceof ParquetIOManager) || from.refusal()) return undefined
    const to = this.#folder(context)
    markWriting(to, record.id, baseOf(pointersOf(to, partitionsOf(record))))
    try {
      to.root.confirmInside(to.version(record.id))
      const durable = context.durability === "power"
      return adoptVersion({ from: from.#folder(fromContext), to }, adoption, { durable })
    } catch (error) {
      await discardVersion(this.#lock, to, record.id).catch(() => {}) // the first error says more
      throw error
    }
  }

  async versions(context: AssetContext, partition: string | null): Promise<readonly Materialization[]> {
    const folder = this.#folder(context)
    const pointer = await this.#atOneMoment(folder.root, context, view => ({ found: view.one(folder, partition) }))
    return (pointer.found?.versions ?? []).flatMap(id => {
      const version = wholeVersion(folder, id)
      return version && isIntact(folder, version) ? [version.materialization] : []
    })
  }

  async collect(context: CollectContext, keys: readonly string[]): Promise<readonly Collected[]> {
    const root = this.#root(context)
    if (!existsSync(root.path)) return []
    const { keep } = this.#options
    const { dryRun } = context
    const found: Collected[] = []
    for (const key of keys) {
      context.signal.throwIfAborted()
      const folder = new AssetFolder(root, key)
      if (!existsSync(folder.path)) continue
      const collection = await this.#lock.hold(root, context, () => {
        if (!dryRun) finishDecision(root)
        return collectAsset(folder, { keep, inUse: context.inUse(), dryRun })
      })
      await removeDoomed(folder, collection.doomed)
      found.push(...collection.found)
    }
    return found
  }

  async doctor(context: IOContext): Promise<readonly Finding[]> {
    return examineRoot(this.#root(context))
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
    const { root } = folder
    if (!existsSync(folder.path)) return
    root.confirmInside(folder.path)
    try {
      await this.#lock.hold(root, context, () => {
        finishDecision(root)
        // First the pointers: what dies on the way leaves versions that nothing refers to.
        rmSync(folder.pointers, { recursive: true, force: true })
      })
      for (const path of [folder.latest, folder.versions, folder.writing])
        await rm(path, { recursive: true, force: true })
    } catch (error) {
      throw storageFailure(error, folder.path, "write")
    }
    await removeEmptyFolders(folder.path, root.path)
  }

  async close(): Promise<void> {
    this.#lock.close()
  }

  get #committing() {
    return { lock: this.#lock, keep: this.#options.keep }
  }

  #root(context: IOContext): StorageRoot {
    const root = context.expand(this.#options.root)
    const refusal = refusalOf(root)
    if (!refusal) return new StorageRoot(resolve(context.base, root))
    const what = `parquetIO cannot keep assets at ${root}.`
    throw new ConfigError("ENVIRONMENT_UNSUPPORTED", { what, ...refusal, details: { root } })
  }

  #folder(context: AssetContext): AssetFolder {
    return new AssetFolder(this.#root(context), context.key)
  }

  #atOneMoment<T>(root: StorageRoot, context: IOContext, read: (view: PointerView, isLast: boolean) => T | undefined) {
    return readAtOneMoment(root, read, last =>
      this.#lock.hold(root, context, last).catch(error => {
        // Who may not write there cannot hold others off either, and reads what there is.
        if (error instanceof StorageError && error.code === "STORAGE_UNWRITABLE") return last()
        throw error
      }),
    )
  }

  /** What is current of the partitions of a write. */
  #pointers(context: OutputContext, folder: AssetFolder): Promise<Map<string | null, Pointer | undefined>> {
    return this.#atOneMoment(folder.root, context, view => {
      return new Map(partitionsOf(context).map(partition => [partition, view.one(folder, partition)]))
    })
  }

  /** After a failed write: leaves a version that another may want, and removes any other. */
  async #letGo(context: OutputContext, folder: AssetFolder, error: unknown): Promise<void> {
    const isConflict = error instanceof StorageError && error.code === "STORAGE_CONFLICT"
    if (!isConflict || context.write !== "overwrite") return discardVersion(this.#lock, folder, context.id)
    abandonWriting(folder, context.id, baseOf(await this.#pointers(context, folder)))
  }

  async #collectAbandoned(context: OutputContext, folder: AssetFolder): Promise<void> {
    if (abandonedWrites(folder).length === 0) return
    const doomed = await this.#lock.hold(folder.root, context, () => {
      finishDecision(folder.root)
      return dropAbandoned(folder, context.inUse())
    })
    await removeDoomed(folder, doomed)
  }
}

function currentOf(folder: AssetFolder, { partition, materialization, applied }: Pointer): Current {
  const version = readVersion(folder, materialization.id)
  const intact = version !== undefined && isIntact(folder, version)
  const record = version?.materialization ?? materialization
  return { partition, materialization: record, intact, ...(applied.size > 0 && { applied }) }
}

function hasMoved(folder: AssetFolder, view: PointerView, { partition, materialization }: Current): boolean {
  return view.one(folder, partition)?.materialization.id !== materialization.id
}

function completeVersion(folder: AssetFolder, id: string): Version {
  const version = readVersion(folder, id)
  if (!version || !isIntact(folder, version)) throw dataMissing(folder.key, folder.version(id))
  return version
}
