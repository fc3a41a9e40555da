import type { Json, WrittenFile } from "@assets/core"
import type { Schema } from "@assets/dataframe"
import type { AssetTable } from "./asset-table.ts"
import { dataMissing, storageFailure } from "./table-failure.ts"
import type { TablePlace } from "./table-place.ts"

/** The table of a value that is no table: one row of one text. */
export const jsonSchema: Schema = { columns: [{ name: "value", type: { kind: "string" } }] }

/** Writes a JSON value as a table of one row, which whoever reads the table sees as text. */
export async function writeJsonFile(
  place: TablePlace,
  folder: string,
  value: Json,
  signal: AbortSignal,
): Promise<WrittenFile> {
  const { parquetWriteBuffer } = await import("hyparquet-writer")
  const path = "value.parquet"
  const column = { name: "value", data: [JSON.stringify(value)], type: "STRING" as const }
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(parquetWriteBuffer({ columnData: [column] }))
  }
  try {
    return { path, rows: 1, bytes: await place.write(place.join(folder, path), pieces(), signal) }
  } catch (error) {
    throw storageFailure(error, place.join(folder, path), "write")
  }
}

/** Reads what `writeJsonFile` wrote, also when another writer of the table has written it anew. */
export async function readJsonFiles(
  { place, key }: Pick<AssetTable, "place" | "key">,
  paths: readonly string[],
): Promise<Json> {
  const { parquetReadObjects } = await import("hyparquet")
  for (const path of paths) {
    const bytes = await place.read(path)
    if (!bytes) throw dataMissing(key, path)
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer // of a file's bytes
    const [row] = await parquetReadObjects({ file, columns: ["value"] })
    if (row) return JSON.parse(String(row.value))
  }
  return null
}
