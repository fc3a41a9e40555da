import type { AggregateForm, PrintedCall, ScalarForm } from "../../function/function-entry.ts"
import { invoke, keyword, type Sql, sparkName, sql } from "../../function/sql-fragment.ts"
import type { Expression, SortKey } from "../../plan/expression.ts"
import { aggregateSql } from "../aggregate-sql.ts"
import { caseSql } from "../case-sql.ts"
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
    case "case":
      return caseSql(e, print)
    case "parameter":
      throw unboundParameter(e.name)
    case "aggregate":
      return aggregateSql(e, aggregateForm, print)
    case "window":
      return aggregateSql(
        e.input,
        aggregateForm,
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
  const call: PrintedCall = { args: e.args.map(print), inputs: e.args, type: e.type, print, body }
  return typeof form === "string" ? invoke(form, ...call.args) : form(call)
}

/** `resolveExpression` makes aggregates of aggregate and window rows only. */
const aggregateForm = (name: string) => (entryOf(name).spark ?? name) as AggregateForm

export function sparkSortKey({ expression, direction, nulls }: SortKey<Expression>, print: Print): Sql {
  const words = sql`${direction === "asc" ? sql`ASC` : sql`DESC`} ${nulls === "first" ? sql`NULLS FIRST` : sql`NULLS LAST`}`
  return sql`${print(expression)} ${words}`
}
