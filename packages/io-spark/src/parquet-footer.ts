import type { WrittenPart } from "./written-folder.ts"

/** What the footer of a Parquet file says of one column; the bytes are of the file's physical type. */
export interface ColumnFooter {
  readonly values: number
  readonly nullCount?: number
  readonly min?: Uint8Array
  readonly max?: Uint8Array
}

export interface ParquetFooter {
  readonly rows: number
  /** One for each row group, by the column's name; of nested columns nothing is said. */
  readonly columns: ReadonlyMap<string, readonly ColumnFooter[]>
}

/** The footer's length and the magic number stand at the end of the file. */
const tailBytes = 8
const magic = "PAR1"

/** What is mostly enough to hold a footer: one look at the end of a file. */
const usualBytes = 64 * 1024

/**
 * Reads the footer of a Parquet file.
 * @throws Error when the file is not a whole Parquet file
 */
export async function readParquetFooter(part: WrittenPart): Promise<ParquetFooter> {
  const { deserializeTCompactProtocol } = await import("hyparquet/src/thrift.js")
  const bytes = await footerBytes(part)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const metadata: unknown = deserializeTCompactProtocol({ view, offset: 0 })
  return footerOf(metadata as FileMetadata) // its fields are those of the specification
}

async function footerBytes(part: WrittenPart): Promise<Uint8Array> {
  const end = await bytesAt(part, Math.max(0, part.bytes - usualBytes), Math.min(usualBytes, part.bytes))
  const tail = end.subarray(-tailBytes)
  const isWhole = tail.length === tailBytes && tail.toString("latin1", 4) === magic
  const length = isWhole ? tail.readUInt32LE(0) : Number.POSITIVE_INFINITY
  if (length > part.bytes - tailBytes) throw new Error(`${part.path} is not whole.`)
  const missing = length + tailBytes - end.length
  if (missing <= 0) return end.subarray(end.length - tailBytes - length, end.length - tailBytes)
  return bytesAt(part, part.bytes - tailBytes - length, length)
}

async function bytesAt(part: WrittenPart, start: number, length: number): Promise<Buffer> {
  const bytes = await part.read(start, length)
  if (bytes.length < length) throw new Error("A Parquet file became shorter while it was read.")
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** The fields of Parquet's thrift structures, by their numbers in the format's specification. */
interface FileMetadata {
  /** num_rows */
  readonly field_3: bigint | number
  /** row_groups */
  readonly field_4?: readonly { readonly field_1: readonly { readonly field_3?: ColumnMetadata }[] }[]
}
interface ColumnMetadata {
  /** path_in_schema */
  readonly field_3: readonly Uint8Array[]
  /** num_values */
  readonly field_5: bigint | number
  readonly field_12?: Statistics
}
interface Statistics {
  /** null_count */
  readonly field_3?: bigint | number
  /** max_value, min_value */
  readonly field_5?: Uint8Array
  readonly field_6?: Uint8Array
}

function footerOf({ field_3: rows, field_4: groups = [] }: FileMetadata): ParquetFooter {
  const columns = new Map<string, ColumnFooter[]>()
  for (const { field_1: chunks } of groups) {
    for (const { field_3: chunk } of chunks) {
      const [name, ...inner] = chunk?.field_3 ?? []
      if (!chunk || name === undefined || inner.length > 0) continue
      const key = new TextDecoder().decode(name)
      columns.set(key, [...(columns.get(key) ?? []), columnOf(chunk)])
    }
  }
  return { rows: Number(rows), columns }
}

function columnOf({ field_5: values, field_12: statistics = {} }: ColumnMetadata): ColumnFooter {
  const { field_3: nulls, field_5: max, field_6: min } = statistics
  return {
    values: Number(values),
    ...(nulls !== undefined && { nullCount: Number(nulls) }),
    ...(min && { min }),
    ...(max && { max }),
  }
}
