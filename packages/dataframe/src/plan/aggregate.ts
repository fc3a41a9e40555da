import { FrameError } from "../errors/frame-error.ts"
import type { Column } from "../schema/data-type.ts"
import { columnNamed, distinctNames } from "./column-named.ts"
import type { Expression } from "./expression.ts"
import { keep, type NamedUnresolved } from "./project.ts"
import type { NamedExpression, Relation } from "./relation.ts"
import { resolveExpression } from "./resolve-expression.ts"
import { comparable } from "./select-rows.ts"
import { childrenOf } from "./walk-expression.ts"

/** `groupBy(…keys).agg(…)`: the keys, then the aggregates; without keys one row for all. */
export function aggregate(input: Relation, names: readonly unknown[], computed: readonly NamedUnresolved[]): Relation {
  const scope = input.schema.columns
  const keys = [...new Set(names.map(name => columnNamed(scope, name)))]
  comparable(keys, "groupBy")
  const aggregates = computed.map(({ name, unresolved }): NamedExpression => {
    const expression = resolveExpression(unresolved, { columns: scope })
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
  return { kind: "aggregate", input, keys: keys.map(key => keep(key)), aggregates, schema: { columns } }
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
