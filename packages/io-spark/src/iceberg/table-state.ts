import type { DataType, Schema } from "@assets/dataframe"
import type { AssetTable, Entry, TableState } from "../table/asset-table.ts"
import { areThere, type TableFile } from "../table/table-file.ts"
import type { TablePlace } from "../table/table-place.ts"
import { type ManifestFile, readManifest, readManifestList, status } from "./manifest.ts"
import type { MetadataVersion } from "./metadata-log.ts"
import { othersCommits } from "./others-commits.ts"
import type { RecordFolder, StoredRecord } from "./stored-record.ts"
import { currentSnapshot, type TableMetadata } from "./table-metadata.ts"
import { type CurrentRecords, currentRecords } from "./table-properties.ts"

interface Held {
  readonly entry: Entry & { readonly version: string }
  readonly files: readonly TableFile[]
}

/** A table as it is after one of its commits. */
export class IcebergState implements TableState {
  /** The commit; undefined where there is none. */
  readonly at: MetadataVersion | undefined
  readonly current: CurrentRecords | undefined
  /** The number of the last commit of others. */
  readonly others: number
  readonly #held: ReadonlyMap<string | null, Held>

  private constructor(at: MetadataVersion | undefined, held: ReadonlyMap<string | null, Held>, others: number) {
    this.at = at
    this.current = at && currentRecords(at.metadata)
    this.others = others
    this.#held = held
  }

  static readonly none = new IcebergState(undefined, new Map(), 0)

  static async of(
    at: MetadataVersion,
    records: RecordFolder,
    { place, path }: Pick<AssetTable, "place" | "path">,
  ): Promise<IcebergState> {
    const current = currentRecords(at.metadata)
    if (!current) return new IcebergState(at, new Map(), 0)
    const others = othersCommits(at.metadata, current)
    const held = new Map<string | null, Held>()
    let present: Promise<PresentFiles> | undefined
    for (const [partition, name] of current.names) {
      const chain = await chainOf(records, name)
      const [last] = chain
      if (!last) continue // its record is gone: nothing is known of it
      const written = chain.flatMap(record => filesOf(record, place, path)).reverse()
      const applied = new Set(chain.flatMap(record => record.applied))
      if (last.sequence <= others.last) present ??= presentFiles(place, at.metadata)
      const found = last.sequence <= others.last ? (await present)?.of(partition) : undefined
      const isSame = found === undefined || (!found.hasDeletions && samePaths(found.files, written))
      const isMoved = !isSame && !found.hasDeletions && others.onlyMoved(last.sequence)
      // Others write columns of some names under other ones; until they let them go, our files hold the same rows.
      const isReadable = !isMoved || hasPlainNames(last.schema)
      const stays = isSame || (isMoved && !isReadable && (await areThere(place, written)))
      const { materialization } = last
      const entry = {
        partition,
        version: name,
        materialization,
        applied,
        isChanged: !stays && !(isMoved && isReadable),
      }
      held.set(partition, { entry, files: stays ? written : found.files })
    }
    return new IcebergState(at, held, Number.isFinite(others.last) ? others.last : at.metadata["last-sequence-number"])
  }

  get metadata(): TableMetadata | undefined {
    return this.at?.metadata
  }

  get isNew(): boolean {
    return this.at === undefined
  }

  get isForeign(): boolean {
    return this.at !== undefined && this.current === undefined
  }

  get entries(): readonly Entry[] {
    return [...this.#held.values()].map(one => one.entry)
  }

  entry(partition: string | null): Held["entry"] | undefined {
    return this.#held.get(partition)?.entry
  }

  files(partition: string | null): readonly TableFile[] {
    return this.#held.get(partition)?.files ?? []
  }
}

/** A record, and those to whose rows it has added, newest first. */
async function chainOf(records: RecordFolder, name: string): Promise<StoredRecord[]> {
  const chain: StoredRecord[] = []
  for (let at: string | null = name; at !== null; ) {
    const record: StoredRecord | undefined = await records.read(at)
    if (!record) return []
    chain.push(record)
    at = record.holds === "added" ? record.former : null
  }
  return chain
}

/** The files that a record's commit has added. */
export function filesOf({ files }: StoredRecord, place: TablePlace, folder: string): TableFile[] {
  return files.map(file => ({ ...file, path: place.join(folder, file.path) }))
}

interface PresentFiles {
  of(partition: string | null): { readonly files: readonly TableFile[]; readonly hasDeletions: boolean }
}

/** The files that readers see now, as the manifests tell. */
async function presentFiles(place: TablePlace, metadata: TableMetadata): Promise<PresentFiles> {
  const manifests = await liveManifests(place, metadata)
  const hasDeletions = manifests.some(one => one.isOfDeletes)
  const found = new Map<string | null, TableFile[]>()
  for (const manifest of manifests.filter(one => !one.isOfDeletes)) {
    for (const entry of (await readManifest(place, manifest)).entries) {
      if (entry.status === status.deleted) continue
      const file = { path: entry.path, bytes: Number(entry.bytes), rows: Number(entry.rows), hasDeletions }
      const files = found.get(entry.partition)
      if (files) files.push(file)
      else found.set(entry.partition, [file])
    }
  }
  return { of: partition => ({ files: found.get(partition) ?? [], hasDeletions }) }
}

/** The manifests of what readers see that name live files. */
export async function liveManifests(place: TablePlace, metadata: TableMetadata): Promise<ManifestFile[]> {
  const list = currentSnapshot(metadata)?.["manifest-list"]
  const all = list === undefined ? [] : await readManifestList(place, list)
  return all.filter(one => one.liveFiles > 0)
}

function hasPlainNames({ columns }: Schema): boolean {
  return columns.every(({ name, type }) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && isPlain(type))
}

function isPlain(type: DataType): boolean {
  if (type.kind === "struct") return hasPlainNames({ columns: type.fields })
  return type.kind === "array"
    ? isPlain(type.element)
    : type.kind !== "map" || (isPlain(type.key) && isPlain(type.value))
}

function samePaths(some: readonly TableFile[], others: readonly TableFile[]): boolean {
  const paths = new Set(some.map(file => file.path))
  return some.length === others.length && others.every(file => paths.has(file.path))
}
