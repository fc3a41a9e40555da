import type { DataType, Schema } from "@assets/dataframe"
import { readEnd } from "./file-end.ts"
import type { ColumnFooter, FileFooter } from "./file-footer.ts"
import { parquetValue } from "./parquet-value.ts"
import type { WrittenPart } from "./written-folder.ts"

/** The footer's length and the magic number stand at the end of the file. */
const tailBytes = 8
const magic = "PAR1"

/**
 * Reads the footer of a Parquet file of these columns; of each row group it tells.
 * @throws Error when the file is not a whole Parquet file
 */
export async function readParquetFooter(part: WrittenPart, schema: Schema): Promise<FileFooter> {
  const { deserializeTCompactProtocol } = await import("hyparquet/src/thrift.js")
  const bytes = await footerBytes(part)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const metadata: unknown = deserializeTCompactProtocol({ view, offset: 0 })
  return footerOf(metadata as FileMetadata, schema) // its fields are those of the specification
}

async function footerBytes(part: WrittenPart): Promise<Uint8Array> {
  const end = await readEnd(part, end => {
    const tail = end.subarray(-tailBytes)
    const isWhole = tail.length === tailBytes && tail.toString("latin1", 4) === magic
    return isWhole ? tail.readUInt32LE(0) + tailBytes : Number.POSITIVE_INFINITY
  })
  return end.subarray(0, -tailBytes)
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

function footerOf({ field_3: rows, field_4: groups = [] }: FileMetadata, schema: Schema): FileFooter {
  const types = new Map(schema.columns.map(({ name, type }) => [name, type]))
  const columns = new Map<string, ColumnFooter[]>()
  for (const { field_1: chunks } of groups) {
    for (const { field_3: chunk } of chunks) {
      const [name, ...inner] = chunk?.field_3 ?? []
      if (!chunk || name === undefined || inner.length > 0) continue
      const key = new TextDecoder().decode(name)
      columns.set(key, [...(columns.get(key) ?? []), columnOf(chunk, types.get(key))])
    }
  }
  return { rows: Number(rows), columns }
}

function columnOf({ field_5: values, field_12: statistics = {} }: ColumnMetadata, type?: DataType): ColumnFooter {
  const { field_3: nulls, field_5: max, field_6: min } = statistics
  const side = (name: "min" | "max", bytes: Uint8Array | undefined) => {
    const value = bytes && type && parquetValue(Buffer.from(bytes), type)
    return value === undefined ? {} : { [name]: value }
  }
  return {
    values: Number(values),
    ...(nulls !== undefined && { nullCount: Number(nulls) }),
    ...side("min", min),
    ...side("max", max),
  }
}
