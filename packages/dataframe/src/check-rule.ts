import type { Unresolved } from "./plan/expression.ts"
import type { Relation } from "./plan/relation.ts"

export interface Verdict {
  readonly passed: boolean
  /** Rows that break the rule, where it counts rows. */
  readonly badRows?: number
  readonly message?: string
}

/** What a check asks of a table: values that one query computes for all checks, and what follows from them. */
export interface CheckPlan {
  /** Aggregates over the table. */
  readonly aggregates: readonly Unresolved[]
  /** A relation of bad rows, counted in the same query. */
  readonly badRows?: Relation
  /** Gets the aggregates' values, then the count of `badRows`. */
  judge(values: readonly unknown[]): Verdict
  /** Rows that break the rule; run only when it is broken. */
  samples?(): Relation
}

/** @throws FrameError when the check does not fit the table */
export type CheckRule = (table: Relation, now: Date) => CheckPlan

/** Where a check keeps its rule: found also by another copy of this package. */
export const ruleKey: unique symbol = Symbol.for("@assets/dataframe/check-rule")

export function ruleOf(check: object): CheckRule | undefined {
  return (check as { readonly [ruleKey]?: CheckRule })[ruleKey] // it may be any object
}
