import { FrameError } from "../errors/frame-error.ts"
import type { Column, DataType } from "../schema/data-type.ts"
import { isNumeric } from "../schema/type-family.ts"
import { columnNamed } from "./column-named.ts"
import type { Unresolved } from "./expression.ts"
import { literalOf } from "./literal.ts"
import { withColumns } from "./project.ts"
import type { Relation } from "./relation.ts"
import type { NamedUnresolved } from "./resolve-row-wise.ts"

/** `replace`: other values in the place of some, in the columns of their type. NaN equals NaN. */
export function replaceValues(input: Relation, values: unknown, subset: readonly unknown[] | undefined): Relation {
  const pairs = pairsOf(values)
  const [first] = pairs
  if (!first) return input
  const scope = input.schema.columns
  const columns = (subset ? subset.map(name => columnNamed(scope, name)) : scope).filter(column =>
    holds(column.type, first[0]),
  )
  if (columns.length === 0) return input
  return withColumns(
    input,
    columns.map(column => replacedIn(column, pairs)),
  )
}

function replacedIn(column: Column, pairs: readonly (readonly [unknown, unknown])[]): NamedUnresolved {
  const self: Unresolved = { kind: "column", name: column.name }
  const branches = pairs.map(([from, to]) => {
    const is: Unresolved = { kind: "call", name: "=", args: [self, literalOf(from)] }
    const put: Unresolved = { kind: "cast", input: literalOf(to), type: column.type, mode: "ansi" }
    return [is, put] as const
  })
  return { name: column.name, unresolved: { kind: "case", branches, otherwise: self } }
}

function pairsOf(values: unknown): readonly (readonly [unknown, unknown])[] {
  const pairs =
    values instanceof Map
      ? [...values]
      : typeof values === "object" && values !== null
        ? Object.entries(values)
        : undefined
  if (!pairs) throw wrongValues(`a value of type ${values === null ? "null" : typeof values}`)
  const kinds = new Set(pairs.flatMap(pair => pair.filter(value => value !== null).map(kindOf)))
  if (kinds.size > 1) throw wrongValues(`${[...kinds].join(" and ")} together`)
  return pairs
}

function kindOf(value: unknown): string {
  return typeof value === "bigint" ? "number" : typeof value
}

function holds(type: DataType, value: unknown): boolean {
  const kind = kindOf(value)
  if (kind === "number") return isNumeric(type)
  return kind === (type.kind === "boolean" ? "boolean" : type.kind === "string" ? "string" : undefined)
}

function wrongValues(what: string): FrameError {
  return new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `replace was given ${what}.`,
    why: "It takes values of one kind: texts by texts, numbers by numbers, booleans by booleans.",
    fix: 'Write replace({ "n/a": null }) for texts, replace(new Map([[0, 1]])) for numbers.',
  })
}
