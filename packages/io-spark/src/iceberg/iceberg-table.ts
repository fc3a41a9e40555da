import { randomUUID } from "node:crypto"
import { ConfigError } from "@assets/core"
import type { AssetTable, Change, CommittedWrite, CreateCommit } from "../table/asset-table.ts"
import { InTurn } from "../table/in-turn.ts"
import { foreignTable } from "../table/table-failure.ts"
import type { PlaceEntry, TablePlace } from "../table/table-place.ts"
import { prepareCommit } from "./commit-files.ts"
import { expireSnapshots, readableSince } from "./expire-snapshots.ts"
import { isSpecOf } from "./iceberg-schema.ts"
import { type ManifestFile, pathOf, readManifest, readManifestList, status } from "./manifest.ts"
import type { MetadataLog, MetadataVersion } from "./metadata-log.ts"
import { reservedNames } from "./partition-column.ts"
import { RecordFolder } from "./stored-record.ts"
import type { Snapshot, TableMetadata } from "./table-metadata.ts"
import { filesOf, IcebergState } from "./table-state.ts"

/** The table of one asset in a catalog of Iceberg. Keeps what it has read last. */
export class IcebergTable implements AssetTable {
  readonly place: TablePlace
  readonly key: string
  readonly path: string
  readonly fileFormat = "parquet"
  readonly reservedNames = reservedNames
  readonly #log: MetadataLog
  readonly #records: RecordFolder
  #known: { readonly at: MetadataVersion; readonly state: IcebergState } | undefined
  readonly #reading = new InTurn()

  constructor(place: TablePlace, key: string, path: string, log: MetadataLog) {
    this.place = place
    this.key = key
    this.path = path
    this.#log = log
    this.#records = new RecordFolder(place, this.place.join(path, "_assets")) // what begins with `_` is no orphan to `remove_orphan_files`
  }

  get commitsAt(): string {
    return this.#log.address
  }

  get dataFolder(): string {
    return this.place.join(this.path, "data")
  }

  get #metadataFolder(): string {
    return this.place.join(this.path, "metadata")
  }

  state(): Promise<IcebergState> {
    return this.#reading.run(() => this.#refresh())
  }

  async #refresh(): Promise<IcebergState> {
    const known = this.#known
    const at = await this.#log.last(known?.at)
    if (!at) return IcebergState.none
    if (at === known?.at) return known.state
    const state = await IcebergState.of(at, this.#records, this)
    this.#known = { at, state }
    return state
  }

  async *history(partition: string | null): AsyncGenerator<CommittedWrite> {
    const state = await this.state()
    for (let version = state.current?.names.get(partition) ?? null; version !== null; ) {
      const record = await this.#records.read(version)
      if (!record) return
      yield { ...record, version, files: filesOf(record, this.place, this.path) }
      version = record.former
    }
  }

  async prepare(
    state: IcebergState,
    change: Change,
    { durable }: { readonly durable: boolean },
  ): Promise<CreateCommit> {
    const log = this.#log
    const recordName = `${change.materialization.id}-${randomUUID().slice(0, 8)}.json`
    const { metadata, record, written } = await prepareCommit(state, change, {
      place: this.place,
      folder: this.path,
      metadataFolder: this.#metadataFolder,
      beginning: log.beginning(),
      recordName,
      durable,
    })
    await this.#records.write(recordName, record, { durable })
    return async commit => {
      if (await log.create(state.at, metadata, { durable, commit })) return true
      // What cannot be removed now is collected later.
      for (const path of written) await this.place.remove(path).catch(() => {})
      await this.#records.remove(recordName).catch(() => {})
      return false
    }
  }

  requireWritable(state: IcebergState): void {
    if (state.isForeign) throw foreignTable(this.key, this.path, this.#log.toMoveAway)
    const demands = state.metadata ? unknownDemands(state.metadata) : []
    if (demands.length === 0) return
    const { key, path } = this
    throw new ConfigError("ENVIRONMENT_UNSUPPORTED", {
      what: `The Iceberg table at ${path} demands of its writers what this version does not do: ${demands.join(", ")}.`,
      why: "Somebody has switched it on with ALTER TABLE; a writer that leaves it out could damage the table.",
      fix: `Move the table away (${this.#log.toMoveAway}), and materialize ${key} again.`,
      details: { path, demands },
    })
  }

  deletionsRefused(): ConfigError {
    const { key, path } = this
    return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
      what: `Rows of ${key} are marked as deleted beside their files, which tableIO does not read.`,
      why: "Somebody has deleted or changed rows, in a way that leaves their files as they are.",
      fix: `assets materialize ${key} --force`,
      details: { key, path },
    })
  }

  async filesLetGo(since: number): Promise<readonly string[]> {
    const { metadata } = await this.state()
    const paths: string[] = []
    for (const manifest of await this.#manifests(metadata ? readableSince(metadata, since) : []))
      for (const { path, status: of } of (await readManifest(this.place, manifest)).entries)
        if (of !== status.deleted) paths.push(path)
    return paths
  }

  async expire(since: number): Promise<void> {
    const { at } = await this.state()
    if (at) await expireSnapshots(this.#log, at, since)
  }

  async leftovers(): Promise<readonly PlaceEntry[]> {
    const { metadata } = await this.state()
    const snapshots = metadata?.snapshots ?? []
    const needed = new Set(snapshots.map(one => pathOf(this.place, one["manifest-list"])))
    for (const { path } of await this.#manifests(snapshots)) needed.add(path)
    const entries = await this.place.entries(this.#metadataFolder)
    return entries.filter(({ name, path }) => isBesideMetadata(name) && !needed.has(path))
  }

  /** The manifests of snapshots, each once. */
  async #manifests(snapshots: readonly Snapshot[]): Promise<readonly ManifestFile[]> {
    const found = new Map<string, ManifestFile>()
    for (const snapshot of snapshots)
      for (const one of await readManifestList(this.place, snapshot["manifest-list"])) found.set(one.path, one)
    return [...found.values()]
  }

  async isOurs(): Promise<boolean> {
    const state = await this.state()
    return !state.isNew && !state.isForeign
  }

  async remove(): Promise<void> {
    await this.#log.remove()
    await this.place.removeFolder(this.path)
  }
}

/** Manifests, lists of these, and commits that were being written. */
function isBesideMetadata(name: string): boolean {
  return name.endsWith(".avro") || /^\.commit-.*\.tmp$/.test(name)
}

/** What a table demands of its writers that is not done here. */
function unknownDemands(metadata: TableMetadata): string[] {
  const { "format-version": version } = metadata
  const spec = metadata["partition-specs"].find(one => !isSpecOf(one, 0) && !isSpecOf(one, 1))
  return [
    ...(version === 2 ? [] : [`format-version ${version}`]),
    ...(spec ? [`partitions by ${spec.fields.map(one => `${one.transform}(${one.name})`).join(", ")}`] : []),
  ]
}
