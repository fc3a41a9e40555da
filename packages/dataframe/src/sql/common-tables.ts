import type { Expression } from "../plan/expression.ts"
import type { Relation } from "../plan/relation.ts"
import { childrenOf } from "../plan/walk-expression.ts"
import { inputsOf } from "../plan/walk-relation.ts"
import { entryOf } from "./print-expression.ts"

/** The relations of a plan that are not printed where they are used. */
export interface CommonTables {
  /** Computed once, as tables of their own. */
  readonly kept: ReadonlySet<Relation>
  /** Printed for each user. */
  readonly repeated: ReadonlySet<Relation>
}

/** `order` is a plan from below. */
export function commonTables(order: readonly Relation[]): CommonTables {
  const users = new Map<Relation, number>()
  for (const relation of order) for (const input of inputsOf(relation)) users.set(input, (users.get(input) ?? 0) + 1)
  const isShared = (relation: Relation) => (users.get(relation) ?? 0) > 1
  const repeated = repeatedOf(order, isShared)
  const kept = order.filter(relation => (isShared(relation) && !repeated.has(relation)) || isDrawn(relation, order))
  return { kept: new Set(kept), repeated }
}

/**
 * Relations that have more users than one, themselves or by what stands on them, and only read: they are printed for
 * each user, since reading twice lets each read less.
 */
function repeatedOf(order: readonly Relation[], isShared: (relation: Relation) => boolean): ReadonlySet<Relation> {
  const repeated = new Set<Relation>()
  for (const relation of [...order].reverse()) {
    if (isShared(relation) && !isComputed(relation)) repeated.add(relation)
    if (repeated.has(relation)) for (const input of inputsOf(relation)) repeated.add(input)
  }
  return repeated
}

/** Whether a relation does more than to read, rename and leave out: then it is worth keeping what it gives. */
export function isComputed(relation: Relation): boolean {
  switch (relation.kind) {
    case "input":
    case "files":
    case "table":
    case "values":
      return false
    case "project":
      return relation.columns.some(c => c.expression.kind !== "column") || isComputed(relation.input)
    case "filter":
      return !isScan(relation.input) || !isCheap(relation.condition)
    case "hint":
      return relation.hint.name === "cache" || isComputed(relation.input)
    default:
      return true
  }
}

/** Whether rows are read from where they lie in columns: those of a text file are all taken apart to leave some out. */
function isScan(relation: Relation): boolean {
  if (relation.kind === "project" || relation.kind === "filter") return !isComputed(relation) && isScan(relation.input)
  return (
    relation.kind === "table" || (relation.kind === "files" && ["parquet", "orc", "delta"].includes(relation.format))
  )
}

const cheapCalls = new Set([
  "=",
  "<>",
  "<",
  "<=",
  ">",
  ">=",
  "<=>",
  "in",
  "between",
  "isnull",
  "isnotnull",
  "not",
  "and",
  "or",
])

/** Whether a condition costs less than to keep the rows that hold it: comparisons of columns with one another and with literals. */
function isCheap(e: Expression): boolean {
  if (e.kind === "column" || e.kind === "literal" || e.kind === "parameter") return true
  if (e.kind === "cast") return e.input.kind === "literal"
  return e.kind === "call" && cheapCalls.has(e.name) && e.args.every(isCheap)
}

/** Whether chance takes rows away below a join: DuckDB moves filters over joins, and would draw for each match anew. */
function isDrawn(relation: Relation, order: readonly Relation[]): boolean {
  return relation.kind === "filter" && isVolatile(relation.condition) && order.some(other => other.kind === "join")
}

function isVolatile(e: Expression): boolean {
  return (e.kind === "call" && entryOf(e.name).stability === "volatile") || childrenOf(e).some(isVolatile)
}
