import { scaledNarrow } from "../function/decimal-units.ts"
import { castTo, duckdbType, tryCastTo } from "../function/duckdb-type.ts"
import { narrowDigits } from "../function/narrow-decimal.ts"
import { isClear, nearest, shortestText, within } from "../function/nearest-double.ts"
import { once, raise } from "../function/printed-call.ts"
import { unsupported } from "../function/signature.ts"
import {
  identifier,
  isNullText,
  join,
  keyword,
  numberLiteral,
  type Sql,
  sql,
  textLiteral,
} from "../function/sql-fragment.ts"
import type { DataType } from "../schema/data-type.ts"
import { decimal } from "../schema/decimal-type.ts"
import * as types from "../schema/type-family.ts"
import { sameType, typeName } from "../schema/type-name.ts"
import { castToText } from "./cast-to-text.ts"

export type CastMode = "ansi" | "try"

/** Spark's cast, in ANSI mode or as `try_cast`, in DuckDB's SQL. */
export function castSql(x: Sql, from: DataType, to: DataType, mode: CastMode): Sql {
  if (sameType(from, to)) return x
  if (from.kind === "void") return castTo(x, to)
  if (types.isInterval(from) || types.isInterval(to)) {
    const what = `cast(${typeName(from)} as ${typeName(to)})`
    throw unsupported(what, "The text of an interval is not the same on every engine.", "Compute with the interval.")
  }
  if (types.isNested(from) && to.kind !== "string") return nestedCast(x, from, to, mode)
  switch (to.kind) {
    case "string":
      return castToText(x, from)
    case "boolean":
      return from.kind === "string" ? booleanOfText(x, mode) : sql`(${x} <> 0)`
    case "binary":
      return sql`encode(${x})`
    case "date":
      if (from.kind === "string") return sql`${byMode(mode, "spark_to_date", "spark_try_to_date")}(${x})`
      return castTo(from.kind === "timestamp" ? sql`spark_wall(${x})` : x, to)
    case "timestamp":
      return castToTimestamp(x, from, mode)
    case "timestamp_ntz":
      if (from.kind === "timestamp") return sql`spark_wall(${x})`
      if (from.kind !== "string") return castTo(x, to)
      return sql`${byMode(mode, "spark_to_timestamp_ntz", "spark_try_to_timestamp_ntz")}(${x})`
    default:
      return castToNumber(x, from, to, mode)
  }
}

function byMode(mode: CastMode, ansi: string, attempt: string): Sql {
  return keyword(mode === "ansi" ? ansi : attempt)
}

/** DuckDB's own cast, in a mode. */
function plainCast(x: Sql, to: DataType, mode: CastMode): Sql {
  return mode === "ansi" ? castTo(x, to) : tryCastTo(x, to)
}

function booleanOfText(s: Sql, mode: CastMode): Sql {
  return sql`${byMode(mode, "spark_to_boolean", "spark_try_to_boolean")}(${s})`
}

function castToTimestamp(x: Sql, from: DataType, mode: CastMode): Sql {
  const whole = (value: Sql) => sql`make_timestamptz(${plainCast(value, types.int64, mode)})`
  switch (from.kind) {
    case "string":
      return sql`${byMode(mode, "spark_to_timestamp", "spark_try_to_timestamp")}(${x})`
    case "date":
      return sql`spark_wall_to_ts(CAST(${x} AS TIMESTAMP))`
    case "timestamp_ntz":
      return sql`spark_wall_to_ts(${x})`
    case "decimal":
      return whole(sql`trunc(${castTo(x, widest(from.scale))} * CAST(1000000 AS DECIMAL(7,0)))`)
    case "float32":
    case "float64": {
      const otherwise = mode === "ansi" ? raise("CAST_INVALID_INPUT", types.timestamp) : sql`NULL`
      const micros = whole(sql`trunc(CAST(${x} AS DOUBLE) * 1000000)`)
      return sql`CASE WHEN isnan(${x}) OR isinf(${x}) THEN ${otherwise} ELSE ${micros} END`
    }
    default:
      return sql`make_timestamptz(CAST(${x} AS BIGINT) * CAST(1000000 AS BIGINT))`
  }
}

function widest(scale: number): DataType {
  return { kind: "decimal", precision: Math.max(19, Math.min(38, 28 + scale)), scale }
}

function castToNumber(x: Sql, from: DataType, to: DataType, mode: CastMode): Sql {
  if (from.kind === "string") return once(x, s => numberOfText(s, to, mode))
  if (from.kind === "timestamp") return once(x, ts => numberOfInstant(ts, to, mode))
  if (types.isIntegral(to)) return integralOf(x, from, to, mode)
  if (types.isDecimal(to) && types.isFloating(from)) {
    return once(from.kind === "float64" ? x : castTo(x, types.float64), value => decimalOfDouble(value, to, mode))
  }
  if (to.kind === "float32" && from.kind === "float64") return sql`spark_to_float(${x})`
  if (types.isFloating(to) && types.isDecimal(from)) return once(x, value => floatingOfDecimal(value, from, to))
  return plainCast(x, to, mode)
}

