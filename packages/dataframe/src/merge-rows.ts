import type { Relation } from "./plan/relation.ts"
import type { Schema } from "./schema/schema.ts"

/**
 * The rows of `former` whose key is none of `added`, and all rows of `added`. As in SQL, null equals no key: rows without
 * one are kept, and added ones come to them.
 */
export function mergeRows(former: Relation, added: Relation, keys: readonly string[], schema: Schema): Relation {
  const lower = keys.map(key => key.toLowerCase())
  const isKey = (name: string) => lower.includes(name.toLowerCase())
  const using = lower.flatMap(key => schema.columns.filter(column => column.name.toLowerCase() === key))
  const others = schema.columns.filter(column => !isKey(column.name))
  const untouched: Relation = {
    kind: "join",
    left: former,
    right: added,
    how: "anti",
    using: using.map(column => column.name),
    schema: { columns: [...using, ...others] },
  }
  const inOrder: Relation = {
    kind: "project",
    input: untouched,
    columns: schema.columns.map(({ name, type }) => ({ name, expression: { kind: "column", name, type } })),
    schema,
  }
  return { kind: "set", operation: "union", all: true, left: inOrder, right: added, schema }
}
