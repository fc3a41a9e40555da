import type { DataType } from "./data-type.ts"

const simpleNames = {
  boolean: "boolean",
  int8: "tinyint",
  int16: "smallint",
  int32: "int",
  int64: "bigint",
  float32: "float",
  float64: "double",
  string: "string",
  binary: "binary",
  date: "date",
  timestamp: "timestamp",
  timestamp_ntz: "timestamp_ntz",
  day_time_interval: "interval day to second",
  year_month_interval: "interval year to month",
  void: "void",
} as const

/** Spark's name of a type: `decimal(10,2)`, `array<struct<x:int>>`. */
export function typeName(type: DataType): string {
  switch (type.kind) {
    case "decimal":
      return `decimal(${type.precision},${type.scale})`
    case "array":
      return `array<${typeName(type.element)}>`
    case "map":
      return `map<${typeName(type.key)},${typeName(type.value)}>`
    case "struct":
      return `struct<${type.fields.map(f => `${f.name}:${typeName(f.type)}`).join(",")}>`
    default:
      return simpleNames[type.kind]
  }
}

/** Whether two types are equal. Names of struct fields are compared with case. */
export function sameType(a: DataType, b: DataType): boolean {
  if (a.kind !== b.kind) return false
  return a === b || typeName(a) === typeName(b)
}
