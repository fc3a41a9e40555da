import { randomInt, randomUUID } from "node:crypto"
import type { Change } from "../table/asset-table.ts"
import type { TableFile } from "../table/table-file.ts"
import type { TablePlace } from "../table/table-place.ts"
import type { AvroFile } from "./avro-file.ts"
import type { AvroRecord } from "./avro-schema.ts"
import { isSpecOf, type TableColumns, tableColumns } from "./iceberg-schema.ts"
import { type ManifestFile, readManifest, status, writeManifest, writeManifestList } from "./manifest.ts"
import { entrySchema } from "./manifest-schema.ts"
import type { Beginning } from "./metadata-log.ts"
import { idInSummary } from "./others-commits.ts"
import { partitionColumn } from "./partition-column.ts"
import type { StoredRecord } from "./stored-record.ts"
import { currentSnapshot, type TableMetadata } from "./table-metadata.ts"
import { type CurrentRecords, withRecords } from "./table-properties.ts"
import { type IcebergState, liveManifests } from "./table-state.ts"

/** A commit that is ready: its files are written, and no metadata names them yet. */
export interface ReadyCommit {
  readonly metadata: TableMetadata
  readonly record: StoredRecord
  /** The files that are to go when the commit is not made. */
  readonly written: readonly string[]
}

export interface CommitFilesOptions {
  readonly place: TablePlace
  /** Of the table. */
  readonly folder: string
  /** Of the manifests. */
  readonly metadataFolder: string
  /** Of a table that is not there yet. */
  readonly beginning: Beginning
  /** The name of the record. */
  readonly recordName: string
  readonly durable: boolean
}

/** Writes the manifests of the commit that makes a change, and gives the metadata that is to name them. */
export async function prepareCommit(
  state: IcebergState,
  change: Change,
  options: CommitFilesOptions,
): Promise<ReadyCommit> {
  const writing = new CommitFiles(state, change, options)
  try {
    return await writing.run()
  } catch (error) {
    for (const path of writing.written) await options.place.remove(path).catch(() => {}) // collected later
    throw error
  }
}

interface Tally {
  files: number
  rows: bigint
}

class CommitFiles {
  readonly written: string[] = []
  readonly #state: IcebergState
  readonly #former: TableMetadata | undefined
  readonly #change: Change
  readonly #options: CommitFilesOptions
  readonly #snapshotId = randomInt(1, 2 ** 48 - 1)
  readonly #sequence: number
  readonly #uuid = randomUUID()
  /** Paths of new files that are live already. */
  readonly #stay = new Set<string>()
  readonly #removed: Tally = { files: 0, rows: 0n }

  constructor(state: IcebergState, change: Change, options: CommitFilesOptions) {
    this.#state = state
    this.#former = state.metadata
    this.#change = change
    this.#options = options
    this.#sequence = (state.metadata?.["last-sequence-number"] ?? 0) + 1
  }

