import { identifier, join, type Sql, sql } from "../function/sql-fragment.ts"
import type { Relation } from "../plan/relation.ts"
import { bottomUp } from "../plan/walk-relation.ts"
import { commonTables } from "./common-tables.ts"
import { compileRelation } from "./compile-relation.ts"
import { fromTable, type Query, selectSql } from "./query.ts"
import { unboundInput } from "./unbound.ts"

export { duckdbPrelude } from "./prelude.ts"

/** SQL text of a relation, ready to run. */
export interface CompiledSql {
  /** A `SELECT` (or `WITH … SELECT`) without a semicolon at its end. */
  readonly sql: string
}

/** What the printer of one relation needs of the whole plan. */
export interface Compilation {
  /** The query of a relation below: its own, or the name of the common table that it became. */
  query(relation: Relation): Query
  /** Whether the relation became a common table. */
  isCommon(relation: Relation): boolean
  /** A name for a table of the FROM clause that no other has. */
  alias(): string
  readonly facts: FileFacts
}

/** The columns of CSV files in their order, by the path of the file. */
export type CsvHeaders = ReadonlyMap<string, readonly string[]>

/** DuckDB's types of the columns in Parquet files, by the relation that reads them and the column's name as declared. */
export type StoredTypes = ReadonlyMap<Relation, ReadonlyMap<string, string>>

/** What is known of the files that a plan reads. Where nothing is, DuckDB itself looks while it binds the statement. */
export interface FileFacts {
  readonly csvHeaders?: CsvHeaders
  readonly storedTypes?: StoredTypes
}

/**
 * Prints a bound relation as DuckDB SQL whose answers are Spark's.
 *
 * The connection must have run `duckdbPrelude`, and have its `TimeZone` set. A relation that is used more than once in
 * the plan, and computes something, is computed once. CSV files are read by the columns of their headers, so that a
 * line that does not fit is told by its number; a column of a known type is read without a test of it.
 * @throws FrameError `FRAME_INPUT_UNBOUND` when an `input` or a parameter was not bound
 */
export function compileDuckdb(relation: Relation, facts: FileFacts = {}): CompiledSql {
  const order = bottomUp(relation)
  const { kept, repeated } = commonTables(order)
  const queries = new Map<Relation, Query | (() => Query)>()
  const common: Sql[] = []
  let aliases = 0
  const compilation: Compilation = {
    query: input => {
      const query = repeated.has(input) ? compileRelation(input, compilation) : queries.get(input)
      if (!query) throw new Error("A relation was printed before its input. Please report this.")
      return typeof query === "function" ? query() : query
    },
    isCommon: input => kept.has(input),
    alias: () => `t${++aliases}`,
    facts,
  }
  for (const each of order) {
    if (each.kind === "input") throw unboundInput(each.key)
    if (repeated.has(each)) continue
    const query = compileRelation(each, compilation)
    if (!kept.has(each)) {
      queries.set(each, query)
      continue
    }
    const name = identifier(`shared${common.length + 1}`)
    common.push(sql`${name} AS MATERIALIZED (${selectSql(query)})`)
    queries.set(each, () => fromTable(name, each.schema.columns, compilation.alias()))
  }
  const body = selectSql(compilation.query(relation))
  return { sql: common.length === 0 ? body.text : sql`WITH ${join(common, sql`, `)} ${body}`.text }
}
