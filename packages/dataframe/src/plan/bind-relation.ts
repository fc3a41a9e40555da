import type { Expression } from "./expression.ts"
import type { Parameters, Relation } from "./relation.ts"
import { mapChildren } from "./walk-expression.ts"
import { bottomUp, mapRelation } from "./walk-relation.ts"

/**
 * Puts stored relations in the place of inputs, and values in the place of parameters. What is shared in the plan stays
 * shared. Inputs and parameters without a value stay as they are.
 */
export function bindRelation(
  relation: Relation,
  inputs: ReadonlyMap<string, Relation>,
  parameters: Parameters,
): Relation {
  const bound = new Map<Relation, Relation>()
  const expressions = new Map<Expression, Expression>()
  const bindExpression = (e: Expression): Expression => {
    const known = expressions.get(e)
    if (known) return known
    const value = e.kind === "parameter" ? parameters.get(e.name) : undefined
    const result: Expression = value
      ? { kind: "literal", value: value.value, type: value.type }
      : mapChildren(e, bindExpression)
    expressions.set(e, result)
    return result
  }
  for (const each of bottomUp(relation)) {
    const input = each.kind === "input" ? inputs.get(each.key) : undefined
    bound.set(each, input ?? mapRelation(each, below => bound.get(below) ?? below, bindExpression))
  }
  return bound.get(relation) ?? relation
}
