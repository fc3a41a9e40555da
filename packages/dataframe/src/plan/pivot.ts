import { FrameError } from "../errors/frame-error.ts"
import { columnNamed } from "./column-named.ts"
import type { Unresolved } from "./expression.ts"
import { literalOf } from "./literal.ts"
import type { Relation } from "./relation.ts"
import type { NamedUnresolved } from "./resolve-row-wise.ts"

/**
 * The aggregates of a pivot: each of them for each value, over the rows that have it, null where there is no such row.
 * One aggregate gives columns with the values' names, several `value_name`.
 */
export function pivoted(
  input: Relation,
  column: unknown,
  values: readonly unknown[],
  aggregates: readonly NamedUnresolved[],
): readonly NamedUnresolved[] {
  const { name } = columnNamed(input.schema.columns, column)
  if (!Array.isArray(values) || values.length === 0) throw noValues()
  return values.flatMap(value => {
    const is: Unresolved = { kind: "call", name: "<=>", args: [{ kind: "column", name }, literalOf(value)] }
    const some: Unresolved = {
      kind: "call",
      name: ">",
      args: [
        { kind: "call", name: "count_if", args: [is] },
        { kind: "literal", value: 0 },
      ],
    }
    return aggregates.map(({ name: aggregate, unresolved }): NamedUnresolved => {
      const cell = whereEach(unresolved, is)
      return {
        name: aggregates.length === 1 ? String(value) : `${String(value)}_${aggregate}`,
        unresolved: { kind: "case", branches: [[some, cell]] },
      }
    })
  })
}

/** Marks an expression so that each of its aggregates takes only the rows of a condition. */
function whereEach(unresolved: Unresolved, where: Unresolved): Unresolved {
  return { kind: "restricted", input: unresolved, where }
}

function noValues(): FrameError {
  return new FrameError("FRAME_ARGUMENT_INVALID", {
    what: "pivot was given no values.",
    why: "Each value becomes a column, and the columns of a frame are known before it runs.",
    fix: 'List them: pivot("quarter", ["q1", "q2"]).',
  })
}
