import { castTo } from "../function/duckdb-type.ts"
import type { AggregateForm, FunctionEntry, PrintedCall, ScalarForm } from "../function/function-entry.ts"
import { functionTable } from "../function/function-table.ts"
import { orderKey } from "../function/ordered-sql.ts"
import { identifier, invoke, type Sql, sql } from "../function/sql-fragment.ts"
import type { Expression, SortKey } from "../plan/expression.ts"
import type { DataType } from "../schema/data-type.ts"
import { isStorable } from "../schema/require-storable.ts"
import { dateText, parseDate } from "../schema/temporal-text.ts"
import { isFloating } from "../schema/type-family.ts"
import { aggregateSql } from "./aggregate-sql.ts"
import { caseSql } from "./case-sql.ts"
import { castSql } from "./cast-sql.ts"
import { literalSql } from "./literal-sql.ts"
import { signless } from "./signless.ts"
import { unboundParameter } from "./unbound.ts"
import { windowSql } from "./window-sql.ts"

type ColumnReference = Extract<Expression, { kind: "column" }>

/** How a column of the scope is written. */
export type ColumnSql = (column: ColumnReference) => Sql

/** What stands for the parameters of lambdas, by name in lower case, where a form has put it in their place. */
type Variables = ReadonlyMap<string, Sql>

const none: Variables = new Map()

/** Prints a resolved expression for DuckDB. */
export function printExpression(e: Expression, columnSql: ColumnSql, variables = none): Sql {
  const print = (child: Expression, more = variables) => printExpression(child, columnSql, more)
  switch (e.kind) {
    case "column":
      return columnSql(e)
    case "literal":
      return literalSql(e.value, e.type)
    case "call":
      return printCall(e, print, variables)
    case "cast":
      return castLiteral(e.input, e.type) ?? castSql(print(e.input), e.input.type, e.type, e.mode)
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
        windowSql(e, print, key => printSortKey(key, print)),
      )
    case "lambda":
      return printLambda(e, print(e.body, without(variables, e)))
    case "variable":
      return variables.get(e.name.toLowerCase()) ?? variableSql(e.name)
  }
}

/** A lambda's own parameters hide those of the lambdas round it. */
function without(variables: Variables, { parameters }: Extract<Expression, { kind: "lambda" }>): Variables {
  if (!parameters.some(({ name }) => variables.has(name.toLowerCase()))) return variables
  const left = new Map(variables)
  for (const { name } of parameters) left.delete(name.toLowerCase())
  return left
}

/** Spark counts an element's index from 0, as an int; DuckDB from 1. */
function printLambda(e: Extract<Expression, { kind: "lambda" }>, body: Sql): Sql {
  const [element, index] = e.parameters.map(p => variableSql(p.name))
  if (!index) return sql`lambda ${element ?? sql`v_`}: ${body}`
  const counted = sql`list_transform([CAST(index_ - 1 AS INTEGER)], lambda ${index}: ${body})[1]`
  return sql`lambda ${element ?? sql`v_`}, index_: ${counted}`
}

/** A name of its own, so that no lambda of a printed form hides it, nor a column. */
function variableSql(name: string): Sql {
  return identifier(`${name}\u03bb`)
}

/**
 * A literal that is cast is written as what it becomes where that is plain: the text stays short, and the engine binds
 * it in a tenth of the time.
 */
function castLiteral(input: Expression, to: DataType): Sql | undefined {
  if (input.kind !== "literal" || input.value === null) return undefined
  const widens = input.type.kind === "int32" && (to.kind === "int64" || to.kind === "float64")
  return widens || (input.type.kind === "string" && to.kind === "date" && isPlainDate(String(input.value)))
    ? literalSql(input.value, to)
    : undefined
}

/** Whether a text is a date as it is written out: `1998-09-02`. */
function isPlainDate(text: string): boolean {
  const days = parseDate(text)
  return days !== undefined && /^(?!0000)\d{4}-/.test(text) && dateText(days) === text
}

/** The row of a name that the plan has resolved. */
export function entryOf(name: string): FunctionEntry {
  const entry = (functionTable as { readonly [name: string]: FunctionEntry })[name] // resolved names are rows
  if (!entry) throw new Error(`The function '${name}' is not in the table. Please report this.`)
  return entry
}

type Print = (e: Expression, variables?: Variables) => Sql

function printCall(e: Extract<Expression, { kind: "call" }>, print: Print, variables: Variables): Sql {
  const form = entryOf(e.name).duckdb as ScalarForm // `resolveExpression` makes calls of scalar rows only
  const body = (index: number, ...values: readonly Sql[]): Sql => {
    const lambda = e.args[index]
    if (lambda?.kind !== "lambda")
      throw new Error(`Argument ${index + 1} of '${e.name}' is no lambda. Please report this.`)
    const bound = lambda.parameters.map(({ name }, i) => [name.toLowerCase(), values[i] ?? variableSql(name)] as const)
    return print(lambda.body, new Map([...variables, ...bound]))
  }
  const one = (part: Expression) => print(part)
  const call: PrintedCall = { args: e.args.map(one), inputs: e.args, type: e.type, print: one, body }
  const printed = typeof form === "string" ? invoke(form, ...call.args) : form(call)
  // DuckDB folds what is null for certain to a null without a type.
  const isFolded = e.args.some(part => part.kind === "literal" && part.value === null)
  return isFolded && isStorable(e.type) ? castTo(printed, e.type) : printed
}

/** `resolveExpression` makes aggregates of aggregate and window rows only. */
const aggregateForm = (name: string) => entryOf(name).duckdb as AggregateForm

/** A sort key of DuckDB gives back 0.0 for -0.0, so that a float is sorted by a copy. */
export function printSortKey(key: SortKey<Expression>, print: (e: Expression) => Sql): Sql {
  const { type } = key.expression
  const value = isFloating(type) ? signless(print(key.expression), type) : print(key.expression)
  const direction = key.direction === "asc" ? sql`ASC` : sql`DESC`
  const nulls = key.nulls === "first" ? sql`NULLS FIRST` : sql`NULLS LAST`
  return sql`${orderKey(value, type)} ${direction} ${nulls}`
}
