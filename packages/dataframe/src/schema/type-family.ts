import type { DataType } from "./data-type.ts"

/** Types without parameters, so that a rule can name one. */
export const boolean: DataType = { kind: "boolean" }
export const int8: DataType = { kind: "int8" }
export const int16: DataType = { kind: "int16" }
export const int32: DataType = { kind: "int32" }
export const int64: DataType = { kind: "int64" }
export const float32: DataType = { kind: "float32" }
export const float64: DataType = { kind: "float64" }
export const string: DataType = { kind: "string" }
export const binary: DataType = { kind: "binary" }
export const date: DataType = { kind: "date" }
export const timestamp: DataType = { kind: "timestamp" }
export const timestampNtz: DataType = { kind: "timestamp_ntz" }
export const dayTimeInterval: DataType = { kind: "day_time_interval" }
export const yearMonthInterval: DataType = { kind: "year_month_interval" }
export const voidType: DataType = { kind: "void" }

export type DecimalType = Extract<DataType, { kind: "decimal" }>
export type ArrayType = Extract<DataType, { kind: "array" }>
export type MapType = Extract<DataType, { kind: "map" }>
export type StructType = Extract<DataType, { kind: "struct" }>

/** Whole numbers, the narrowest first. */
const integrals = ["int8", "int16", "int32", "int64"]

export function isIntegral(type: DataType): boolean {
  return integrals.includes(type.kind)
}

export function isFloating(type: DataType): boolean {
  return type.kind === "float32" || type.kind === "float64"
}

export function isDecimal(type: DataType): type is DecimalType {
  return type.kind === "decimal"
}

export function isNumeric(type: DataType): boolean {
  return isIntegral(type) || isFloating(type) || isDecimal(type)
}

export function isInterval(type: DataType): boolean {
  return type.kind === "day_time_interval" || type.kind === "year_month_interval"
}

export function isDatetime(type: DataType): boolean {
  return type.kind === "date" || type.kind === "timestamp" || type.kind === "timestamp_ntz"
}

export function isNested(type: DataType): boolean {
  return type.kind === "array" || type.kind === "map" || type.kind === "struct"
}

/** The wider of two whole number types. */
export function widerIntegral(a: DataType, b: DataType): DataType {
  return integrals.indexOf(a.kind) >= integrals.indexOf(b.kind) ? a : b
}

/** Whether values of the type can be compared and grouped. */
export function isOrderable(type: DataType): boolean {
  if (type.kind === "array") return isOrderable(type.element)
  if (type.kind === "struct") return type.fields.every(f => isOrderable(f.type))
  return type.kind !== "map"
}
