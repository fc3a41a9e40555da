import { hasBroadcastHint } from "./hint.ts"
import type { Relation } from "./relation.ts"
import { bottomUp } from "./walk-relation.ts"

/** A join of a plan, with the keys of the inputs that its sides read, sorted. */
export interface PlanJoin {
  readonly left: readonly string[]
  readonly right: readonly string[]
  readonly how: Extract<Relation, { readonly kind: "join" }>["how"]
  /** A side has the hint `broadcast`. */
  readonly isBroadcast: boolean
}

export function planJoins(root: Relation): readonly PlanJoin[] {
  return bottomUp(root).flatMap(relation => {
    if (relation.kind !== "join") return []
    const { left, right, how } = relation
    const isBroadcast = hasBroadcastHint(left) || hasBroadcastHint(right)
    return [{ left: inputsBelow(left), right: inputsBelow(right), how, isBroadcast }]
  })
}

function inputsBelow(root: Relation): readonly string[] {
  return [...new Set(bottomUp(root).flatMap(relation => (relation.kind === "input" ? relation.key : [])))].sort()
}
