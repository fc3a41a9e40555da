import { ConfigError, confirmColumnNames, type WriteMode } from "@assets/core"
import { type DataType, duckdbTypeText, type Relation, type Schema, typeName } from "@assets/dataframe"
import type { Lease } from "./connection-pool.ts"
import { columnDefinitions } from "./duckdb-types.ts"
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

/** Rows that are to be stored in a table. */
export interface StoredRows {
  readonly path: readonly [database: string, schema: string, table: string]
  readonly schema: Schema
  /** A SELECT of the columns of `schema`, in their order. */
  readonly sql: string
  readonly mode: WriteMode
  /** The partition that the rows are of; undefined for an asset without partitions. */
  readonly partition: string | undefined
}

/** Stores rows in place of what was there, or beside it; gives the number of those that were written. */
export async function storeRows(lease: Lease, rows: StoredRows): Promise<number> {
  const { path, sql, mode, partition } = rows
  const table = quotePath(path)
  if (mode === "overwrite" && partition === undefined) {
    return changed(await lease.rows(`CREATE OR REPLACE TABLE ${table} AS ${sql}`))
  }
  await fitColumns(lease, rows)
  const ofPartition = partition === undefined ? "true" : `${quoteName(partitionColumn)} = ${quoteText(partition)}`
  if (mode === "overwrite") await lease.run(`DELETE FROM ${table} WHERE ${ofPartition}`)
  if (mode === "overwrite" || mode === "append") return insert(lease, rows, sql)
  // The source is computed once: it may give other rows when it is computed again.
  const source = quotePath(["temp", "main", "merged_rows"])
  await lease.run(`CREATE TEMP TABLE ${source} AS ${sql}`)
  const same = mode.merge.map(name => `${table}.${quoteName(name)} = "source".${quoteName(name)}`).join(" AND ")
  await lease.run(`DELETE FROM ${table} USING ${source} AS "source" WHERE ${ofPartition} AND ${same}`)
  const written = await insert(lease, rows, `SELECT * FROM ${source}`)
  await lease.run(`DROP TABLE ${source}`)
  return written
}

async function insert(lease: Lease, { path, schema, partition }: StoredRows, sql: string): Promise<number> {
  const names = schema.columns.map(column => quoteName(column.name))
  if (partition === undefined) {
    return changed(await lease.rows(`INSERT INTO ${quotePath(path)} (${names.join(", ")}) ${sql}`))
  }
  const columns = [...names, quoteName(partitionColumn)].join(", ")
  const select = `SELECT *, ${quoteText(partition)} FROM (${sql}) AS "written"`
  return changed(await lease.rows(`INSERT INTO ${quotePath(path)} (${columns}) ${select}`))
}

function changed(rows: readonly Record<string, unknown>[]): number {
  return Number(rows[0]?.Count ?? 0)
}

/**
 * Makes the table ready for rows of a schema: creates it, or adds and retypes columns. Columns that the asset has no more
 * stay for the rows that were written with them.
 */
async function fitColumns(lease: Lease, { path, schema, mode, partition }: StoredRows): Promise<void> {
  const table = quotePath(path)
  const there = await columnsOf(lease, path)
  if (there.size > 0 && there.has(partitionColumn) !== (partition !== undefined)) {
    // Its rows belong to no partition of the asset, or to partitions that it has no more.
    if (mode !== "overwrite") throw otherPartitions(path)
    there.clear()
  }
  if (there.size === 0) {
    const hidden = partition === undefined ? [] : [{ name: partitionColumn, type: partitionType }]
    const columns = columnDefinitions({ columns: [...schema.columns, ...hidden] })
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

function otherPartitions(path: readonly string[]): ConfigError {
  const name = path.slice(1).join(".")
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `Rows cannot be added to ${name}: its rows were written with other partitions than the asset has now.`,
    why: "The asset has gained or lost its partitions since; to add to the table would mix the two.",
    fix: "Materialize it once with write: 'overwrite', or delete the table.",
    details: { table: name },
  })
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

/**
 * Refuses columns that cannot be columns of a table here.
 * @throws ConfigError `ENVIRONMENT_UNSUPPORTED` naming the column
 */
export function refuseUnstorableNames(schema: Schema): void {
  confirmColumnNames(schema, {
    refusal: "duckdbFileIO cannot keep",
    whyNot(name) {
      if (name.toLowerCase() === partitionColumn)
        return "Tables of assets with partitions have a hidden column of that name."
      return name === "" || name.includes("\0") ? "DuckDB has no such names." : undefined
    },
  })
}
