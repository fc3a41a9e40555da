import { isPlain, isWideArithmetic } from "../function/narrow-decimal.ts"
import type { Expression } from "../plan/expression.ts"
import type { NamedExpression, Relation } from "../plan/relation.ts"
import { childrenOf, mapChildren } from "../plan/walk-expression.ts"

/** Parts above which arithmetic is not computed twice. */
const mostParts = 24

type Aggregation = Extract<Relation, { kind: "aggregate" }>

/**
 * An aggregation of columns that a projection computes, as one of what they are computed from: a sum then sees the whole
 * of its arithmetic. The same object where there is none, or where more than arithmetic would be computed twice.
 */
export function mergeProjection(relation: Aggregation): Aggregation {
  const { input } = relation
  if (input.kind !== "project") return relation
  const computed = new Map(input.columns.map(({ name, expression }) => [name, expression]))
  const read = [...relation.keys, ...relation.aggregates].flatMap(part => columnsIn(part.expression))
  const isCheap = (e: Expression) => e.kind === "column" || isPlainArithmetic(e)
  const mayMerge = [...computed].every(
    ([name, e]) => isCheap(e) || (read.filter(other => other === name).length < 2 && !holdsWindow(e)),
  )
  if (!mayMerge || !input.columns.some(column => isPlainArithmetic(column.expression))) return relation
  const substituted = (e: Expression): Expression =>
    e.kind === "column" ? (computed.get(e.name) ?? e) : mapChildren(e, substituted)
  const named = (part: NamedExpression) => ({ ...part, expression: substituted(part.expression) })
  return {
    ...relation,
    input: input.input,
    keys: relation.keys.map(named),
    aggregates: relation.aggregates.map(named),
  }
}

function columnsIn(e: Expression): readonly string[] {
  return e.kind === "column" ? [e.name] : childrenOf(e).flatMap(columnsIn)
}

function holdsWindow(e: Expression): boolean {
  return e.kind === "window" || childrenOf(e).some(holdsWindow)
}

/** Whether an expression is wide arithmetic of columns and literals, so little of it that it may be computed twice. */
function isPlainArithmetic(e: Expression): boolean {
  const isPlainPart = (part: Expression): boolean =>
    isWideArithmetic(part) ? part.args.every(isPlainPart) : isPlain(part)
  return isWideArithmetic(e) && isPlainPart(e) && countOf(e) <= mostParts
}

function countOf(e: Expression): number {
  return childrenOf(e).reduce((count, part) => count + countOf(part), 1)
}
