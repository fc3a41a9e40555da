import type { DataType } from "../schema/data-type.ts"
import { isOrderable } from "../schema/type-family.ts"
import type { Unresolved } from "./expression.ts"

const call = (name: string, ...args: readonly Unresolved[]): Unresolved => ({ kind: "call", name, args })

/**
 * A value in a form that can be grouped and compared: maps, which are neither equal nor ordered, become their entries in
 * the order of the keys. Everything else stays as it is.
 */
export function comparableValue(value: Unresolved, type: DataType, depth = 0): Unresolved {
  if (isOrderable(type)) return value
  const each = (list: Unresolved, body: (element: Unresolved) => Unresolved): Unresolved => {
    const name = `e${depth}`
    return call("transform", list, { kind: "lambda", parameters: [name], body: body({ kind: "variable", name }) })
  }
  switch (type.kind) {
    case "array":
      return each(value, element => comparableValue(element, type.element, depth + 1))
    case "map": {
      const entries = call("map_entries", value)
      if (isOrderable(type.value)) return call("sort_array", entries)
      const entry = (one: Unresolved) =>
        struct([
          ["key", call("getfield", one, text("key"))],
          ["value", comparableValue(call("getfield", one, text("value")), type.value, depth + 1)],
        ])
      return call("sort_array", each(entries, entry))
    }
    case "struct": {
      const fields = type.fields.map(
        field => [field.name, comparableValue(call("getfield", value, text(field.name)), field.type, depth)] as const,
      )
      return { kind: "case", branches: [[call("isnotnull", value), struct(fields)]] }
    }
    default:
      return value
  }
}

function struct(fields: readonly (readonly [name: string, value: Unresolved])[]): Unresolved {
  return call("named_struct", ...fields.flatMap(([name, value]) => [text(name), value]))
}

function text(value: string): Unresolved {
  return { kind: "literal", value }
}
