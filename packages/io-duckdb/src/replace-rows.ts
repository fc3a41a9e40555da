import { faultPoint, type Materialization, type OutputContext } from "@assets/core"
import type { Relation, Schema } from "@assets/dataframe"
import { compiled } from "./compiled-sql.ts"
import type { Lease } from "./connection-pool.ts"
import type { DuckdbSession } from "./duckdb-session.ts"
import { writeRecord } from "./materialization-table.ts"
import { quoteName, quotePath, quoteText } from "./sql-text.ts"
import { columnTypes, partitionColumn, storeRows, tableRelation } from "./stored-table.ts"

interface NewRows {
  readonly path: readonly [alias: string, schema: string, table: string]
  readonly relation: Relation
  readonly schema: Schema
}

/**
 * Stores the rows of a relation and, once they are approved, their record. Runs in a transaction of the caller, who ends
 * it: nobody else sees the rows before.
 */
export async function replaceRows(
  context: OutputContext,
  session: DuckdbSession,
  lease: Lease,
  { path, relation, schema }: NewRows,
): Promise<Materialization> {
  const [partition] = context.partitions
  const { sql } = await compiled(relation)
  const rows = await storeRows(lease, { path, schema, sql, mode: context.write, partition })
  const result = { rows, bytes: 0, files: [], columns: columnTypes(schema) }
  // Only this connection sees the rows yet: checks reach them by a relation that leads to it.
  const view = `written_${context.id}`
  const columns = schema.columns.map(column => quoteName(column.name)).join(", ")
  const where = partition === undefined ? "" : ` WHERE ${quoteName(partitionColumn)} = ${quoteText(partition)}`
  await lease.run(`CREATE TEMP VIEW ${quoteName(view)} AS SELECT ${columns} FROM ${quotePath(path)}${where}`)
  const unpin = session.pin(view, lease)
  try {
    const stored = { kind: "relation", relation: tableRelation(["temp", "main", view], schema), schema } as const
    // A table has no files of its own, and shares the blocks of the database: nothing is said of either.
    const { bytes, files, ...materialization } = await context.approve({ stored, result })
    await lease.run(`DROP VIEW ${quotePath(["temp", "main", view])}`)
    await faultPoint("io.marker")
    await writeRecord(lease, path, { partition: partition ?? null, materialization })
    return materialization
  } finally {
    unpin()
  }
}
