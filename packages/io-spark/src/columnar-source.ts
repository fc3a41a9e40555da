import { StorageError } from "@assets/core"
import { type SchemaColumn, typeName } from "@assets/dataframe"
import { checkedCast } from "./checked-cast.ts"
import type { SparkClient } from "./connect/client.ts"
import { readFiles, type SparkRelation } from "./connect/relation.ts"
import { type Files, groupedBy, namedAlike, pathsOf, type SourcePart } from "./source-part.ts"
import { quoteName, sparkPath } from "./spark-sql-text.ts"
import { storedColumn } from "./stored-column.ts"

/** The Parquet or ORC files that others made. @throws StorageError `SOURCE_DATA_INVALID` */
export async function columnarParts(client: SparkClient, files: Files): Promise<SourcePart[]> {
  const groups = await groupedBy(files.paths, path => client.schema(readColumnar(files, [path])))
  return groups.map(({ found, paths }) => ({
    rows: readColumnar(files, paths),
    columns: files.schema.columns.map(declared => columnOf(files, paths[0] ?? "", found, declared)),
  }))
}

/** Files as Spark sees them, or as the columns of a schema. */
export function readColumnar(
  { format, hivePartitioned = false, paths: all }: Files,
  paths: readonly string[],
  schema?: string,
): SparkRelation {
  const options = hivePartitioned ? { basePath: baseOf(all) } : {}
  return readFiles({ format, options, paths: pathsOf(paths), ...(schema !== undefined && { schema }) })
}

/** The folder in which the folders of partitions begin. */
function baseOf(paths: readonly string[]): string {
  const [path = ""] = paths
  const at = path.search(/\/[^/=]+=[^/]*\//)
  return sparkPath(at === -1 ? path.slice(0, path.lastIndexOf("/")) : path.slice(0, at))
}

/** Whether the values of a column are in the names of folders: they are texts there. */
function isOfFolders({ hivePartitioned = false }: Files, path: string, name: string): boolean {
  const folders = path.split("/").slice(0, -1)
  return hivePartitioned && folders.some(folder => folder.toLowerCase().startsWith(`${name.toLowerCase()}=`))
}

type StoredColumns = Awaited<ReturnType<SparkClient["schema"]>>

function columnOf(files: Files, path: string, found: StoredColumns, declared: SchemaColumn): string {
  const { column } = namedAlike(path, found, declared.name)
  const { name } = column
  if (isOfFolders(files, path, name)) return `${checkedCast(quoteName(name), declared)} AS ${quoteName(declared.name)}`
  return typedColumn(path, column, declared)
}

/** A column as it is declared. @throws StorageError `SOURCE_DATA_INVALID` where that would lose a part of its values */
export function typedColumn(
  path: string,
  { name, type, typeText }: StoredColumns[number],
  declared: SchemaColumn,
): string {
  const converted = type && storedColumn({ name, type }, declared)
  if (converted !== undefined) return converted
  const stored = type ? typeName(type) : typeText
  throw new StorageError("SOURCE_DATA_INVALID", {
    what: `The column '${declared.name}' of ${path} is stored as ${stored}, and declared as ${typeName(declared.type)}.`,
    why: "Not each value of the stored type is one of the declared type.",
    fix: `Declare the column as it is stored, and cast it in an asset: f.${declared.name}.cast(t.…).`,
    details: { column: declared.name, file: path, stored, declared: typeName(declared.type) },
  })
}
