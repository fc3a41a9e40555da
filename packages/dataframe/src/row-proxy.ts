import { ColumnExpression } from "./column-expression.ts"
import { columnNamed, findColumn } from "./plan/column-named.ts"
import type { Column } from "./schema/data-type.ts"

/**
 * The parameter of a callback: one property for each column, found without regard to case.
 *
 * An unknown name throws with the nearest ones. Only what JavaScript itself asks an object for (`then`, symbols,
 * `toJSON`) is not there, so that a row may be awaited, logged and spread like any object.
 */
export function rowProxy(
  columns: readonly Column[],
  side?: "left" | "right",
): { readonly [name: string]: ColumnExpression } {
  const byName: { [name: string]: ColumnExpression } = Object.create(null)
  for (const { name } of columns) {
    byName[name] = new ColumnExpression({ kind: "column", name, ...(side ? { side } : {}) })
  }
  return new Proxy(byName, {
    get(target, key) {
      if (typeof key === "symbol") return undefined
      const known = target[key] ?? target[findColumn(columns, key)?.name ?? ""]
      if (known || asked.has(key)) return known
      return target[columnNamed(columns, key, side).name]
    },
    set: refuse,
    defineProperty: refuse,
    deleteProperty: refuse,
  })
}

/** Properties that the language and its tools look for on any object. */
const asked = new Set(["then", "toJSON", "constructor", "asymmetricMatch", "nodeType", "$$typeof", "inspect"])

const refuse = () => false
