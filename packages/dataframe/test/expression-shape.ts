import type { SortKey, Unresolved } from "../src/plan/expression.ts"
import { typeName } from "../src/schema/type-name.ts"

/** An unresolved expression as a short text, to be compared in tests. */
export function shape(e: Unresolved): string {
  switch (e.kind) {
    case "column":
      return e.name
    case "literal":
      if (e.value === null) return "null"
      if (typeof e.value === "boolean") return String(e.value)
      if (e.type?.kind === "string") return `'${e.value}'`
      return `${e.value}:${e.type ? typeName(e.type) : "?"}`
    case "call": {
      const where = e.where ? ` filter ${shape(e.where)}` : ""
      return `${e.name}(${e.distinct ? "distinct " : ""}${e.args.map(shape).join(", ")})${where}`
    }
    case "cast":
      return `${e.mode === "try" ? "try_cast" : "cast"}(${shape(e.input)} as ${typeName(e.type)})`
    case "case": {
      const branches = e.branches.map(([c, v]) => `${shape(c)}: ${shape(v)}`)
      return `case ${branches.join(" ")}${e.otherwise ? ` else ${shape(e.otherwise)}` : ""} end`
    }
    case "alias":
      return `${shape(e.input)} as ${e.name}`
    case "lambda":
      return `(${e.parameters.join(", ")}) -> ${shape(e.body)}`
    case "window": {
      const edge = (x: Unresolved | number | null) => (typeof x === "object" && x !== null ? shape(x) : String(x))
      const frame = e.frame ? `; ${e.frame.unit} ${edge(e.frame.start)} to ${edge(e.frame.end)}` : ""
      return `${shape(e.input)} over (${e.partitionBy.map(shape).join(", ")}; ${e.orderBy.map(sortKey).join(", ")}${frame})`
    }
    default:
      return e.kind
  }
}

function sortKey(key: SortKey<Unresolved>): string {
  return `${shape(key.expression)} ${key.direction} ${key.nulls}`
}
