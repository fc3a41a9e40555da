import type { Expression } from "../../plan/expression.ts"
import type { NamedExpression } from "../../plan/relation.ts"
import { mapChildren } from "../../plan/walk-expression.ts"
import type { DataType } from "../../schema/data-type.ts"
import { float64, int64, isDecimal, isNumeric } from "../../schema/type-family.ts"

type Aggregate = Extract<Expression, { kind: "aggregate" }>

/** Aggregates in two steps: over each part of a group, and over what the parts gave. */
export interface AggregateParts {
  readonly partial: readonly NamedExpression[]
  /** Over the columns of the partial ones. */
  readonly final: readonly NamedExpression[]
}

/** What aggregates a part's result into the group's. */
const ofParts: { readonly [name: string]: string } = {
  count: "sum",
  count_if: "sum",
  sum: "sum",
  min: "min",
  max: "max",
  bool_and: "bool_and",
  bool_or: "bool_or",
  bit_and: "bit_and",
  bit_or: "bit_or",
  bit_xor: "bit_xor",
}

/** Splits aggregates; undefined where one of them needs all rows of a group at once. */
export function aggregateParts(aggregates: readonly NamedExpression[]): AggregateParts | undefined {
  const partial: NamedExpression[] = []
  const keep = (expression: Expression): Expression => {
    const name = `part ${partial.length + 1}`
    partial.push({ name, expression })
    return { kind: "column", name, type: expression.type }
  }
  let isWhole = false
  const split = (expression: Expression): Expression => {
    if (expression.kind !== "aggregate") return mapChildren(expression, split)
    const joined = joinedParts(expression, keep)
    if (!joined) isWhole = true
    return joined ?? expression
  }
  const final = aggregates.map(({ name, expression }) => ({ name, expression: split(expression) }))
  return isWhole ? undefined : { partial, final }
}

/** The aggregate over what the parts gave; `keep` adds one that each part is to compute. */
function joinedParts(e: Aggregate, keep: (partial: Expression) => Expression): Expression | undefined {
  if (e.distinct && e.name !== "min" && e.name !== "max") return undefined
  if (e.name === "avg") return joinedAverage(e, keep)
  const name = ofParts[e.name]
  if (!name || (e.name === "sum" && !isNumeric(e.type))) return undefined
  const part = keep(e)
  if (name !== "sum") return over(name, part, e.type)
  // A sum of decimals has more digits than they have.
  return isDecimal(e.type) ? cast(over("sum", part, moreDigits(e.type)), e.type) : over("sum", part, e.type)
}

/** Of decimals the average is rounded once, by rules of its own. */
function joinedAverage(e: Aggregate, keep: (partial: Expression) => Expression): Expression | undefined {
  const [value] = e.args
  if (!value || e.type.kind !== "float64") return undefined
  const total = keep({ ...e, name: "sum", args: [cast(value, float64)], type: float64 })
  const rows = over("sum", keep({ ...e, name: "count", type: int64 }), int64)
  const none: Expression = { kind: "literal", value: 0, type: int64 }
  const isPresent: Expression = { kind: "call", name: ">", args: [rows, none], type: { kind: "boolean" } }
  const quotient: Expression = {
    kind: "call",
    name: "/",
    args: [over("sum", total, float64), cast(rows, float64)],
    type: float64,
  }
  return { kind: "case", branches: [[isPresent, quotient]], type: float64 }
}

function over(name: string, part: Expression, type: DataType): Aggregate {
  return { kind: "aggregate", name, args: [part], distinct: false, type }
}

function cast(input: Expression, type: DataType): Expression {
  return input.type.kind === type.kind && !isDecimal(type) ? input : { kind: "cast", input, mode: "ansi", type }
}

function moreDigits(type: Extract<DataType, { kind: "decimal" }>): DataType {
  return { ...type, precision: Math.min(38, type.precision + 10) }
}
