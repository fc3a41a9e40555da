import type { DataType } from "../schema/data-type.ts"
import { identifier, keyword, type Sql, sql } from "./sql-fragment.ts"

const names = {
  boolean: "BOOLEAN",
  int8: "TINYINT",
  int16: "SMALLINT",
  int32: "INTEGER",
  int64: "BIGINT",
  float32: "FLOAT",
  float64: "DOUBLE",
  string: "VARCHAR",
  binary: "BLOB",
  date: "DATE",
  timestamp: "TIMESTAMP WITH TIME ZONE",
  timestamp_ntz: "TIMESTAMP",
  day_time_interval: "INTERVAL",
  year_month_interval: "INTERVAL",
  void: "INTEGER",
} as const

/** The DuckDB type that carries a type of the plan. A bare NULL is an INTEGER there. */
export function duckdbType(type: DataType): Sql {
  switch (type.kind) {
    case "decimal":
      return sql`DECIMAL(${type.precision},${type.scale})`
    case "array":
      return sql`${duckdbType(type.element)}[]`
    case "map":
      return sql`MAP(${duckdbType(type.key)}, ${duckdbType(type.value)})`
    case "struct":
      return sql`STRUCT(${type.fields.map(f => sql`${identifier(f.name)} ${duckdbType(f.type)}`)})`
    default:
      return keyword(names[type.kind])
  }
}

/** `CAST(x AS type)`, DuckDB's own cast. */
export function castTo(input: Sql, type: DataType): Sql {
  return sql`CAST(${input} AS ${duckdbType(type)})`
}

export function tryCastTo(input: Sql, type: DataType): Sql {
  return sql`TRY_CAST(${input} AS ${duckdbType(type)})`
}

/** The text of the DuckDB type that carries a type of the plan: `DECIMAL(18,2)[]`. */
export function duckdbTypeText(type: DataType): string {
  return duckdbType(type).text
}
