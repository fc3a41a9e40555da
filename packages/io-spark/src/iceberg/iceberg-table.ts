import { randomUUID } from "node:crypto"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { ConfigError } from "@assets/core"
import type { AssetTable, Change, CommittedWrite, CreateCommit } from "../table/asset-table.ts"
import { InTurn } from "../table/in-turn.ts"
import { foreignTable } from "../table/table-failure.ts"
import type { PlaceEntry, TablePlace } from "../table/table-place.ts"
import { prepareCommit } from "./commit-files.ts"
import { expireSnapshots, readableSince } from "./expire-snapshots.ts"
import { isSpecOf } from "./iceberg-schema.ts"
import { localPath, type ManifestFile, readManifest, readManifestList, status } from "./manifest.ts"
import { MetadataLog, type MetadataVersion } from "./metadata-log.ts"
import { reservedNames } from "./partition-column.ts"
import { RecordFolder } from "./stored-record.ts"
import type { Snapshot, TableMetadata } from "./table-metadata.ts"
import { filesOf, IcebergState } from "./table-state.ts"

/** The table of one asset in Iceberg's catalog of files. Keeps what it has read last. */
export class IcebergTable implements AssetTable {
  readonly place: TablePlace
  readonly key: string
  readonly path: string
  readonly reservedNames = reservedNames
  readonly #log: MetadataLog
  readonly #records: RecordFolder
  #known: { readonly at: MetadataVersion; readonly state: IcebergState } | undefined
  readonly #reading = new InTurn()

  constructor(place: TablePlace, key: string, path: string) {
    this.place = place
    this.key = key
    this.path = path
    this.#log = new MetadataLog(place, join(path, "metadata"))
    this.#records = new RecordFolder(this.#ownFolder) // what begins with `_` is no orphan to `remove_orphan_files`
  }

  get #ownFolder(): string {
    return join(this.path, "_assets")
  }

  get logFolder(): string {
    return this.#log.folder
  }

  get dataFolder(): string {
    return join(this.path, "data")
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
      yield { ...record, version, files: filesOf(record, this.path) }
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
      folder: this.path,
      log,
      recordName,
      durable,
    })
    this.#records.write(recordName, record, { durable })
    return async commit => {
      if (commit(() => log.create(state.version + 1, metadata, { durable }))) return true
      for (const path of written) rmSync(path, { force: true })
      this.#records.remove(recordName)
      return false
    }
  }

  requireWritable(state: IcebergState): void {
    if (state.isForeign) throw foreignTable(this.key, this.path)
    const demands = state.metadata ? unknownDemands(state.metadata) : []
    if (demands.length === 0) return
    const { key, path } = this
    throw new ConfigError("ENVIRONMENT_UNSUPPORTED", {
      what: `The Iceberg table at ${path} demands of its writers what this version does not do: ${demands.join(", ")}.`,
      why: "Somebody has switched it on with ALTER TABLE; a writer that leaves it out could damage the table.",
      fix: `Move the table away (mv ${path} ${path}-former), and materialize ${key} again.`,
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
      for (const { path, status: of } of (await readManifest(manifest)).entries)
        if (of !== status.deleted) paths.push(path)
    return paths
  }

  async expire(since: number): Promise<void> {
    const { version, metadata } = await this.state()
    if (metadata) expireSnapshots(this.#log, version, metadata, since)
  }

  async leftovers(): Promise<readonly PlaceEntry[]> {
    const { metadata } = await this.state()
    const snapshots = metadata?.snapshots ?? []
    const needed = new Set(snapshots.map(one => localPath(one["manifest-list"])))
    for (const { path } of await this.#manifests(snapshots)) needed.add(path)
    const entries = await this.place.entries(this.#log.folder)
    return entries.filter(({ name, path }) => isBesideMetadata(name) && !needed.has(path))
  }

  /** The manifests of snapshots, each once. */
  async #manifests(snapshots: readonly Snapshot[]): Promise<readonly ManifestFile[]> {
    const found = new Map<string, ManifestFile>()
    for (const snapshot of snapshots)
      for (const one of await readManifestList(localPath(snapshot["manifest-list"]))) found.set(one.path, one)
    return [...found.values()]
  }

  async isOurs(): Promise<boolean> {
    const state = await this.state()
    return !state.isNew && !state.isForeign
  }

  async remove(): Promise<void> {
    const { place, path, logFolder } = this
    await place.removeTable({ path, logFolder, ownFolder: this.#ownFolder, firstCommit: this.#log.path(1) })
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
