import type { Expression } from "./expression.ts"
import type { Relation } from "./relation.ts"

/** The relations directly below a relation. */
export function inputsOf(relation: Relation): readonly Relation[] {
  switch (relation.kind) {
    case "input":
    case "files":
    case "table":
    case "values":
      return []
    case "join":
    case "set":
      return [relation.left, relation.right]
    default:
      return [relation.input]
  }
}

/** The expressions directly in a relation. */
export function expressionsOf(relation: Relation): readonly Expression[] {
  switch (relation.kind) {
    case "project":
      return relation.columns.map(column => column.expression)
    case "filter":
      return [relation.condition]
    case "aggregate":
      return [...relation.keys, ...relation.aggregates].map(column => column.expression)
    case "join":
      return relation.condition ? [relation.condition] : []
    case "sort":
      return relation.keys.map(key => key.expression)
    case "generate":
      return [relation.expression]
    default:
      return []
  }
}

/** Each relation of a plan once, those below before those above. Without recursion, so that a plan may be long. */
export function bottomUp(root: Relation): readonly Relation[] {
  const done = new Set<Relation>()
  const stack: Relation[] = [root]
  while (stack.length > 0) {
    const top = stack.at(-1)
    if (!top || done.has(top)) {
      stack.pop()
      continue
    }
    const waiting = inputsOf(top).filter(input => !done.has(input))
    if (waiting.length === 0) {
      done.add(top)
      stack.pop()
    } else stack.push(...[...waiting].reverse())
  }
  return [...done]
}

/** The relation with its inputs and expressions replaced; the same object when nothing changed. */
export function mapRelation(
  relation: Relation,
  inputOf: (input: Relation) => Relation,
  expressionOf: (expression: Expression) => Expression,
): Relation {
  const inputs = inputsOf(relation)
  const expressions = expressionsOf(relation)
  const unchanged = inputs.every(i => inputOf(i) === i) && expressions.every(e => expressionOf(e) === e)
  return unchanged ? relation : replaced(relation, inputOf, expressionOf)
}

function replaced(
  relation: Relation,
  inputOf: (input: Relation) => Relation,
  expressionOf: (expression: Expression) => Expression,
): Relation {
  const named = <T extends { readonly expression: Expression }>(column: T): T => ({
    ...column,
    expression: expressionOf(column.expression),
  })
  switch (relation.kind) {
    case "input":
    case "files":
    case "table":
    case "values":
      return relation
    case "project":
      return { ...relation, input: inputOf(relation.input), columns: relation.columns.map(named) }
    case "filter":
      return { ...relation, input: inputOf(relation.input), condition: expressionOf(relation.condition) }
    case "aggregate":
      return {
        ...relation,
        input: inputOf(relation.input),
        keys: relation.keys.map(named),
        aggregates: relation.aggregates.map(named),
      }
    case "sort":
      return { ...relation, input: inputOf(relation.input), keys: relation.keys.map(named) }
    case "generate":
      return { ...relation, input: inputOf(relation.input), expression: expressionOf(relation.expression) }
    case "join": {
      const condition = relation.condition && expressionOf(relation.condition)
      const sides = { left: inputOf(relation.left), right: inputOf(relation.right) }
      return { ...relation, ...sides, ...(condition ? { condition } : {}) }
    }
    case "set":
      return { ...relation, left: inputOf(relation.left), right: inputOf(relation.right) }
    default:
      return { ...relation, input: inputOf(relation.input) }
  }
}
