import type { Expression } from "./expression.ts"

/** The expressions directly in an expression, in order. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "column":
    case "literal":
    case "parameter":
    case "variable":
      return []
    case "call":
      return expression.args
    case "cast":
      return [expression.input]
    case "case":
      return [...expression.branches.flat(), ...(expression.otherwise ? [expression.otherwise] : [])]
    case "aggregate":
      return [...expression.args, ...(expression.where ? [expression.where] : [])]
    case "window":
      return [
        expression.input,
        ...expression.partitionBy,
        ...expression.orderBy.map(key => key.expression),
        ...[expression.frame?.start, expression.frame?.end].filter(isExpression),
      ]
    case "lambda":
      return [expression.body]
  }
}

function isExpression(edge: Expression | number | null | undefined): edge is Expression {
  return typeof edge === "object" && edge !== null
}

/** The expression with each direct child replaced; the same object when none changed. */
export function mapChildren(expression: Expression, to: (child: Expression) => Expression): Expression {
  const before = childrenOf(expression)
  const after = before.map(to)
  if (after.every((child, i) => child === before[i])) return expression
  const next = after.values()
  const take = (): Expression => next.next().value as Expression // one for each child, in the order of childrenOf
  switch (expression.kind) {
    case "call":
      return { ...expression, args: after }
    case "cast":
      return { ...expression, input: take() }
    case "case": {
      const branches = expression.branches.map(() => [take(), take()] as const)
      return { ...expression, branches, ...(expression.otherwise ? { otherwise: take() } : {}) }
    }
    case "aggregate": {
      const args = expression.args.map(take)
      return { ...expression, args, ...(expression.where ? { where: take() } : {}) }
    }
    case "window": {
      const edge = (value: Expression | number | null) => (isExpression(value) ? take() : value)
      return {
        ...expression,
        input: take(),
        partitionBy: expression.partitionBy.map(take),
        orderBy: expression.orderBy.map(key => ({ ...key, expression: take() })),
        ...(expression.frame
          ? { frame: { ...expression.frame, start: edge(expression.frame.start), end: edge(expression.frame.end) } }
          : {}),
      }
    }
    case "lambda":
      return { ...expression, body: take() }
    default:
      return expression
  }
}

/** Whether an expression, or one inside of it, has a property. Each object is looked at once. */
export function contains(
  expression: Expression,
  test: (expression: Expression) => boolean,
  seen: Set<Expression> = new Set(),
): boolean {
  if (seen.has(expression)) return false
  seen.add(expression)
  return test(expression) || childrenOf(expression).some(child => contains(child, test, seen))
}

/** An aggregate that is not the input of a window. */
export function hasAggregate(expression: Expression): boolean {
  if (expression.kind === "aggregate") return true
  if (expression.kind === "window") return childrenOf(expression.input).some(hasAggregate)
  return childrenOf(expression).some(hasAggregate)
}
