import {
  type ColumnStatistics,
  faultPoint,
  isApplied,
  type Materialization,
  type OutputContext,
  type WriteResult,
  type WriteUsage,
} from "@assets/core"
import type { Relation, Schema } from "@assets/dataframe"
import { compiled } from "./compiled-sql.ts"
import type { Lease } from "./connection-pool.ts"
import type { DuckdbSession } from "./duckdb-session.ts"
import { readFormer, writeRecord } from "./materialization-table.ts"
import { sortedSelect } from "./parquet-write.ts"
import { quoteName, quotePath, quoteText } from "./sql-text.ts"
import { columnTypes, partitionColumn, storeRows, tableRelation } from "./stored-table.ts"

export interface NewRows {
  readonly path: readonly [alias: string, schema: string, table: string]
  readonly relation: Relation
  readonly schema: Schema
  /** What an earlier write of the same rows saw of the columns. */
  readonly columns?: readonly ColumnStatistics[]
  /** Gives what the engine of the step reads in the place of a relation that only the writing session can read. */
  readonly readableAs?: (stored: Relation) => Promise<Relation>
  /** What that write used: it did the work, and what is left is a copy. */
  readonly usage?: WriteUsage
  /** Called when the rows are stored, and are about to be checked. */
  readonly onStored: () => void
}

/** What a write made of its transaction: a record to commit, or one that is current and has these rows already. */
export interface Replaced {
  readonly materialization: Materialization
  readonly isNew: boolean
}

/**
 * Stores the rows of a relation and, once they are approved, their record. Runs in a transaction of the caller, who ends
 * it: nobody else sees the rows before.
 */
export async function replaceRows(
  context: OutputContext,
  session: DuckdbSession,
  lease: Lease,
  rows: NewRows,
): Promise<Replaced> {
  const { path, relation } = rows
  const partition = context.partitions[0] ?? null
  const former = await readFormer(lease, path[0], context.key, partition)
  if (former.materialization && isApplied(context, former.applied))
    return { materialization: former.materialization, isNew: false }
  await session.requirePinned(lease, relation)
  const result = await store(context, session, lease, rows)
  rows.onStored()
  const materialization = await approved(context, session, lease, rows, result)
  faultPoint("io.marker")
  const added = context.write === "overwrite" ? (context.applied ?? []) : [...former.applied, context.fingerprint]
  await writeRecord(lease, path, { partition, materialization }, new Set(added))
  return { materialization, isNew: true }
}

async function store(
  context: OutputContext,
  session: DuckdbSession,
  lease: Lease,
  { path, relation, schema, columns, usage: earlier }: NewRows,
): Promise<WriteResult> {
  const { sql } = await compiled(relation, lease)
  const sortBy = context.layout?.sortBy ?? []
  const select = sortBy.length > 0 ? sortedSelect({ sql, schema, ordered: true }, sortBy) : sql
  const [partition] = context.partitions
  const stored = { path, schema, sql: select, mode: context.write, partition }
  const watched = await session.watched(() => storeRows(lease, stored))
  const usage = earlier ?? watched.usage
  const written = { rows: watched.result, bytes: 0, files: [], columns: columns ?? columnTypes(schema) }
  return { ...written, ...(usage && { usage }) }
}

/** Lets the written rows be checked. Only this connection sees them yet: a relation is made that leads to it. */
async function approved(
  context: OutputContext,
  session: DuckdbSession,
  lease: Lease,
  { path, schema, readableAs }: NewRows,
  result: WriteResult,
): Promise<Materialization> {
  const [partition] = context.partitions
  const view = `written_${context.id}`
  const columns = schema.columns.map(column => quoteName(column.name)).join(", ")
  const where = partition === undefined ? "" : ` WHERE ${quoteName(partitionColumn)} = ${quoteText(partition)}`
  await lease.run(`CREATE TEMP VIEW ${quoteName(view)} AS SELECT ${columns} FROM ${quotePath(path)}${where}`)
  const unpin = session.pin(view, lease)
  try {
    const written = tableRelation(["temp", "main", view], schema)
    const stored = { kind: "relation", relation: (await readableAs?.(written)) ?? written, schema } as const
    // A table has no files of its own, and shares the blocks of the database: nothing is said of either.
    const { bytes, files, ...materialization } = await context.approve({ stored, result })
    await lease.run(`DROP VIEW ${quotePath(["temp", "main", view])}`)
    return materialization
  } finally {
    unpin()
  }
}
