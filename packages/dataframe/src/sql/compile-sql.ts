import { FrameError } from "../errors/frame-error.ts"
import { identifier, join, type Sql, sql } from "../function/sql-fragment.ts"
import type { Relation } from "../plan/relation.ts"
import { bottomUp, inputsOf } from "../plan/walk-relation.ts"
import { compileRelation } from "./compile-relation.ts"
import { fromTable, type Query, selectSql } from "./query.ts"
import { isComputed } from "./scan-sql.ts"

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
  /** A name for a table of the FROM clause that no other has. */
  alias(): string
}

/**
 * Prints a bound relation as DuckDB SQL whose answers are Spark's.
 *
 * The connection must have run `duckdbPrelude`, and have its `TimeZone` set. A relation that is used more than once in
 * the plan, and computes something, is computed once.
 * @throws FrameError `FRAME_INPUT_UNBOUND` when an `input` or a parameter was not bound
 */
export function compileDuckdb(relation: Relation): CompiledSql {
  const order = bottomUp(relation)
  const shared = sharedOf(order)
  const queries = new Map<Relation, Query>()
  const common: Sql[] = []
  let aliases = 0
  const compilation: Compilation = {
    query: input => {
      const query = queries.get(input)
      if (!query) throw new Error("A relation was printed before its input. Please report this.")
      return query
    },
    alias: () => `t${++aliases}`,
  }
  for (const each of order) {
    if (each.kind === "input") throw unbound(each.key)
    const query = compileRelation(each, compilation)
    if (!shared.has(each)) {
      queries.set(each, query)
      continue
    }
    const name = `shared${common.length + 1}`
    common.push(sql`${identifier(name)} AS MATERIALIZED (${selectSql(query)})`)
    queries.set(each, fromTable(identifier(name), each.schema.columns, compilation.alias()))
  }
  const body = selectSql(compilation.query(relation))
  return { sql: common.length === 0 ? body.text : sql`WITH ${join(common, sql`, `)} ${body}`.text }
}

/** Relations with two users or more, but for those that only read: reading twice lets each read less. */
function sharedOf(order: readonly Relation[]): ReadonlySet<Relation> {
  const users = new Map<Relation, number>()
  for (const relation of order) for (const input of inputsOf(relation)) users.set(input, (users.get(input) ?? 0) + 1)
  return new Set(order.filter(relation => (users.get(relation) ?? 0) > 1 && isComputed(relation)))
}

function unbound(key: string): FrameError {
  return new FrameError("FRAME_INPUT_UNBOUND", {
    what: `The input '${key}' is not bound to stored data.`,
    why: "The plan of an asset names its inputs; they are bound when the step runs.",
    fix: "Materialize the asset, or bind the plan with bindRelation.",
    details: { key },
  })
}
