import { DataType as Arrow, type DataType as ArrowType, DateDay, Int64, Null } from "apache-arrow/type"
import { FrameError } from "../errors/frame-error.ts"
import type { Columns } from "./columns.ts"
import type { Column, DataType } from "./data-type.ts"
import type { Schema } from "./schema.ts"
import { t } from "./t.ts"

/** Arrow's enum values, which the narrow entry `apache-arrow/type` does not export. */
const MICROSECOND = 2
const DAY = new DateDay().unit

/** The plan's type of an Arrow type; undefined where we have none. */
export function dataTypeOf(type: ArrowType): DataType | undefined {
  if (Arrow.isBool(type)) return { kind: "boolean" }
  if (Arrow.isUtf8(type)) return { kind: "string" }
  if (Arrow.isBinary(type)) return { kind: "binary" }
  if (Arrow.isInt(type)) return type.isSigned ? { kind: `int${type.bitWidth}` } : undefined
  if (Arrow.isFloat(type)) return floatTypes[type.precision]
  if (Arrow.isDecimal(type)) return { kind: "decimal", precision: type.precision, scale: type.scale }
  if (Arrow.isDate(type)) return type.unit === DAY ? { kind: "date" } : undefined
  if (Arrow.isTimestamp(type)) {
    return type.unit === MICROSECOND ? { kind: type.timezone ? "timestamp" : "timestamp_ntz" } : undefined
  }
  if (Arrow.isNull(type)) return { kind: "void" }
  return nestedTypeOf(type)
}

const floatTypes: readonly (DataType | undefined)[] = [undefined, { kind: "float32" }, { kind: "float64" }]

function nestedTypeOf(type: ArrowType): DataType | undefined {
  if (Arrow.isList(type)) {
    const element = dataTypeOf(type.valueType)
    return element && { kind: "array", element }
  }
  if (Arrow.isStruct(type)) {
    const fields: Column[] = []
    for (const field of type.children) {
      const fieldType = dataTypeOf(field.type)
      if (!fieldType) return undefined
      fields.push({ name: field.name, type: fieldType })
    }
    return { kind: "struct", fields }
  }
  if (Arrow.isMap(type)) {
    const [key, value] = [dataTypeOf(type.keyType), dataTypeOf(type.valueType)]
    return key && value && { kind: "map", key, value }
  }
  return undefined
}

/** The Arrow type that carries a type of the plan. */
export function arrowTypeOf(type: DataType): ArrowType {
  switch (type.kind) {
    case "decimal":
      return t.decimal(type.precision, type.scale)
    case "timestamp_ntz":
      return t.timestampNtz
    case "array":
      return t.array(arrowTypeOf(type.element))
    case "struct":
      return t.struct(Object.fromEntries(type.fields.map(field => [field.name, arrowTypeOf(field.type)])))
    case "map":
      return t.map(arrowTypeOf(type.key), arrowTypeOf(type.value))
    case "void":
      return new Null()
    case "day_time_interval":
    case "year_month_interval":
      return new Int64()
    default:
      return t[type.kind]
  }
}

/**
 * The type that a value of `t` stands for.
 * @throws FrameError `FRAME_ARGUMENT_INVALID` for what is not a type
 */
export function typeFrom(value: unknown): DataType {
  const type = Arrow.isDataType(value) ? dataTypeOf(value) : undefined
  if (type && type.kind !== "void") return type
  throw new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `${String(value)} is not a type that a column can have.`,
    why: "Types are the values of t.",
    fix: "Use one of t.boolean, t.int32, t.int64, t.float64, t.decimal(p, s), t.string, t.date, t.timestamp, …",
  })
}

/**
 * The schema of declared columns, in their order.
 * @throws FrameError `FRAME_ARGUMENT_INVALID` for what is not a type
 */
export function schemaOf(columns: Columns): Schema {
  return { columns: Object.entries(columns).map(([name, type]) => ({ name, type: typeFrom(type) })) }
}
