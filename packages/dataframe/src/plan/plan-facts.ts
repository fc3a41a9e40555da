import type { FunctionEntry, Stability } from "../function/function-entry.ts"
import { functionTable } from "../function/function-table.ts"
import type { Expression } from "./expression.ts"
import { runNow } from "./partition-values.ts"
import type { Relation } from "./relation.ts"
import { childrenOf } from "./walk-expression.ts"
import { bottomUp, expressionsOf } from "./walk-relation.ts"

/** What a plan tells of itself beside its answer. */
export interface PlanFacts {
  readonly stability: Stability
  /** Revisions of the functions in it, by name. */
  readonly revisions: { readonly [name: string]: number }
  /** It holds functions of the project whose code it does not tell. */
  readonly unversioned: boolean
  /** Keys of the inputs that it reads, sorted. */
  readonly inputs: readonly string[]
}

export function planFacts(root: Relation): PlanFacts {
  const names = new Set<string>()
  const inputs = new Set<string>()
  const seen = new Set<Expression>()
  let unstable = false
  let volatile = false
  let unversioned = false
  const visit = (expression: Expression): void => {
    if (seen.has(expression)) return
    seen.add(expression)
    if (expression.kind === "call" || expression.kind === "aggregate") names.add(expression.name)
    volatile ||= expression.kind === "parameter" && expression.name === runNow
    for (const child of childrenOf(expression)) visit(child)
  }
  for (const relation of bottomUp(root)) {
    if (relation.kind === "input") inputs.add(relation.key)
    unstable ||= dependsOnOrder(relation)
    unversioned ||= relation.kind === "mapBatches" && relation.version === undefined
    for (const expression of expressionsOf(relation)) visit(expression)
  }
  const entries = [...names].sort().map(name => [name, entryOf(name)] as const)
  const stabilities = new Set(entries.map(([, entry]) => entry.stability))
  volatile ||= stabilities.has("volatile")
  return {
    stability: volatile ? "volatile" : unstable || stabilities.has("unstable") ? "unstable" : "stable",
    revisions: Object.fromEntries(entries.map(([name, entry]) => [name, entry.revision])),
    unversioned,
    inputs: [...inputs].sort(),
  }
}

function entryOf(name: string): FunctionEntry {
  const table: { readonly [name: string]: FunctionEntry | undefined } = functionTable
  const entry = table[name]
  if (!entry) throw new Error(`A plan calls '${name}', which the function table has not. Please report this.`)
  return entry
}

/** Which rows it keeps depends on their order, or on chance; batches are cut anew each time. */
function dependsOnOrder(relation: Relation): boolean {
  if (relation.kind === "deduplicate" || relation.kind === "sample" || relation.kind === "mapBatches") return true
  const takes = relation.kind === "limit" || relation.kind === "offset"
  if (takes && relation.rows > 0 && relation.input.kind === "offset") return false // told of the offset already
  return takes && relation.rows > 0 && !isTotallyOrdered(relation.input)
}

/** Whether ties cannot be: the order is over all columns, or over the keys of a group-by. */
function isTotallyOrdered(relation: Relation): boolean {
  if (relation.kind === "hint") return isTotallyOrdered(relation.input)
  if (relation.kind !== "sort") return false
  const by = new Set(relation.keys.map(key => (key.expression.kind === "column" ? key.expression.name : "")))
  const whole = relation.input.schema.columns.every(column => by.has(column.name))
  const grouped = relation.input.kind === "aggregate" && relation.input.keys.every(key => by.has(key.name))
  return whole || grouped
}
