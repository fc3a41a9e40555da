import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Json, WrittenFile } from "@assets/core"
import { isMissingFile } from "@assets/core"
import type { Schema } from "@assets/dataframe"
import { dataMissing, storageFailure } from "./delta-failure.ts"

/** The table of a value that is no table: one row of one text. */
export const jsonSchema: Schema = { columns: [{ name: "value", type: { kind: "string" } }] }

/** Writes a JSON value as a table of one row, which whoever reads the table sees as text. */
export async function writeJsonFile(folder: string, value: Json): Promise<WrittenFile> {
  const { parquetWriteBuffer } = await import("hyparquet-writer")
  const path = "value.parquet"
  const column = { name: "value", data: [JSON.stringify(value)], type: "STRING" as const }
  const bytes = new Uint8Array(parquetWriteBuffer({ columnData: [column] }))
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, path), bytes)
  } catch (error) {
    throw storageFailure(error, join(folder, path), "write")
  }
  return { path, rows: 1, bytes: bytes.byteLength }
}

/** Reads what `writeJsonFile` wrote, also when another writer of Delta has written it anew. */
export async function readJsonFiles(key: string, paths: readonly string[]): Promise<Json> {
  const { parquetReadObjects } = await import("hyparquet")
  for (const path of paths) {
    const bytes = await readFile(path).catch(error => {
      throw isMissingFile(error) ? dataMissing(key, path) : storageFailure(error, path, "read")
    })
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer // of a file's bytes
    const [row] = await parquetReadObjects({ file, columns: ["value"] })
    if (row) return JSON.parse(String(row.value))
  }
  return null
}
