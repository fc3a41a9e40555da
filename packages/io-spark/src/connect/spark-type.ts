import { type DataType, typeName } from "@assets/dataframe"
import type {
  DataType_Interval as Interval,
  DataType as SparkType,
  DataType_StructField as StructField,
} from "../generated/spark_connect_pb.ts"
import { quoteName } from "../spark-sql-text.ts"

/** A column of a relation, as a server tells it. */
export interface SparkColumn {
  readonly name: string
  /** The type in Spark's words, `array<decimal(10,2)>`; with names quoted where they have to be, so that it is DDL, too. */
  readonly typeText: string
  /** The plan's type; undefined where it has none. */
  readonly type: DataType | undefined
  readonly isNullable: boolean
}

/** The columns of a server's schema, which is a struct. */
export function columnsOf(schema: SparkType | undefined): readonly SparkColumn[] {
  if (schema?.kind.case !== "struct") return []
  return schema.kind.value.fields.map(({ name, dataType, nullable }) => ({
    name,
    typeText: typeTextOf(dataType),
    type: planTypeOf(dataType),
    isNullable: nullable,
  }))
}

/** Columns as DDL, ``` `id` bigint NOT NULL, `name` string```. */
export function ddlOf(columns: readonly Pick<SparkColumn, "name" | "typeText" | "isNullable">[]): string {
  return columns
    .map(({ name, typeText, isNullable }) => `${quoteName(name)} ${typeText}${isNullable ? "" : " NOT NULL"}`)
    .join(", ")
}

const yearMonthFields = ["year", "month"]
const dayTimeFields = ["day", "hour", "minute", "second"]

function typeTextOf(type: SparkType | undefined): string {
  const kind = type?.kind
  switch (kind?.case) {
    case undefined:
      return "unknown"
    case "string":
      return kind.value.collation && kind.value.collation !== "UTF8_BINARY"
        ? `string collate ${kind.value.collation}`
        : "string"
    case "char":
      return `char(${kind.value.length})`
    case "varChar":
      return `varchar(${kind.value.length})`
    case "calendarInterval":
      return "interval"
    case "yearMonthInterval":
      return intervalText(kind.value, yearMonthFields)
    case "dayTimeInterval":
      return intervalText(kind.value, dayTimeFields)
    case "array":
      return `array<${typeTextOf(kind.value.elementType)}>`
    case "map":
      return `map<${typeTextOf(kind.value.keyType)},${typeTextOf(kind.value.valueType)}>`
    case "struct":
      return `struct<${kind.value.fields.map(fieldText).join(",")}>`
    case "udt":
      return typeTextOf(kind.value.sqlType)
    case "unparsed":
      return kind.value.dataTypeString
    case "variant":
      return "variant"
    case "time":
      return `time(${kind.value.precision ?? 6})`
    default: {
      const plain = planTypeOf(type)
      return plain ? typeName(plain) : "unknown"
    }
  }
}

function fieldText({ name, dataType }: StructField): string {
  return `${/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : quoteName(name)}:${typeTextOf(dataType)}`
}

function intervalText({ startField, endField }: Interval, fields: readonly string[]): string {
  const [from, to] = [fields[startField ?? 0], fields[endField ?? fields.length - 1]]
  return from === to ? `interval ${from}` : `interval ${from} to ${to}`
}

/** The plan's type of a server's type; undefined where it has none. */
function planTypeOf(type: SparkType | undefined): DataType | undefined {
  const kind = type?.kind
  switch (kind?.case) {
    case "null":
      return { kind: "void" }
    case "byte":
      return { kind: "int8" }
    case "short":
      return { kind: "int16" }
    case "integer":
      return { kind: "int32" }
    case "long":
      return { kind: "int64" }
    case "float":
      return { kind: "float32" }
    case "double":
      return { kind: "float64" }
    case "decimal":
      return { kind: "decimal", precision: kind.value.precision ?? 10, scale: kind.value.scale ?? 0 }
    case "boolean":
    case "binary":
    case "date":
    case "timestamp":
      return { kind: kind.case }
    case "string":
    case "char":
    case "varChar":
      return { kind: "string" }
    case "timestampNtz":
      return { kind: "timestamp_ntz" }
    case "yearMonthInterval":
      return { kind: "year_month_interval" }
    case "dayTimeInterval":
      return { kind: "day_time_interval" }
    default:
      return nestedTypeOf(kind)
  }
}

function nestedTypeOf(kind: SparkType["kind"] | undefined): DataType | undefined {
  switch (kind?.case) {
    case "array": {
      const element = planTypeOf(kind.value.elementType)
      return element && { kind: "array", element }
    }
    case "map": {
      const [key, value] = [planTypeOf(kind.value.keyType), planTypeOf(kind.value.valueType)]
      return key && value && { kind: "map", key, value }
    }
    case "struct": {
      const fields = kind.value.fields.map(({ name, dataType }) => ({ name, type: planTypeOf(dataType) }))
      return fields.every((field): field is { name: string; type: DataType } => field.type !== undefined)
        ? { kind: "struct", fields }
        : undefined
    }
    default:
      return undefined
  }
}