/** Up to so many digits, the digits and the power of ten that they are divided by are exact: one rounding is left. */
const exactDigits = { float64: 15, float32: 7 } as const
const mostExactScale = { float64: 22, float32: 10 } as const

/** DuckDB rounds the digits of a decimal before it divides them; Spark reads its text. */
function floatingOfDecimal(x: Sql, { precision, scale }: types.DecimalType, to: DataType): Sql {
  const kind = to.kind === "float32" ? "float32" : "float64"
  const [digits, near] = [exactDigits[kind], castTo(x, to)]
  const text = castTo(sql`CAST(${x} AS VARCHAR)`, to)
  if (scale > mostExactScale[kind]) return text
  if (precision <= digits) return near
  const bound = digits < scale ? `0.${"0".repeat(scale - digits - 1)}1` : `1${"0".repeat(digits - scale)}`
  return sql`CASE WHEN abs(${x}) < ${numberLiteral(bound)} THEN ${near} ELSE ${text} END`
}

/** With more digits after the point, few doubles are clear of a middle. */
const mostClearScale = 9

/** Spark takes the shortest text of a double. */
function decimalOfDouble(x: Sql, to: types.DecimalType, mode: CastMode): Sql {
  const slow = decimalOfDigits(x, to, mode)
  if (to.scale > mostClearScale) {
    // Up to three digits after the point and 15 in all are the shortest text of a double.
    const short = sql`abs(${x}) < 1e12 AND round(${x} * 1e3) / 1e3 = ${x}`
    return sql`CASE WHEN ${short} THEN ${plainCast(castTo(x, decimal(18, 3)), to, mode)} ${slow} END`
  }
  // DuckDB compares with the largest decimal before it rounds.
  const largest = `${"9".repeat(to.precision - to.scale) || "0"}.${"9".repeat(to.scale) || "0"}e0`
  const small = within(x, to.precision <= 12 ? largest : `1e${12 - to.scale}`)
  const { holds, value } = nearest(x, to.scale, "up")
  const clear = sql`WHEN ${small} AND ${isClear(x, to.scale)} THEN ${plainCast(x, to, mode)}`
  const near = sql`WHEN ${to.precision <= 14 ? within(x, largest) : holds} THEN ${plainCast(value, to, mode)}`
  return sql`CASE ${clear} ${near} ${slow} END`
}

/**
 * Reads the text of a double. DuckDB reads a decimal of more than 18 digits 100 times as slowly as one of fewer, which
 * holds all digits of a double when its size says how many of them stand after the point.
 */
function decimalOfDigits(x: Sql, to: types.DecimalType, mode: CastMode): Sql {
  const below = (bound: string, value: Sql) => sql`WHEN abs(${x}) < ${numberLiteral(bound)} THEN ${value}`
  const plain = plainCast(shortestText(x), to, mode)
  const otherwise = sql`WHEN isfinite(${x}) THEN ${plain}`
  if (to.precision <= narrowDigits) return otherwise
  const fraction = to.scale <= narrowDigits ? castTo(shortestText(x), decimal(narrowDigits, to.scale)) : shortestText(x)
  const classes = [2, 4, 6, 8, 10, 12, 14].map(whole => {
    const digits = castTo(sql`CAST(${x} AS VARCHAR)`, decimal(narrowDigits, narrowDigits - whole))
    return below(`1e${whole}`, plainCast(digits, to, mode))
  })
  return join([below("1", plainCast(fraction, to, mode)), ...classes, otherwise], sql` `)
}

function integralOf(x: Sql, from: DataType, to: DataType, mode: CastMode): Sql {
  if (!types.isFloating(from) && !types.isDecimal(from)) return plainCast(x, to, mode)
  if (to.kind !== "int64" || types.isDecimal(from)) return plainCast(sql`trunc(${x})`, to, mode)
  // 2^63 is in the range that Java takes, since it compares doubles.
  return once(x, value => {
    const cut = plainCast(sql`trunc(${value})`, to, mode)
    return sql`CASE WHEN ${value} = 9223372036854775808::DOUBLE THEN CAST(9223372036854775807 AS BIGINT) ELSE ${cut} END`
  })
}

/** Spark floors an instant to seconds for whole numbers; decimals go by way of a double. */
function numberOfInstant(ts: Sql, to: DataType, mode: CastMode): Sql {
  if (types.isIntegral(to)) return plainCast(sql`spark_epoch_seconds(${ts})`, to, mode)
  const seconds = sql`CAST(epoch_us(${ts}) AS DOUBLE) / 1000000`
  if (to.kind === "float64") return sql`(${seconds})`
  if (to.kind === "float32") return castTo(seconds, to)
  // Up to 2^33 seconds each microsecond is a double of its own, whose shortest text has six digits after the point.
  const exact = plainCast(scaledNarrow(sql`epoch_us(${ts})`, 6), to, mode)
  const text = plainCast(shortestText(seconds), to, mode)
  return sql`CASE WHEN ${within(sql`epoch_us(${ts})`, "8589934591999999")} THEN ${exact} ELSE ${text} END`
}

