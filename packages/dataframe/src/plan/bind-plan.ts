import { FrameError } from "../errors/frame-error.ts"
import { checkedTo } from "./conform.ts"
import type { Expression } from "./expression.ts"
import type { Parameters, Relation } from "./relation.ts"
import { mapChildren } from "./walk-expression.ts"
import { bottomUp, mapRelation } from "./walk-relation.ts"

/** What stands in place of the inputs and parameters of a plan. */
export interface Bindings {
  readonly inputs: ReadonlyMap<string, Relation>
  readonly parameters: Parameters
}

/**
 * The plan over stored data: inputs replaced by what is stored, parameters by their values. What was one
 * object in several places stays one.
 * @throws FrameError `FRAME_INPUT_UNBOUND`
 */
export function bindPlan(root: Relation, bindings: Bindings): Relation {
  const bound = new Map<Relation, Relation>()
  const expressions = new Map<Expression, Expression>()
  const expressionOf = (expression: Expression): Expression => {
    const known = expressions.get(expression)
    if (known) return known
    const result = boundExpression(mapChildren(expression, expressionOf), bindings)
    expressions.set(expression, result)
    return result
  }
  for (const relation of bottomUp(root)) {
    const inputOf = (input: Relation) => bound.get(input) ?? input
    bound.set(
      relation,
      relation.kind === "input" ? boundInput(relation, bindings.inputs) : mapRelation(relation, inputOf, expressionOf),
    )
  }
  return bound.get(root) ?? root
}

function boundInput(input: Extract<Relation, { kind: "input" }>, inputs: ReadonlyMap<string, Relation>): Relation {
  const stored = inputs.get(input.key)
  if (stored) return checkedTo(stored, input.schema, `the input '${input.key}'`)
  throw new FrameError("FRAME_INPUT_UNBOUND", {
    what: `The plan reads '${input.key}', and nothing stored was given for it.`,
    why: "A plan runs over stored data only.",
    fix: "Name the asset in deps, and materialize it before.",
    details: { input: input.key },
  })
}

function boundExpression(expression: Expression, { parameters }: Bindings): Expression {
  if (expression.kind !== "parameter") return expression
  const parameter = parameters.get(expression.name)
  if (parameter) return { kind: "literal", value: parameter.value, type: expression.type }
  throw new FrameError("FRAME_INPUT_UNBOUND", {
    what: `The plan uses ${expression.name}, which the step has not.`,
    why: "A step without a partition has no key, and partitions that are not made of time have no start and end.",
    fix: "Give the asset partitions of that kind, or do not use the parameter.",
    details: { parameter: expression.name },
  })
}
