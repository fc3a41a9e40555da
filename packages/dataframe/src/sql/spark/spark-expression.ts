import type { AggregateForm, PrintedAggregate, PrintedCall, ScalarForm } from "../../function/function-entry.ts"
import { invoke, join, keyword, type Sql, sparkName, sql } from "../../function/sql-fragment.ts"
import type { Expression, SortKey } from "../../plan/expression.ts"
import { entryOf } from "../print-expression.ts"
import { unboundParameter } from "../unbound.ts"
import { windowSql } from "../window-sql.ts"
import { sparkLiteral, sparkType } from "./spark-literal.ts"

type Of<K extends Expression["kind"]> = Extract<Expression, { kind: K }>
type Print = (e: Expression) => Sql

/** How a column of the scope is written. */
export type SparkColumn = (column: Of<"column">) => Sql

/** Prints a resolved expression for Spark: every cast is there already, and the names are Spark's. */
export function sparkExpression(e: Expression, columnSql: SparkColumn): Sql {
  const print: Print = child => sparkExpression(child, columnSql)
  switch (e.kind) {
    case "column":
      return columnSql(e)
    case "literal":
      return sparkLiteral(e.value, e.type)
    case "call":
      return printCall(e, print)
    case "cast":
      return sql`${keyword(e.mode === "try" ? "TRY_CAST" : "CAST")}(${print(e.input)} AS ${sparkType(e.type)})`
    case "case": {
      const branches = e.branches.map(([condition, value]) => sql`WHEN ${print(condition)} THEN ${print(value)}`)
      return sql`CASE ${join(branches, sql` `)}${e.otherwise ? sql` ELSE ${print(e.otherwise)}` : sql``} END`
    }
    case "parameter":
      throw unboundParameter(e.name)
    case "aggregate":
      return printAggregate(e, print)
    case "window":
      return printAggregate(
        e.input,
        print,
        windowSql(e, print, key => sparkSortKey(key, print)),
      )
    case "lambda": {
      const parameters = e.parameters.map(({ name }) => sparkName(name))
      return sql`${parameters.length === 1 ? (parameters[0] ?? sql`x`) : sql`(${parameters})`} -> ${print(e.body)}`
    }
    case "variable":
      return sparkName(e.name)
  }
}

function printCall(e: Of<"call">, print: Print): Sql {
  const entry = entryOf(e.name)
  const form = (entry.spark ?? e.name) as ScalarForm // `resolveExpression` makes calls of scalar rows only
  const body = (index: number): Sql => print(e.args[index] ?? e)
  const call: PrintedCall = { args: e.args.map(print), inputs: e.args, type: e.type, body }
  return typeof form === "string" ? invoke(form, ...call.args) : form(call)
}

function printAggregate(e: Expression, print: Print, over?: Sql): Sql {
  if (e.kind !== "aggregate")
    throw new Error("OVER stands behind something else than an aggregate. Please report this.")
  const form = (entryOf(e.name).spark ?? e.name) as AggregateForm // of aggregate and window rows only
  const call: PrintedAggregate = {
    args: e.args.map(print),
    inputs: e.args,
    type: e.type,
    distinct: e.distinct,
    hasOver: over !== undefined,
    ...(e.where ? { where: print(e.where) } : {}),
    aggregate: (name, of, options = {}) => {
      const conditions = [e.where && print(e.where), options.where].filter(c => c !== undefined)
      const distinct = (options.distinct ?? e.distinct) ? sql`DISTINCT ` : sql``
      const filter = conditions.length > 0 ? sql` FILTER (WHERE ${join(conditions, sql` AND `)})` : sql``
      return sql`${keyword(name)}(${distinct}${of})${options.after ?? sql``}${filter}${over ? sql` OVER (${over})` : sql``}`
    },
  }
  return typeof form === "string"
    ? call.aggregate(form, call.args.length > 0 || form !== "count" ? call.args : [sql`*`])
    : form(call)
}

export function sparkSortKey({ expression, direction, nulls }: SortKey<Expression>, print: Print): Sql {
  const words = sql`${direction === "asc" ? sql`ASC` : sql`DESC`} ${nulls === "first" ? sql`NULLS FIRST` : sql`NULLS LAST`}`
  return sql`${print(expression)} ${words}`
}