const wholeDigits = textLiteral("[+-]?[0-9]+")
const anyDigits = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"

/** Guards DuckDB's reading of a number by the texts that Java reads; blanks around it are rare and looked for last. */
function numberOfText(s: Sql, to: DataType, mode: CastMode): Sql {
  const failed = mode === "ansi" ? raise("CAST_INVALID_INPUT", to) : sql`NULL`
  if (types.isIntegral(to)) {
    const trimmed = sql`spark_trim_all(${s})`
    return sql`CASE WHEN ${isNullText(s)} THEN NULL WHEN regexp_full_match(${s}, ${wholeDigits}) THEN ${plainCast(s, to, mode)} WHEN regexp_full_match(${trimmed}, ${wholeDigits}) THEN ${plainCast(trimmed, to, mode)} ELSE ${failed} END`
  }
  const text = sql`lower(spark_trim(${s}))`
  if (types.isDecimal(to)) {
    const value = plainCast(sql`spark_plain(${text})`, to, mode)
    const [short, shortValue] = shortDecimal(s, to, mode)
    return sql`CASE WHEN ${isNullText(s)} THEN NULL WHEN regexp_full_match(${s}, ${short}) THEN ${shortValue} WHEN regexp_full_match(${text}, ${textLiteral(anyDigits)}) THEN ${value} ELSE ${failed} END`
  }
  const infinite = sql`CAST(CASE WHEN ${text}[1] = '-' THEN '-Infinity' ELSE 'Infinity' END AS ${duckdbType(to)})`
  const read = sql`coalesce(${tryCastTo(sql`regexp_replace(${text}, '[fd]$', '')`, to)}, ${infinite})`
  return sql`CASE WHEN ${isNullText(s)} THEN NULL WHEN regexp_full_match(${s}, '-?[0-9]{1,18}([.][0-9]{0,20})?') THEN ${castTo(s, to)} WHEN regexp_full_match(${text}, ${textLiteral(`${anyDigits}[fd]?`)}) THEN ${read} WHEN regexp_full_match(${text}, '[+-]?(inf|infinity)|nan') THEN ${castTo(text, to)} ELSE ${failed} END`
}

/**
 * The texts of numbers that are read fast, and their value. A text takes DuckDB microseconds to read as a decimal of
 * more than 18 digits: what stands before the point and what behind it are read as whole numbers instead.
 */
function shortDecimal(s: Sql, to: types.DecimalType, mode: CastMode): readonly [texts: Sql, value: Sql] {
  if (to.precision <= 18) return [textLiteral("-?[0-9]{1,18}([.][0-9]*)?"), plainCast(s, to, mode)]
  const digits = Math.min(to.scale, 18)
  const whole = plainCast(sql`CAST(split_part(${s}, '.', 1) AS BIGINT)`, to, mode)
  if (digits === 0) return [textLiteral("-?[0-9]{1,18}[.]?"), whole]
  const behind = sql`CAST(CAST(rpad(split_part(${s}, '.', 2), ${digits}, '0') AS BIGINT) AS DECIMAL(18,0))`
  const fraction = castTo(sql`${behind} * CAST(1e-${digits} AS DECIMAL(${digits},${digits}))`, to)
  const value = plainCast(
    sql`${whole} + CASE WHEN starts_with(${s}, '-') THEN -${fraction} ELSE ${fraction} END`,
    to,
    mode,
  )
  return [textLiteral(`-?[0-9]{1,18}([.][0-9]{0,${digits}})?`), value]
}

function nestedCast(x: Sql, from: DataType, to: DataType, mode: CastMode, depth = 0): Sql {
  if (from.kind === "array" && to.kind === "array") {
    const v = keyword(`c${depth}`)
    const element = castSql(v, from.element, to.element, mode)
    return sql`list_transform(${x}, lambda ${v}: ${element})`
  }
  if (from.kind === "struct" && to.kind === "struct") {
    const fields = from.fields.map((field, i) => {
      const target = to.fields[i] ?? field
      const value = castSql(sql`${x}.${identifier(field.name)}`, field.type, target.type, mode)
      return sql`${textLiteral(target.name)}: ${value}`
    })
    return sql`CASE WHEN ${x} IS NOT NULL THEN {${fields}} END`
  }
  if (from.kind === "map" && to.kind === "map") {
    const keys = nestedCast(sql`map_keys(${x})`, arrayOf(from.key), arrayOf(to.key), mode, depth)
    const values = nestedCast(sql`map_values(${x})`, arrayOf(from.value), arrayOf(to.value), mode, depth)
    return sql`CASE WHEN ${x} IS NOT NULL THEN map(${keys}, ${values}) END`
  }
  throw new Error(`There is no cast from ${typeName(from)} to ${typeName(to)}. Please report this.`)
}

function arrayOf(element: DataType): DataType {
  return { kind: "array", element }
}
