import { typeName } from "../schema/type-name.ts"
import type { Expression, SortKey } from "./expression.ts"

const infix = new Set([
  "=",
  "<>",
  "<",
  "<=",
  ">",
  ">=",
  "<=>",
  "+",
  "-",
  "*",
  "/",
  "%",
  "and",
  "or",
  "div",
  "like",
  "rlike",
])

/** An expression as Spark would write it, for people. */
export function expressionText(expression: Expression): string {
  switch (expression.kind) {
    case "column":
      return expression.side ? `${expression.side}.${nameText(expression.name)}` : nameText(expression.name)
    case "literal":
      return literalText(expression)
    case "parameter":
      return `:${expression.name}`
    case "variable":
      return expression.name
    case "call":
      return callText(expression.name, expression.args.map(expressionText))
    case "cast":
      return `${expression.mode === "try" ? "try_" : ""}cast(${expressionText(expression.input)} as ${typeName(expression.type)})`
    case "case": {
      const branches = expression.branches.map(([c, v]) => `when ${expressionText(c)} then ${expressionText(v)}`)
      const otherwise = expression.otherwise ? ` else ${expressionText(expression.otherwise)}` : ""
      return `case ${branches.join(" ")}${otherwise} end`
    }
    case "aggregate": {
      // Spark counts rows by a literal, and says so in the name of the column.
      const args = expression.args.map(expressionText).join(", ") || (expression.name === "count" ? "1" : "")
      const filter = expression.where ? ` filter (where ${expressionText(expression.where)})` : ""
      return `${expression.name}(${expression.distinct ? "distinct " : ""}${args})${filter}`
    }
    case "window":
      return windowText(expression)
    case "lambda":
      return `(${expression.parameters.map(p => p.name).join(", ")}) -> ${expressionText(expression.body)}`
  }
}

function callText(name: string, args: readonly string[]): string {
  const [first = "", second = ""] = args
  if (infix.has(name) && args.length === 2) return `(${first} ${name} ${second})`
  if (name === "not") return `(not ${first})`
  if (name === "isnull") return `(${first} is null)`
  if (name === "isnotnull") return `(${first} is not null)`
  if (name === "in") return `(${first} in (${args.slice(1).join(", ")}))`
  return `${name}(${args.join(", ")})`
}

function literalText({ value, type }: Extract<Expression, { kind: "literal" }>): string {
  if (value === null) return "null"
  if (type.kind === "string") return `'${String(value).replaceAll("'", "''")}'`
  if (type.kind === "int64") return `${value}L`
  if (type.kind === "float64") return /^-?\d+$/.test(String(value)) ? `${value}.0` : String(value)
  if (["boolean", "int32", "decimal"].includes(type.kind)) return String(value)
  return `${typeName(type)} '${value}'`
}

/** A name as it stands in an expression, quoted where it is no plain word. */
export function nameText(name: string): string {
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) ? name : `\`${name.replaceAll("`", "``")}\``
}

export function sortText({ expression, direction, nulls }: SortKey<Expression>): string {
  const usual = direction === "asc" ? "first" : "last"
  const order = `${direction === "desc" ? " desc" : ""}${nulls === usual ? "" : ` nulls ${nulls}`}`
  return `${expressionText(expression)}${order}`
}

function windowText(window: Extract<Expression, { kind: "window" }>): string {
  const parts: string[] = []
  if (window.partitionBy.length > 0) parts.push(`partition by ${window.partitionBy.map(expressionText).join(", ")}`)
  if (window.orderBy.length > 0) parts.push(`order by ${window.orderBy.map(sortText).join(", ")}`)
  if (window.frame) {
    const edge = (value: Expression | number | null) =>
      value === null ? "unbounded" : typeof value === "number" ? String(value) : expressionText(value)
    parts.push(`${window.frame.unit} between ${edge(window.frame.start)} and ${edge(window.frame.end)}`)
  }
  return `${expressionText(window.input)} over (${parts.join(" ")})`
}
