import type { Stability } from "./function/function-entry.ts"
import { bindPlan } from "./plan/bind-plan.ts"
import { canonicalPlan } from "./plan/canonical-plan.ts"
import { type ColumnLineage, columnLineage } from "./plan/column-lineage.ts"
import { type PartitionValues, parametersOf } from "./plan/partition-values.ts"
import { planFacts } from "./plan/plan-facts.ts"
import { type PlanJoin, planJoins } from "./plan/plan-joins.ts"
import { planText } from "./plan/plan-text.ts"
import type { Relation } from "./plan/relation.ts"

export type { PartitionValues } from "./plan/partition-values.ts"

/** What a transform returned: a plan that has not run. One of core's lazy values. */
export interface LazyPlan {
  /** Canonical JSON of the plan: equal for equal work, whatever the names of variables and the formatting. */
  readonly plan: ReturnType<typeof canonicalPlan>
  /** The plan as lines of text for people. */
  readonly text: string
  readonly stability: Stability
  /** Revisions of the functions that the plan uses, by name. */
  readonly revisions: { readonly [name: string]: number }
  /** The plan holds functions of the project whose code it does not tell: `mapBatches` without a version. */
  readonly unversioned: boolean
  /** Keys of the inputs that the plan reads. */
  readonly inputs: readonly string[]
  /** The columns of the inputs that each column comes from. */
  lineage(): readonly ColumnLineage[]
  /** The joins in it. */
  joins(): readonly PlanJoin[]
  /**
   * The relation that an engine runs: stored inputs and the partition's values in place of what stood for them.
   * @throws FrameError `FRAME_INPUT_UNBOUND`
   */
  bind(inputs: ReadonlyMap<string, { readonly kind: string }>, parameters: PartitionValues): Relation
}

export function lazyPlan(relation: Relation): LazyPlan {
  let text: string | undefined
  return Object.freeze({
    plan: canonicalPlan(relation),
    // Asked for only where a plan has changed.
    get text() {
      text ??= planText(relation)
      return text
    },
    ...planFacts(relation),
    lineage: () => columnLineage(relation),
    joins: () => planJoins(relation),
    bind: (inputs: ReadonlyMap<string, { readonly kind: string }>, values: PartitionValues) =>
      bindPlan(relation, {
        inputs: inputs as ReadonlyMap<string, Relation>, // core hands on relations of ours unread
        parameters: parametersOf(values),
      }),
  })
}
