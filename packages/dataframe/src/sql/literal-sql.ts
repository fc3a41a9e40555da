import { castTo, duckdbType } from "../function/duckdb-type.ts"
import { numberLiteral, type Sql, sql, textLiteral } from "../function/sql-fragment.ts"
import type { Value } from "../plan/relation.ts"
import type { DataType } from "../schema/data-type.ts"

/** A literal with its exact type, so that DuckDB's own rules for literals are never met. */
export function literalSql(value: Value, type: DataType): Sql {
  if (value === null) return castTo(sql`NULL`, type)
  if (Array.isArray(value)) return nestedLiteral(value, type)
  switch (type.kind) {
    case "boolean":
      return value === true ? sql`TRUE` : sql`FALSE`
    case "string":
      return textLiteral(String(value))
    case "int8":
    case "int16":
    case "int32":
    case "int64":
      return castTo(numberLiteral(String(value)), type)
    case "float32":
    case "float64":
      return castTo(floatDigits(value as number | string), type)
    case "day_time_interval":
      return intervalLiteral(BigInt(String(value)))
    case "year_month_interval":
      return sql`to_months(CAST(${numberLiteral(String(value))} AS INTEGER))`
    case "binary":
      return sql`unhex(${textLiteral(String(value))})`
    default:
      return castTo(textLiteral(timeText(String(value))), type)
  }
}

/** With an exponent DuckDB reads a double at once, and not a decimal that it then casts. */
function floatDigits(value: number | string): Sql {
  if (typeof value === "number") return numberLiteral(value.toExponential())
  return textLiteral(value)
}

function intervalLiteral(micros: bigint): Sql {
  const day = 86_400_000_000n
  const days = sql`to_days(CAST(${numberLiteral((micros / day).toString())} AS INTEGER))`
  const rest = sql`to_microseconds(CAST(${numberLiteral((micros % day).toString())} AS BIGINT))`
  if (micros % day === 0n && micros !== 0n) return days
  return micros / day === 0n ? rest : sql`(${days} + ${rest})`
}

/** ISO text; a year before 1 as DuckDB writes it, `0001-12-31 (BC) …`, and one after 9999 without its sign. */
function timeText(iso: string): string {
  const [, year, day, time = ""] = /^(0000|-\d{4,6})(-\d\d-\d\d)(?:T(.*))?$/.exec(iso) ?? []
  if (year === undefined) return iso.replace(/^\+/, "")
  return `${String(1 - Number(year)).padStart(4, "0")}${day} (BC) ${time}`.trimEnd()
}

function nestedLiteral(value: readonly Value[], type: DataType): Sql {
  if (type.kind === "array") return castTo(sql`[${value.map(v => literalSql(v, type.element))}]`, type)
  if (type.kind === "struct") {
    const fields = type.fields.map((f, i) => sql`${textLiteral(f.name)}: ${literalSql(value[i] ?? null, f.type)}`)
    return sql`{${fields}}`
  }
  if (type.kind === "map") {
    const pairs = value.map(pair => (Array.isArray(pair) ? pair : [null, null]))
    const keys = pairs.map(([key = null]) => literalSql(key, type.key))
    const values = pairs.map(([, v = null]) => literalSql(v, type.value))
    return castTo(sql`map([${keys}], [${values}])`, type)
  }
  throw new Error(`A list is not a value of ${duckdbType(type).text}. Please report this.`)
}
