import type { Expression } from "../plan/expression.ts"
import type { Column, DataType } from "../schema/data-type.ts"
import { castTo, duckdbType } from "./duckdb-type.ts"
import type { PrintedArguments, ScalarForm } from "./function-entry.ts"
import { bound, invoke, join, numberLiteral, type Sql, sql, textLiteral } from "./sql-fragment.ts"

/** An argument that the type rule has made sure of. */
export function arg(call: Pick<PrintedArguments, "args">, index: number): Sql {
  const found = call.args[index]
  if (!found) throw new Error(`Argument ${index + 1} of a printed call is missing. Please report this.`)
  return found
}

export function input(call: Pick<PrintedArguments, "inputs">, index: number): Expression {
  const found = call.inputs[index]
  if (!found) throw new Error(`Argument ${index + 1} of a printed call is missing. Please report this.`)
  return found
}

/**
 * Raises Spark's error condition when it is evaluated, by a cast that fails. `error()` would be volatile: DuckDB then
 * moves filters before the conditions that guard them.
 */
export function raise(condition: string, type: DataType): Sql {
  const message = textLiteral(`[${condition}]`)
  if (type.kind === "string" || type.kind === "binary")
    return sql`CAST(CAST(${message} AS INTEGER) AS ${duckdbType(type)})`
  if (type.kind === "day_time_interval" || type.kind === "year_month_interval")
    return sql`to_months(CAST(${message} AS INTEGER))`
  // Of a nested type the message itself may be the text of a value.
  if (type.kind === "array") return sql`[${raise(condition, type.element)}]`
  if (type.kind === "map") return sql`map([${raise(condition, type.key)}], [${raise(condition, type.value)}])`
  if (type.kind === "struct") return sql`{${type.fields.map(field => raisedField(condition, field))}}`
  return castTo(message, type)
}

function raisedField(condition: string, { name, type }: Column): Sql {
  return sql`${textLiteral(name)}: ${raise(condition, type)}`
}

/** The call of an engine's function, cast to the plan's type: most of DuckDB's count in BIGINT where Spark has int. */
export function castCall(name: string): ScalarForm {
  return call => castTo(invoke(name, ...call.args), call.type)
}

/** `(a op b)`. */
export function infix(
  operator: "+" | "-" | "*" | "=" | "<>" | "<" | "<=" | ">" | ">=" | "AND" | "OR" | "||",
): ScalarForm {
  const symbol = operators[operator]
  return call => call.args.reduce((a, b) => sql`(${a} ${symbol} ${b})`)
}

const operators = {
  "+": sql`+`,
  "-": sql`-`,
  "*": sql`*`,
  "=": sql`=`,
  "<>": sql`<>`,
  "<": sql`<`,
  "<=": sql`<=`,
  ">": sql`>`,
  ">=": sql`>=`,
  AND: sql`AND`,
  OR: sql`OR`,
  "||": sql`||`,
}

/** Null when an argument is. */
export function unlessNull(call: PrintedArguments, value: Sql): Sql {
  const tests = join(
    call.args.map(a => sql`${a} IS NULL`),
    sql` OR `,
  )
  return sql`CASE WHEN ${tests} THEN NULL ELSE ${value} END`
}

/** The texts of a list with a separator between them; nulls are left out. DuckDB's own function wants a constant one. */
export function joinedTexts(list: Sql, separator: Sql, isConstant: boolean): Sql {
  if (isConstant) return sql`array_to_string(${list}, ${separator})`
  return sql`substring(array_to_string(list_transform(${list}, lambda j_: ${separator} || j_), ''), length(${separator}) + 1)`
}

/** Text above which a value is not written twice. */
export const longest = 200

/**
 * Writes a form that uses a value several times. A short value is repeated; a long one is computed once, in a list of
 * one, so that neither the text nor the work doubles with each level of an expression.
 */
export function once(value: Sql, use: (value: Sql) => Sql): Sql {
  if (value.text.length <= longest) return use(value)
  return bound(value, sql`once_`, use)
}

/** `once` for two values. */
export function onceEach(a: Sql, b: Sql, use: (a: Sql, b: Sql) => Sql): Sql {
  if (a.text.length <= longest && b.text.length <= longest) return use(a, b)
  return bound(sql`{'a': ${a}, 'b': ${b}}`, sql`once_`, both => use(sql`${both}.a`, sql`${both}.b`))
}

/** 10 to a power, in digits. */
export function powerOfTen(exponent: number): Sql {
  return numberLiteral(`1${"0".repeat(exponent)}`)
}
