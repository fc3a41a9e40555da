import { keyword, numberLiteral, type Sql, sparkName, sparkText, sql } from "../../function/sql-fragment.ts"
import type { Value } from "../../plan/relation.ts"
import type { DataType } from "../../schema/data-type.ts"

/** Spark SQL's type, names of fields quoted: `STRUCT<`a b`: DECIMAL(10,2)>`. */
export function sparkTypeText(type: DataType): string {
  return sparkType(type).text
}

/** Spark SQL's type: `DECIMAL(10,2)`, `ARRAY<INT>`. */
export function sparkType(type: DataType): Sql {
  switch (type.kind) {
    case "decimal":
      return sql`DECIMAL(${type.precision},${type.scale})`
    case "array":
      return sql`ARRAY<${sparkType(type.element)}>`
    case "map":
      return sql`MAP<${sparkType(type.key)}, ${sparkType(type.value)}>`
    case "struct":
      return sql`STRUCT<${type.fields.map(field => sql`${sparkName(field.name)}: ${sparkType(field.type)}`)}>`
    default:
      return keyword(names[type.kind])
  }
}

const names = {
  boolean: "BOOLEAN",
  int8: "TINYINT",
  int16: "SMALLINT",
  int32: "INT",
  int64: "BIGINT",
  float32: "FLOAT",
  float64: "DOUBLE",
  string: "STRING",
  binary: "BINARY",
  date: "DATE",
  timestamp: "TIMESTAMP",
  timestamp_ntz: "TIMESTAMP_NTZ",
  day_time_interval: "INTERVAL DAY TO SECOND",
  year_month_interval: "INTERVAL YEAR TO MONTH",
  void: "VOID",
} as const

/** A literal with its exact type. */
export function sparkLiteral(value: Value, type: DataType): Sql {
  if (value === null) return type.kind === "void" ? sql`NULL` : sql`CAST(NULL AS ${sparkType(type)})`
  if (Array.isArray(value)) return nestedLiteral(value, type)
  switch (type.kind) {
    case "boolean":
      return value === true ? sql`TRUE` : sql`FALSE`
    case "string":
      return sparkText(String(value))
    case "int32":
      return numberLiteral(String(value))
    case "int8":
    case "int16":
    case "int64":
      return sql`${numberLiteral(String(value))}${keyword(suffixes[type.kind])}`
    case "float64":
      if (typeof value === "number") return sql`${numberLiteral(value.toExponential())}${keyword("D")}`
      return sql`CAST(${sparkText(String(value))} AS DOUBLE)`
    case "binary":
      return sql`unhex(${sparkText(String(value))})`
    case "day_time_interval":
      return dayTimeInterval(BigInt(String(value)))
    case "year_month_interval":
      return sql`INTERVAL ${sparkText(String(value))} MONTH`
    default:
      return sql`CAST(${sparkText(String(value))} AS ${sparkType(type)})`
  }
}

/** Whole days are of their own type in Spark: added to a date they give a date. */
function dayTimeInterval(micros: bigint): Sql {
  const day = 86_400_000_000n
  if (micros % day === 0n) return sql`INTERVAL ${sparkText(String(micros / day))} DAY`
  const size = micros < 0n ? -micros : micros
  const seconds = `${micros < 0n ? "-" : ""}${size / 1_000_000n}.${String(size % 1_000_000n).padStart(6, "0")}`
  return sql`INTERVAL ${sparkText(seconds)} SECOND`
}

const suffixes = { int8: "Y", int16: "S", int64: "L" } as const

function nestedLiteral(value: readonly Value[], type: DataType): Sql {
  const typed = (made: Sql) => sql`CAST(${made} AS ${sparkType(type)})`
  if (type.kind === "array") return typed(sql`array(${value.map(one => sparkLiteral(one, type.element))})`)
  if (type.kind === "struct") {
    const fields = type.fields.map((field, i) => {
      return sql`${sparkText(field.name)}, ${sparkLiteral(value[i] ?? null, field.type)}`
    })
    return sql`named_struct(${fields})`
  }
  if (type.kind === "map") {
    const pairs = value.map(pair => (Array.isArray(pair) ? pair : [null, null]))
    return typed(
      sql`map(${pairs.flatMap(([key = null, one = null]) => [sparkLiteral(key, type.key), sparkLiteral(one, type.value)])})`,
    )
  }
  throw new Error(`A list is not a value of ${sparkType(type).text}. Please report this.`)
}
