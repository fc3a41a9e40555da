import { open } from "node:fs/promises"

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

/**
 * Reads the footer of a local Parquet file.
 * @throws Error when the file is not a whole Parquet file
 */
export async function readParquetFooter(path: string): Promise<ParquetFooter> {
  const { deserializeTCompactProtocol } = await import("hyparquet/src/thrift.js")
  const bytes = await footerBytes(path)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const metadata: unknown = deserializeTCompactProtocol({ view, offset: 0 })
  return footerOf(metadata as FileMetadata) // its fields are those of the specification
}

async function footerBytes(path: string): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const tail = await bytesAt(file, size - tailBytes, tailBytes)
    const length = tail.readUInt32LE(0)
    if (tail.toString("latin1", 4) !== magic || length > size - tailBytes) throw new Error(`${path} is not whole.`)
    return await bytesAt(file, size - tailBytes - length, length)
  } finally {
    await file.close()
  }
}

async function bytesAt(file: Awaited<ReturnType<typeof open>>, position: number, length: number): Promise<Buffer> {
  if (position < 0) throw new Error("A Parquet file is shorter than its end.")
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
  if (bytesRead < length) throw new Error("A Parquet file became shorter while it was read.")
  return buffer
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