  async run(): Promise<ReadyCommit> {
    const { partition, schema, files } = this.#change
    const { place, folder, metadataFolder, durable } = this.#options
    await place.makeFolder(metadataFolder)
    const kept = await this.#keptManifests()
    const isPartitioned = partition !== null
    const keepsFormer = kept.some(one => isLive(one))
    const columns = tableColumns(schema, { isPartitioned, former: this.#former, keepsFormer })
    const added = files.filter(file => !this.#stay.has(file.path))
    const manifests = [...(added.length > 0 ? [await this.#addedManifest(columns, added)] : []), ...kept]
    const list = this.#path(`snap-${this.#snapshotId}-1-${this.#uuid}.avro`)
    const parent = this.#former && currentSnapshot(this.#former)?.["snapshot-id"]
    await writeManifestList(place, list, manifests, {
      "snapshot-id": String(this.#snapshotId),
      "parent-snapshot-id": String(parent ?? "null"),
      "sequence-number": String(this.#sequence),
      "format-version": "2",
    })
    const names = this.written.map(path => place.relative(metadataFolder, path))
    if (durable) await place.sync(metadataFolder, names)
    const record: StoredRecord = {
      assets: 1,
      partition,
      sequence: this.#sequence,
      materialization: this.#change.materialization,
      schema,
      holds: this.#change.holds,
      former: this.#state.current?.names.get(partition) ?? null,
      applied: this.#change.applied,
      files: files.map(file => ({ ...file, path: place.relative(folder, file.path) })),
    }
    return { metadata: this.#metadata(columns, { list, manifests, added }), record, written: this.written }
  }

  #path(name: string): string {
    const path = this.#options.place.join(this.#options.metadataFolder, name)
    this.written.push(path)
    return path
  }

  /** Whether files of a partition make way: its own, and those of an asset that has gained or lost its partitions since. */
  #isReplaced(of: string | null): boolean {
    const { partition, holds } = this.#change
    if (of === partition) return holds === "whole"
    return partition === null || of === null
  }

  /** The manifests of what stays, and of what this commit lets go. */
  async #keptManifests(): Promise<AvroRecord[]> {
    if (!this.#former) return []
    const all = await liveManifests(this.#options.place, this.#former)
    const kept: AvroRecord[] = []
    for (const manifest of all) {
      if (manifest.isOfDeletes) kept.push(manifest.record)
      else if (this.#isUntouched(manifest)) kept.push(manifest.record)
      else kept.push(await this.#rewritten(manifest))
    }
    return this.#change.partition === null && this.#change.holds === "whole"
      ? kept.filter(one => one.content !== 1n) // of no file that is left are rows marked as deleted
      : kept
  }

  /** Whether it is known without reading a manifest that all its files stay. */
  #isUntouched({ partition, specId }: ManifestFile): boolean {
    const spec = this.#former?.["partition-specs"].find(one => one["spec-id"] === specId)
    const of = spec && isSpecOf(spec, 0) ? null : partition
    return of !== undefined && !this.#isReplaced(of)
  }

  /** A manifest once more, in which the files that make way are marked so. */
  async #rewritten(manifest: ManifestFile): Promise<AvroRecord> {
    const { file, entries } = await readManifest(this.#options.place, manifest)
    const wanted = new Set(this.#change.files.map(one => one.path))
    const live = entries.filter(one => one.status !== status.deleted)
    const records = live.map(({ record, partition, path, rows }) => {
      if (!this.#isReplaced(partition)) return { ...record, status: status.existing }
      if (wanted.has(path)) {
        this.#stay.add(path)
        return { ...record, status: status.existing }
      }
      this.#removed.files++
      this.#removed.rows += rows
      return { ...record, status: status.deleted, snapshot_id: BigInt(this.#snapshotId) }
    })
    const path = this.#path(`${this.#uuid}-m${this.written.length}.avro`)
    return this.#manifest(path, { ...file, records }, manifest.specId)
  }

  #addedManifest(columns: TableColumns, files: readonly TableFile[]): Promise<AvroRecord> {
    const { partition } = this.#change
    const spec = columns["partition-specs"].find(one => one["spec-id"] === columns["default-spec-id"])
    const records = files.map(({ path, rows, bytes }) => ({
      status: status.added,
      snapshot_id: BigInt(this.#snapshotId),
      sequence_number: null,
      file_sequence_number: null,
      data_file: {
        content: 0n,
        file_path: this.#options.place.url(path),
        file_format: "PARQUET",
        partition: partition === null ? {} : { [partitionColumn]: partition },
        record_count: BigInt(rows),
        file_size_in_bytes: BigInt(bytes),
      },
    }))
    const about = {
      schema: JSON.stringify(currentSchema(columns)),
      "schema-id": String(columns["current-schema-id"]),
      "partition-spec": JSON.stringify(spec?.fields ?? []),
      "partition-spec-id": String(columns["default-spec-id"]),
      "format-version": "2",
      content: "data",
    }
    const path = this.#path(`${this.#uuid}-m${this.written.length}.avro`)
    return this.#manifest(path, { schema: entrySchema(partition !== null), about, records }, columns["default-spec-id"])
  }

  #manifest(path: string, file: AvroFile, specId: number): Promise<AvroRecord> {
    const { place } = this.#options
    return writeManifest(place, { path, file, specId, snapshotId: this.#snapshotId, sequence: this.#sequence })
  }

  #records(name: string): CurrentRecords {
    const { current, entries, others } = this.#state
    const { partition, holds } = this.#change
    // An asset that has lost or gained its partitions keeps no record of the other kind.
    const names = new Map([...(current?.names ?? [])].filter(([of]) => (of === null) === (partition === null)))
    const isReplaced = (of: string | null) => of === partition && holds === "whole"
    const isQuiet = entries.every(one => !one.isChanged || !names.has(one.partition) || isReplaced(one.partition))
    return {
      names: names.set(partition, name),
      head: String(this.#snapshotId),
      headSequence: this.#sequence,
      others,
      quiet: isQuiet ? this.#sequence : (current?.quiet ?? 0),
    }
  }

  #metadata(columns: TableColumns, made: Omit<Made, "removed">): TableMetadata {
    const former = this.#former
    const { place, recordName, beginning } = this.#options
    const { partition, materialization } = this.#change
    const now = Math.max(Date.now(), former?.["last-updated-ms"] ?? 0)
    const parent = former && currentSnapshot(former)?.["snapshot-id"]
    const snapshot = {
      "snapshot-id": this.#snapshotId,
      ...(parent !== undefined && { "parent-snapshot-id": parent }),
      "sequence-number": this.#sequence,
      "timestamp-ms": now,
      summary: {
        ...summaryOf({ ...made, removed: this.#removed }),
        [idInSummary]: materialization.id,
        "assets.run": materialization.runId,
        ...(partition !== null && { "assets.partition": partition }),
      },
      "manifest-list": place.url(made.list),
      "schema-id": columns["current-schema-id"],
    }
    const records = this.#records(recordName)
    return {
      ...former,
      "format-version": 2,
      "table-uuid": former?.["table-uuid"] ?? beginning["table-uuid"],
      location: former?.location ?? beginning.location,
      ...columns,
      "last-sequence-number": this.#sequence,
      "last-updated-ms": now,
      "sort-orders": former?.["sort-orders"] ?? [{ "order-id": 0, fields: [] }],
      "default-sort-order-id": former?.["default-sort-order-id"] ?? 0,
      properties: withRecords({ ...(former ? {} : beginning.properties), ...columns.properties }, records),
      "current-snapshot-id": this.#snapshotId,
      refs: { ...former?.refs, main: { "snapshot-id": this.#snapshotId, type: "branch" } },
      snapshots: [...(former?.snapshots ?? []), snapshot],
      "snapshot-log": [...(former?.["snapshot-log"] ?? []), { "snapshot-id": this.#snapshotId, "timestamp-ms": now }],
    }
  }
}

interface Made {
  readonly list: string
  readonly manifests: readonly AvroRecord[]
  readonly added: readonly TableFile[]
  readonly removed: Tally
}

function summaryOf({ manifests, added, removed }: Made) {
  const total = (...names: readonly string[]) =>
    manifests
      .filter(one => one.content === 0n)
      .reduce((sum, one) => names.reduce((inner, name) => inner + ((one[name] ?? 0n) as bigint), sum), 0n)
  return {
    operation: removed.files > 0 ? "overwrite" : "append",
    "added-data-files": String(added.length),
    "added-records": String(added.reduce((sum, { rows }) => sum + rows, 0)),
    "deleted-data-files": String(removed.files),
    "deleted-records": String(removed.rows),
    "total-data-files": String(total("added_files_count", "existing_files_count")),
    "total-records": String(total("added_rows_count", "existing_rows_count")),
    "engine-name": "assets",
  }
}

function isLive(manifest: AvroRecord): boolean {
  return manifest.added_files_count !== 0n || manifest.existing_files_count !== 0n
}

function currentSchema(columns: TableColumns) {
  return columns.schemas.find(one => one["schema-id"] === columns["current-schema-id"])
}
