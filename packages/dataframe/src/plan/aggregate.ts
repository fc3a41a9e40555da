import { FrameError } from "../errors/frame-error.ts"
import type { Column } from "../schema/data-type.ts"
import { columnNamed, distinctNames } from "./column-named.ts"
import type { Expression, Unresolved } from "./expression.ts"
import { keep } from "./project.ts"
import type { NamedExpression, Relation } from "./relation.ts"
import { resolveExpression } from "./resolve-expression.ts"
import type { NamedUnresolved } from "./resolve-row-wise.ts"
import { comparable } from "./select-rows.ts"
import { childrenOf, contains } from "./walk-expression.ts"

/** How rows are grouped beside the grouping by all keys. */
export type Grouping = "rollup" | "cube" | readonly (readonly unknown[])[]

export interface AggregateOptions {
  readonly grouping?: Grouping | undefined
  readonly salt?: { readonly key: unknown; readonly buckets: number } | undefined
}

/**
 * `groupBy(…keys).agg(…)`: the keys, then the aggregates; without keys one row for all. With a grouping, rows of each of
 * its sets, where the keys that are not in the set are null.
 */
export function aggregate(
  input: Relation,
  names: readonly unknown[],
  computed: readonly NamedUnresolved[],
  { grouping, salt }: AggregateOptions = {},
): Relation {
  const scope = input.schema.columns
  const keys = [...new Set(names.map(name => columnNamed(scope, name)))]
  comparable(keys, "groupBy")
  const aggregates = computed.map(({ name, unresolved }): NamedExpression => {
    const expression = resolveExpression(withGroupingKeys(unresolved, keys), { columns: scope })
    if (contains(expression, isGroupingMark) && !grouping) throw noGrouping(name)
    holdToGroups(expression, keys, name)
    return { name, expression }
  })
  const columns = [...keys, ...aggregates.map(({ name, expression }) => ({ name, type: expression.type }))]
  if (columns.length === 0) {
    throw new FrameError("FRAME_ARGUMENT_INVALID", {
      what: "agg was called without an aggregate.",
      why: "What it gives would have no columns.",
      fix: "Return at least one: agg(f => ({ rows: count() })).",
    })
  }
  distinctNames(columns, "The result of agg")
  const sets = grouping && setsOf(grouping, keys)
  return {
    kind: "aggregate",
    input,
    keys: keys.map(key => keep(key)),
    aggregates,
    ...(sets && { sets }),
    ...(salt && { salt: { key: columnNamed(keys, salt.key).name, buckets: salt.buckets } }),
    schema: { columns },
  }
}

/** The keys of each set by their places: of `rollup(a, b)` (a, b), (a) and none; of `cube` all subsets. */
function setsOf(grouping: Grouping, keys: readonly Column[]): readonly (readonly number[])[] {
  const places = keys.map((_, i) => i)
  if (grouping === "rollup") return [...places, keys.length].reverse().map(length => places.slice(0, length))
  if (grouping === "cube") {
    return Array.from({ length: 2 ** keys.length }, (_, set) => places.filter(i => (set & (1 << i)) === 0))
  }
  return grouping.map(set => set.map(name => keys.indexOf(columnNamed(keys, name))))
}

/** `grouping_id()` is that of all keys. */
function withGroupingKeys(unresolved: Unresolved, keys: readonly Column[]): Unresolved {
  if (unresolved.kind !== "call" || unresolved.name !== "grouping_id" || unresolved.args.length > 0) return unresolved
  return { ...unresolved, args: keys.map(({ name }) => ({ kind: "column", name })) }
}

function isGroupingMark(expression: Expression): boolean {
  return expression.kind === "aggregate" && (expression.name === "grouping" || expression.name === "grouping_id")
}

function noGrouping(name: string): FrameError {
  return new FrameError("FRAME_AGGREGATE_INVALID", {
    what: `The aggregate '${name}' asks for the grouping of a row.`,
    why: "Only rollup, cube and groupingSets group rows in several ways.",
    fix: "Use rollup() or cube() in the place of groupBy().",
    details: { column: name },
  })
}

/** Outside of aggregates only the keys have one value for a group. */
function holdToGroups(expression: Expression, keys: readonly Column[], name: string): void {
  if (expression.kind === "aggregate") return
  if (expression.kind === "window") throw outsideAggregate(name, "a window function")
  if (expression.kind === "column" && !keys.some(key => key.name === expression.name)) {
    throw outsideAggregate(name, `'${expression.name}'`)
  }
  for (const child of childrenOf(expression)) holdToGroups(child, keys, name)
}

function outsideAggregate(name: string, what: string): FrameError {
  return new FrameError("FRAME_AGGREGATE_INVALID", {
    what: `The aggregate '${name}' uses ${what} outside of an aggregate function.`,
    why: "A group has many values of it, and one is asked for.",
    fix: "Say which one: max(f.column), sum(f.column), or make it a key of groupBy.",
    details: { column: name },
  })
}
