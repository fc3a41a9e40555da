import type { RecordBatch } from "@assets/core"
import type { Schema } from "@assets/dataframe"
import type { RecordBatch as ArrowBatch } from "apache-arrow"
import { ArrowWriter } from "./arrow-writer.ts"
import type { Lease } from "./connection-pool.ts"
import { loadBindings } from "./duckdb-bindings.ts"
import { mapDuckdbError } from "./duckdb-error.ts"

/** Streams Arrow batches into a table through DuckDB's appender; gives the number of rows. */
export async function appendBatches(
  lease: Lease,
  path: readonly [database: string, schema: string, table: string],
  schema: Schema,
  batches: AsyncIterable<RecordBatch>,
): Promise<number> {
  const [arrow, duckdb, api] = await Promise.all([import("apache-arrow"), loadBindings(), import("@duckdb/node-api")])
  const [database, schemaName, table] = path
  const appender = await lease.raw.createAppender(table, schemaName, database)
  let rows = 0
  const types = schema.columns.map((_, i) => appender.columnType(i))
  const writer = new ArrowWriter(arrow, duckdb, schema, appender, api.DuckDBDataChunk.create(types))
  // what the source of the batches throws is its own, and passes as it is
  for await (const batch of batches) {
    ofDuckdb(() => writer.append(batch as ArrowBatch)) // core's RecordBatch is Arrow's, of which it knows the rows alone
    rows += batch.numRows
  }
  ofDuckdb(() => appender.closeSync())
  return rows
}

function ofDuckdb(work: () => void): void {
  try {
    work()
  } catch (error) {
    throw mapDuckdbError(error)
  }
}
