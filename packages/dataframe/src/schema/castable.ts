import type { DataType } from "./data-type.ts"
import { isDecimal, isIntegral, isInterval, isNested, isNumeric } from "./type-family.ts"
import { sameType } from "./type-name.ts"

/** Whether Spark, in ANSI mode, allows a written cast. Source: `Cast.canAnsiCast` of Spark 4. */
export function isCastable(from: DataType, to: DataType): boolean {
  if (sameType(from, to) || from.kind === "void") return true
  if (to.kind === "void") return false
  if (to.kind === "string") return true
  if (isNested(from) || isNested(to)) return isNestedCastable(from, to)
  switch (to.kind) {
    case "boolean":
      return from.kind === "string" || isNumeric(from)
    case "binary":
      return from.kind === "string"
    case "date":
      return from.kind === "string" || from.kind === "timestamp" || from.kind === "timestamp_ntz"
    case "timestamp":
      return from.kind === "string" || from.kind === "date" || from.kind === "timestamp_ntz" || isNumeric(from)
    case "timestamp_ntz":
      return from.kind === "string" || from.kind === "date" || from.kind === "timestamp"
    case "day_time_interval":
    case "year_month_interval":
      return from.kind === "string" || isIntegral(from) || isDecimal(from)
    default:
      return from.kind === "string" || from.kind === "boolean" || from.kind === "timestamp" || isNumeric(from)
        ? true
        : isInterval(from) && (isIntegral(to) || isDecimal(to))
  }
}

function isNestedCastable(from: DataType, to: DataType): boolean {
  if (from.kind === "array" && to.kind === "array") return isCastable(from.element, to.element)
  if (from.kind === "map" && to.kind === "map") return isCastable(from.key, to.key) && isCastable(from.value, to.value)
  if (from.kind === "struct" && to.kind === "struct") {
    if (from.fields.length !== to.fields.length) return false
    return from.fields.every((field, i) => {
      const other = to.fields[i]
      return other !== undefined && isCastable(field.type, other.type)
    })
  }
  return false
}
