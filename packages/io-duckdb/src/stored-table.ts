import { type DataType, type Relation, type Schema, typeName } from "@assets/dataframe"
import type { Lease } from "./connection-pool.ts"
import { columnDefinitions, duckdbTypeText } from "./duckdb-types.ts"
import { quoteName, quotePath, quoteText } from "./sql-text.ts"

/** The hidden column that tells the partition of a row, in tables of assets with partitions. */
export const partitionColumn = "_partition"

const partitionType: DataType = { kind: "string" }

/** Schemas that DuckDB has in each database already. */
const taken = new Set(["main", "information_schema", "pg_catalog", "_assets"])

/** The table of an asset: a schema for what comes before the last segment of its key. */
export function tableOf(alias: string, key: string): readonly [database: string, schema: string, table: string] {
  const cut = key.lastIndexOf("/")
  const prefix = key.slice(0, Math.max(cut, 0))
  // A key can begin with a word that DuckDB uses; no key holds a slash at its end.
  const schema = cut < 0 ? "main" : taken.has(prefix.toLowerCase()) ? `${prefix}/` : prefix
  return [alias, schema, key.slice(cut + 1)]
}

/** The relation of a whole table. */
export function tableRelation(path: readonly string[], schema: Schema): Relation {
  return { kind: "table", path, schema }
}

/** The relation of some partitions of a table, without the column that tells them apart. */
export function partitionsRelation(path: readonly string[], schema: Schema, partitions: readonly string[]): Relation {
  const column = { name: partitionColumn, type: partitionType }
  const hidden: Schema = { columns: [...schema.columns, column] }
  const keys: Schema = { columns: [column] }
  const wanted: Relation = {
    kind: "join",
    left: { kind: "table", path, schema: hidden },
    right: { kind: "values", rows: partitions.map(partition => [partition]), schema: keys },
    how: "semi",
    using: [partitionColumn],
    schema: { columns: [column, ...schema.columns] },
  }
  return {
    kind: "project",
    input: wanted,
    columns: schema.columns.map(({ name, type }) => ({ name, expression: { kind: "column", name, type } })),
    schema,
  }
}

/** Puts the rows of a SELECT in the place of the whole table; gives their number. */
export async function replaceTable(lease: Lease, path: readonly string[], sql: string): Promise<number> {
  return changed(await lease.rows(`CREATE OR REPLACE TABLE ${quotePath(path)} AS ${sql}`))
}

/** Puts the rows of a SELECT in the place of one partition's; gives their number. */
export async function replacePartition(
  lease: Lease,
  path: readonly string[],
  schema: Schema,
  sql: string,
  partition: string,
): Promise<number> {
  await fitColumns(lease, path, schema)
  const table = quotePath(path)
  const hidden = quoteName(partitionColumn)
  await lease.run(`DELETE FROM ${table} WHERE ${hidden} = ${quoteText(partition)}`)
  const names = [...schema.columns.map(column => quoteName(column.name)), hidden].join(", ")
  const select = `SELECT *, ${quoteText(partition)} FROM (${sql}) AS "written"`
  return changed(await lease.rows(`INSERT INTO ${table} (${names}) ${select}`))
}

function changed(rows: readonly Record<string, unknown>[]): number {
  return Number(rows[0]?.Count ?? 0)
}

/**
 * Makes the table ready for rows of a schema: creates it, or adds and retypes columns. Columns that the asset has no more
 * stay for the partitions that were written with them.
 */
async function fitColumns(lease: Lease, path: readonly string[], schema: Schema): Promise<void> {
  const table = quotePath(path)
  const there = await columnsOf(lease, path)
  if (!there.has(partitionColumn)) {
    // Nothing is there, or rows of the time when the asset had no partitions, which belong to none.
    const columns = columnDefinitions({ columns: [...schema.columns, { name: partitionColumn, type: partitionType }] })
    await lease.run(`CREATE OR REPLACE TABLE ${table} (${columns})`)
    return
  }
  for (const column of schema.columns) {
    const type = duckdbTypeText(column.type)
    const former = there.get(column.name.toLowerCase())
    const name = quoteName(column.name)
    if (former === undefined) await lease.run(`ALTER TABLE ${table} ADD COLUMN ${name} ${type}`)
    else if (former !== plainType(type)) await lease.run(`ALTER TABLE ${table} ALTER COLUMN ${name} TYPE ${type}`)
  }
}

/** The types of a table's columns by name in lower case; empty when there is no table. */
async function columnsOf(
  lease: Lease,
  [database = "", schema = "", table = ""]: readonly string[],
): Promise<Map<string, string>> {
  const rows = await lease.rows(
    `SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = ${quoteText(database)} AND lower(schema_name) = lower(${quoteText(schema)}) AND lower(table_name) = lower(${quoteText(table)})`,
  )
  return new Map(rows.map(row => [String(row.column_name).toLowerCase(), plainType(String(row.data_type))]))
}

/** DuckDB quotes the fields of a struct where they need it; we do always. */
function plainType(type: string): string {
  return type.replaceAll('"', "")
}

/** The words for a column's type, for the record. */
export function columnTypes(schema: Schema): { readonly name: string; readonly type: string }[] {
  return schema.columns.map(column => ({ name: column.name, type: typeName(column.type) }))
}
