import { createHash } from "node:crypto"
import type { OutputContext } from "@assets/core"
import type { Schema } from "@assets/dataframe"
import type { LogTable } from "../log-table/log-table.ts"
import { columnDefinitions } from "../spark-sql-text.ts"
import { isTable } from "../table/is-table.ts"

/** The columns by which a table of several folders tells them apart. */
export const sliceColumns = { partition: "_partition_key", write: "_write" } as const

/** A folder whose files are all current, of one write of a partition. */
export interface Slice {
  readonly partition: string | null
  /** Relative to the folder of the table. */
  readonly folder: string
}

/** What a catalog is to say of a table. */
export interface WantedTable {
  /** The last commit of the log that it shows. */
  readonly version: number
  readonly columns: string
  readonly partitionedBy: readonly string[]
  /** The folders of the rows; one where the table has no columns that tell them apart. */
  readonly slices: readonly Slice[]
  /** Tells one form from another: a table of another form is made anew. */
  readonly form: string
}

/** Of a table as it is now; undefined where it has no rows that a catalog could show. */
export async function wantedTable(
  table: LogTable,
  { write, layout = {} }: Pick<OutputContext, "write" | "layout">,
): Promise<WantedTable | undefined> {
  const state = await table.state()
  const { version } = state
  const entries = state.entries.filter(({ materialization }) => isTable(materialization))
  const newest = [...entries].sort((a, b) => b.version - a.version)[0]
  const slices = entries.flatMap(({ partition }) => foldersOf(table, partition, state.files(partition)))
  const schema = newest && (await schemaOf(table, newest.partition))
  if (!newest || !schema) return undefined
  const isPartitioned = newest.partition !== null
  const isWhole = !isPartitioned && write !== "append" && !layout.partitionBy?.length && slices.length === 1
  const partitionedBy = isWhole ? [] : [...(isPartitioned ? [sliceColumns.partition] : []), sliceColumns.write]
  const columns = columnDefinitions(schema)
  const form = createHash("sha256")
    .update(JSON.stringify([columns, partitionedBy]))
    .digest("hex")
    .slice(0, 16)
  return { version, columns, partitionedBy, slices, form }
}

async function schemaOf(table: LogTable, partition: string | null): Promise<Schema | undefined> {
  for await (const { schema } of table.history(partition)) return schema
  return undefined
}

function foldersOf(
  { place, path }: LogTable,
  partition: string | null,
  files: readonly { readonly path: string }[],
): Slice[] {
  const folders = files.map(file => place.relative(path, file.path).split("/").slice(0, -1).join("/"))
  return [...new Set(folders)].map(folder => ({ partition, folder }))
}
