import type { Expression } from "./expression.ts"
import { mapChildren } from "./walk-expression.ts"

/** The expression with a further condition on each of its aggregates. */
export function restrictAggregates(expression: Expression, where: Expression): Expression {
  if (expression.kind !== "aggregate") return mapChildren(expression, child => restrictAggregates(child, where))
  const both: Expression = expression.where
    ? { kind: "call", name: "and", args: [expression.where, where], type: { kind: "boolean" } }
    : where
  return { ...expression, where: both }
}
