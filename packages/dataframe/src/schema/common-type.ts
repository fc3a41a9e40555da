import type { Column, DataType } from "./data-type.ts"
import { commonDecimal, decimalOfIntegral } from "./decimal-type.ts"
import {
  float64,
  int64,
  isDatetime,
  isDecimal,
  isFloating,
  isIntegral,
  isInterval,
  isNested,
  isNumeric,
  timestamp,
  timestampNtz,
  widerIntegral,
} from "./type-family.ts"
import { sameType } from "./type-name.ts"

/**
 * The type to which Spark, in ANSI mode, casts two operands that must be alike, or undefined when there is none: the
 * rule of `coalesce`, `case`, `in`, comparison, array elements, set operations.
 */
export function commonType(a: DataType, b: DataType): DataType | undefined {
  if (sameType(a, b)) return a
  if (a.kind === "void") return b
  if (b.kind === "void") return a
  if (isNumeric(a) && isNumeric(b)) return commonNumber(a, b)
  if (isDatetime(a) && isDatetime(b)) return a.kind === "timestamp" || b.kind === "timestamp" ? timestamp : timestampNtz
  if (a.kind === "string") return commonWithString(b)
  if (b.kind === "string") return commonWithString(a)
  return commonNested(a, b)
}

/** The common type of all, or undefined. */
export function commonTypeOf(types: readonly DataType[]): DataType | undefined {
  let common: DataType = { kind: "void" }
  // Spark looks at strings last, so that the order of the operands does not decide.
  const ordered = [...types.filter(t => t.kind !== "string"), ...types.filter(t => t.kind === "string")]
  for (const type of ordered) {
    const next = commonType(common, type)
    if (!next) return undefined
    common = next
  }
  return common
}

function commonNumber(a: DataType, b: DataType): DataType {
  if (isDecimal(a) || isDecimal(b)) {
    if (isFloating(a) || isFloating(b)) return float64
    return commonDecimal(isDecimal(a) ? a : decimalOfIntegral(a), isDecimal(b) ? b : decimalOfIntegral(b))
  }
  // A whole number beside a float becomes double, since a float would lose digits of it.
  if (isFloating(a) || isFloating(b)) return float64
  return widerIntegral(a, b)
}

function commonWithString(other: DataType): DataType | undefined {
  if (isIntegral(other)) return int64
  if (isNumeric(other)) return float64
  if (isInterval(other) || isNested(other)) return undefined
  return other
}

function commonNested(a: DataType, b: DataType): DataType | undefined {
  if (a.kind === "array" && b.kind === "array") {
    const element = commonType(a.element, b.element)
    return element && { kind: "array", element }
  }
  if (a.kind === "map" && b.kind === "map") {
    const key = commonType(a.key, b.key)
    const value = commonType(a.value, b.value)
    return key && value && { kind: "map", key, value }
  }
  if (a.kind === "struct" && b.kind === "struct" && a.fields.length === b.fields.length) {
    const fields: Column[] = []
    for (const [i, field] of a.fields.entries()) {
      const other = b.fields[i]
      const type = other && commonType(field.type, other.type)
      if (!type || field.name.toLowerCase() !== other.name.toLowerCase()) return undefined
      fields.push({ name: field.name, type })
    }
    return { kind: "struct", fields }
  }
  return undefined
}
