import { FrameError } from "../errors/frame-error.ts"
import type { Column } from "../schema/data-type.ts"
import type { Expression, Unresolved } from "./expression.ts"
import { resolveExpression } from "./resolve-expression.ts"
import { hasAggregate } from "./walk-expression.ts"

/** A computed column whose names and types are not looked up yet. */
export interface NamedUnresolved {
  readonly name: string
  readonly unresolved: Unresolved
}

/** Resolves a column of a projection. @throws FrameError also for an aggregate, which belongs to `agg` */
export function resolveRowWise(unresolved: Unresolved, columns: readonly Column[], place: string): Expression {
  const expression = resolveExpression(unresolved, { columns })
  if (hasAggregate(expression)) {
    throw new FrameError("FRAME_AGGREGATE_INVALID", {
      what: `An aggregate stands in ${place}.`,
      why: "An aggregate is one value for many rows; here one is computed for each row.",
      fix: "Aggregate with agg() or groupBy().agg(), and join its result where it is needed.",
    })
  }
  return expression
}
