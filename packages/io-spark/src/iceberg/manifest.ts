import { StorageError } from "@assets/core"
import type { TablePlace } from "../table/table-place.ts"
import { type AvroFile, formatAvro, parseAvro } from "./avro-file.ts"
import type { AvroRecord, AvroValue } from "./avro-schema.ts"
import { listSchema } from "./manifest-schema.ts"

/** A line of a list of manifests: what one manifest holds. */
export interface ManifestFile {
  readonly path: string
  readonly specId: number
  readonly isOfDeletes: boolean
  readonly sequence: bigint
  readonly addedBy: bigint
  /** The files that are live. */
  readonly liveFiles: number
  readonly liveRows: bigint
  /** The one value of the column of partitions that all its files have; undefined where that is not told. */
  readonly partition: string | undefined
  readonly record: AvroRecord
}

/** What a line of a manifest says of its file. */
export const status = { existing: 0n, added: 1n, deleted: 2n } as const

/** A line of a manifest, with what it inherits from the list filled in. */
export interface ManifestEntry {
  readonly status: bigint
  readonly path: string
  readonly partition: string | null
  readonly rows: bigint
  readonly bytes: bigint
  readonly record: AvroRecord
}

/** @param name as the table has it */
export async function readManifestList(place: TablePlace, name: string): Promise<ManifestFile[]> {
  const { records } = await readAvro(place, pathOf(place, name))
  return records.map(one => {
    const whole = (name: string, former = name) => (one[name] ?? one[former] ?? 0n) as bigint // as the schema has it
    return {
      path: pathOf(place, String(one.manifest_path)),
      specId: Number(one.partition_spec_id),
      isOfDeletes: whole("content") === 1n,
      sequence: whole("sequence_number"),
      addedBy: whole("added_snapshot_id"),
      liveFiles: Number(
        whole("added_files_count", "added_data_files_count") +
          whole("existing_files_count", "existing_data_files_count"),
      ),
      liveRows: whole("added_rows_count") + whole("existing_rows_count"),
      partition: onlyPartition(one.partitions ?? null),
      record: one,
    }
  })
}

function onlyPartition(summaries: AvroValue): string | undefined {
  const [first, ...others] = (summaries ?? []) as readonly AvroRecord[] // as the schema has it
  if (!first || others.length > 0 || first.contains_null !== false) return undefined
  const [lower, upper] = [first.lower_bound, first.upper_bound].map(bytes =>
    bytes instanceof Uint8Array ? Buffer.from(bytes).toString("utf8") : undefined,
  )
  return lower === upper ? lower : undefined
}

/** A manifest as it is, and its lines. */
export interface Manifest {
  readonly file: AvroFile
  readonly entries: readonly ManifestEntry[]
}

export async function readManifest(place: TablePlace, { path, sequence, addedBy }: ManifestFile): Promise<Manifest> {
  const file = await readAvro(place, path)
  const entries = file.records.map(one => {
    const data = one.data_file as AvroRecord // as the schema has it
    const isAdded = one.status === status.added
    const [value = null] = Object.values(data.partition as AvroRecord)
    return {
      status: one.status as bigint,
      path: pathOf(place, String(data.file_path)),
      partition: value === null ? null : String(value),
      rows: data.record_count as bigint,
      bytes: data.file_size_in_bytes as bigint,
      record: {
        ...one,
        snapshot_id: one.snapshot_id ?? addedBy,
        sequence_number: one.sequence_number ?? (isAdded ? sequence : null),
        file_sequence_number: one.file_sequence_number ?? (isAdded ? sequence : null),
      },
    }
  })
  return { file, entries }
}

export interface NewManifest {
  readonly path: string
  readonly file: AvroFile
  readonly specId: number
  readonly snapshotId: number
  readonly sequence: number
}

/** Writes a manifest; what a list says of it. */
export async function writeManifest(
  place: TablePlace,
  { path, file, specId, snapshotId, sequence }: NewManifest,
): Promise<AvroRecord> {
  const bytes = formatAvro(file)
  await place.replace(path, bytes)
  const counted = (wanted: bigint) => file.records.filter(one => one.status === wanted)
  const rowsOf = (records: readonly AvroRecord[]) =>
    records.reduce((sum, one) => sum + ((one.data_file as AvroRecord).record_count as bigint), 0n)
  const [existing, added, deleted] = [counted(status.existing), counted(status.added), counted(status.deleted)]
  const sequences = [...existing, ...deleted].map(one => one.sequence_number).filter(one => typeof one === "bigint")
  return {
    manifest_path: place.url(path),
    manifest_length: BigInt(bytes.length),
    partition_spec_id: BigInt(specId),
    content: 0n,
    sequence_number: BigInt(sequence),
    min_sequence_number: sequences.reduce((least, one) => (one < least ? one : least), BigInt(sequence)),
    added_snapshot_id: BigInt(snapshotId),
    added_files_count: BigInt(added.length),
    existing_files_count: BigInt(existing.length),
    deleted_files_count: BigInt(deleted.length),
    added_rows_count: rowsOf(added),
    existing_rows_count: rowsOf(existing),
    deleted_rows_count: rowsOf(deleted),
    partitions: partitionSummaries(file.records),
    key_metadata: null,
  }
}

function partitionSummaries(records: readonly AvroRecord[]): AvroValue {
  const tuples = records.map(one => Object.values((one.data_file as AvroRecord).partition as AvroRecord))
  if (tuples.every(tuple => tuple.length === 0)) return []
  const values = tuples.flatMap(([value]) => (value == null ? [] : [Buffer.from(String(value), "utf8")]))
  values.sort(Buffer.compare)
  return [
    {
      contains_null: values.length < tuples.length,
      contains_nan: false,
      lower_bound: values[0] ?? null,
      upper_bound: values.at(-1) ?? null,
    },
  ]
}

export async function writeManifestList(
  place: TablePlace,
  path: string,
  records: readonly AvroRecord[],
  about: { readonly [name: string]: string },
): Promise<void> {
  await place.replace(path, formatAvro({ schema: listSchema, about, records }))
}

async function readAvro(place: TablePlace, path: string): Promise<AvroFile> {
  const bytes = await place.read(path)
  if (!bytes) throw manifestCorrupt(path, "It is not there.")
  try {
    return parseAvro(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  } catch (error) {
    throw manifestCorrupt(path, error instanceof Error ? error.message : String(error))
  }
}

/** The path of a file by its name in the table, which is whole. */
export function pathOf(place: TablePlace, name: string): string {
  return place.resolve(place.root, name)
}

function manifestCorrupt(path: string, why: string): StorageError {
  return new StorageError("STORAGE_CORRUPT", {
    what: `The manifest ${path} of an Iceberg table cannot be understood.`,
    why,
    fix: "Restore the table's folder metadata from a backup; or move the table away and materialize its asset again.",
    details: { path },
  })
}
