import { FrameError } from "../errors/frame-error.ts"
import { columnNamed } from "./column-named.ts"
import type { Unresolved } from "./expression.ts"
import { generateBelow } from "./generate.ts"
import { columnName, select } from "./project.ts"
import type { Relation } from "./relation.ts"

const text = (value: string): Unresolved => ({ kind: "literal", value, type: { kind: "string" } })
const column = (name: string): Unresolved => ({ kind: "column", name })
const call = (name: string, ...args: readonly Unresolved[]): Unresolved => ({ kind: "call", name, args })

/** A row for each of some columns of each row: its name and its value, nulls kept. One scan. */
export function unpivot(
  input: Relation,
  ids: readonly unknown[],
  values: readonly unknown[],
  names: { readonly variable: unknown; readonly value: unknown },
): Relation {
  const scope = input.schema.columns
  const kept = ids.map(id => columnNamed(scope, id).name)
  const turned = values.map(value => columnNamed(scope, value).name)
  if (turned.length === 0) {
    throw new FrameError("FRAME_ARGUMENT_INVALID", {
      what: "unpivot was given no columns to turn into rows.",
      why: "Each row becomes one row for each of them.",
      fix: 'Name them: unpivot(["id"], ["jan", "feb"], "month", "amount").',
    })
  }
  const pairs = turned.map(name => call("named_struct", text("name"), text(name), text("value"), column(name)))
  const generator = { source: call("array", ...pairs), outer: false }
  const pair: Unresolved = { kind: "generated", generator, part: "element" }
  const made = generateBelow(input, [{ name: "pair", unresolved: pair }], "unpivot")
  const [element = pair] = made.columns.map(({ unresolved }) => unresolved)
  return select(made.input, [
    ...kept,
    { name: columnName(names.variable), unresolved: call("getfield", element, text("name")) },
    { name: columnName(names.value), unresolved: call("getfield", element, text("value")) },
  ])
}
