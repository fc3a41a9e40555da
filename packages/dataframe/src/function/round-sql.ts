import type { DataType } from "../schema/data-type.ts"
import { decimal } from "../schema/decimal-type.ts"
import * as types from "../schema/type-family.ts"
import { castTo } from "./duckdb-type.ts"
import type { PrintedCall } from "./function-entry.ts"
import { roundIntegral } from "./integer-sql.ts"
import { narrowDigits } from "./narrow-decimal.ts"
import { clearNearest, mostNearestDigits, nearest, shortestText } from "./nearest-double.ts"
import { arg, input, once, powerOfTen } from "./printed-call.ts"
import { requireInteger, unsupported } from "./signature.ts"
import { numberLiteral, type Sql, sql } from "./sql-fragment.ts"

/** More digits than any double has after the point. */
const mostDigits = 36

function digitsOf(call: PrintedCall, name: string): number {
  return call.inputs.length > 1 ? requireInteger(call.inputs, 1, name, "number of digits") : 0
}

/** `round(x, digits)`: half up, away from zero. */
export function roundCall(call: PrintedCall): Sql {
  const x = arg(call, 0)
  const digits = digitsOf(call, "round")
  const type = input(call, 0).type
  if (types.isDecimal(type)) return roundDecimal(x, digits, call.type)
  if (types.isIntegral(type)) return digits >= 0 ? x : once(x, value => roundIntegral(value, -digits, type, "up"))
  const wide = type.kind === "float32" ? castTo(x, types.float64) : x
  const rounded = once(wide, value => (digits < 0 ? roundTens(value, -digits) : roundDouble(value, digits)))
  return type.kind === "float32" ? castTo(rounded, types.float32) : rounded
}

function roundDecimal(x: Sql, digits: number, type: DataType): Sql {
  return castTo(sql`round(${x}, ${digits})`, type)
}

/** Spark rounds the shortest decimal text of a double. */
function roundDouble(x: Sql, digits: number): Sql {
  if (digits === 0) return sql`(round(${x}) + 0e0)` // a middle is a double, and no zero gets a sign
  if (digits > mostDigits)
    throw unsupported("round", `${digits} digits are more than a double has.`, "Round to 17 at most.")
  const text = castTo(shortestText(x), decimal(digits > 17 ? 38 : 18, digits))
  const slow = sql`WHEN abs(${x}) < ${numberLiteral(`1e${17 - digits}`)} THEN CAST(CAST(${text} AS VARCHAR) AS DOUBLE) ELSE ${x}`
  return nearestOr(slow, x, digits, "up")
}

function nearestOr(slow: Sql, x: Sql, digits: number, half: "up" | "even"): Sql {
  if (digits > mostNearestDigits) return sql`CASE ${slow} END`
  const clear = clearNearest(x, digits)
  const { holds, holdsToo, value } = nearest(x, digits, half)
  return sql`CASE WHEN ${clear.holds} THEN ${clear.value} WHEN ${holds} THEN ${value} WHEN ${holdsToo} THEN ${value} ${slow} END`
}

/** Rounds to tens, hundreds, …, so that no zero gets a sign. Below 2^53 a middle is a double. */
function roundTens(x: Sql, tens: number): Sql {
  if (tens > 18) throw unsupported("round", `${tens} digits before the point are too many.`, "Round to 18 at most.")
  const text = castTo(shortestText(x), decimal(38, 0))
  const slow = sql`CAST(CAST(round(${text}, -${tens}) AS VARCHAR) AS DOUBLE)`
  return sql`CASE WHEN abs(${x}) < 9007199254740992e0 THEN round(${x}, -${tens}) + 0e0 WHEN abs(${x}) < 1e37 THEN ${slow} ELSE ${x} END`
}

/** `ceil` and `floor`. */
export function roundToward(name: "ceil" | "floor", call: PrintedCall): Sql {
  const x = arg(call, 0)
  const type = input(call, 0).type
  const toward = (value: Sql) => (name === "ceil" ? sql`ceil(${value})` : sql`floor(${value})`)
  if (types.isIntegral(type)) return type.kind === "int64" ? x : castTo(x, types.int64)
  if (!types.isDecimal(type)) return once(x, value => saturated(value, toward(value)))
  const digits = digitsOf(call, name)
  if (digits >= type.scale) return castTo(x, call.type)
  if (digits === 0) return castTo(toward(x), call.type)
  if (digits < 0) {
    const isNarrow = Math.max(type.precision - type.scale, -digits) < narrowDigits
    const whole = sql`CAST(${toward(x)} AS ${isNarrow ? sql`BIGINT` : sql`HUGEINT`})`
    return castTo(towardTens(name, whole, -digits), call.type)
  }
  return once(roomy(x, type), value => towardMultiple(name, value, digits, call.type))
}

/** 18 digits may become 19, which DuckDB keeps in 128 bits. */
function roomy(x: Sql, type: types.DecimalType): Sql {
  return type.precision === narrowDigits ? castTo(x, decimal(narrowDigits + 1, type.scale)) : x
}

/** To a multiple of 10^-digits, by the remainder, which has the sign of the value. */
function towardMultiple(name: "ceil" | "floor", x: Sql, digits: number, type: DataType): Sql {
  const unit = multiple(1, digits)
  const rest = sql`${x} % ${unit}`
  const moved =
    name === "ceil"
      ? sql`WHEN ${rest} > 0 THEN ${x} - ${rest} + ${unit}`
      : sql`WHEN ${rest} < 0 THEN ${x} - ${rest} - ${unit}`
  return castTo(sql`CASE ${moved} ELSE ${x} - ${rest} END`, type)
}

/** Java saturates what is outside of bigint, and makes NaN zero. */
function saturated(x: Sql, value: Sql): Sql {
  const inside = sql`${x} >= -9.2e18 AND ${x} <= 9.2e18`
  const range = sql`WHEN ${x} >= 9223372036854775807::DOUBLE THEN CAST(9223372036854775807 AS BIGINT) WHEN ${x} <= -9223372036854775808::DOUBLE THEN CAST(-9223372036854775808 AS BIGINT)`
  return sql`CASE WHEN ${inside} THEN CAST(${value} AS BIGINT) WHEN isnan(${x}) THEN CAST(0 AS BIGINT) ${range} ELSE CAST(${value} AS BIGINT) END`
}

function towardTens(name: "ceil" | "floor", n: Sql, tens: number): Sql {
  const unit = powerOfTen(tens)
  const step =
    name === "ceil"
      ? sql`CASE WHEN ${n} % ${unit} > 0 THEN 1 ELSE 0 END`
      : sql`CASE WHEN ${n} % ${unit} < 0 THEN -1 ELSE 0 END`
  return sql`(${n} // ${unit} + ${step}) * ${unit}`
}

/** `bround(x, digits)`: half to even. */
export function roundHalfEvenCall(call: PrintedCall): Sql {
  const x = arg(call, 0)
  const digits = digitsOf(call, "bround")
  const type = input(call, 0).type
  if (types.isIntegral(type)) return digits >= 0 ? x : once(x, value => roundIntegral(value, -digits, type, "even"))
  if (types.isDecimal(type))
    return castTo(
      once(roomy(x, type), value => halfEven(value, digits)),
      call.type,
    )
  if (digits < 0 || digits > 17) {
    throw unsupported("bround", `${digits} digits of a double are out of its reach.`, "Round to 0 to 17 digits.")
  }
  const wide = type.kind === "float32" ? castTo(x, types.float64) : x
  const rounded = once(wide, value => halfEvenDouble(value, digits))
  return type.kind === "float32" ? castTo(rounded, types.float32) : rounded
}

/** A whole number half to even: twice the nearest of the half. */
export function halfEvenWhole(x: Sql): Sql {
  return sql`CASE WHEN ${x} - floor(${x}) = 0.5e0 THEN round(${x} / 2) * 2 ELSE round(${x}) END`
}

function halfEvenDouble(x: Sql, digits: number): Sql {
  if (digits === 0) return sql`(${halfEvenWhole(x)} + 0e0)`
  // What is left to the text has at most two digits more than are asked for, or is below ten.
  const exact = castTo(shortestText(x), decimal(38, digits > mostNearestDigits ? 36 : digits + 3))
  const slow = sql`WHEN abs(${x}) < ${numberLiteral(`1e${17 - digits}`)} THEN CAST(CAST(${halfEven(exact, digits)} AS VARCHAR) AS DOUBLE) ELSE ${x}`
  return nearestOr(slow, x, digits, "even")
}

/** Half up, and one unit back where that went from a tie to an odd multiple. */
export function halfEven(x: Sql, digits: number): Sql {
  const up = sql`round(${x}, ${digits})`
  const back = sql`CASE WHEN ${x} < 0 THEN -${multiple(1, digits)} ELSE ${multiple(1, digits)} END`
  return sql`CASE WHEN abs(${up} - ${x}) = ${multiple(5, digits + 1)} AND ${up} % ${multiple(2, digits)} <> 0 THEN ${up} - ${back} ELSE ${up} END`
}

/** A few times 10^-digits. */
function multiple(times: number, digits: number): Sql {
  return numberLiteral(digits > 0 ? `0.${"0".repeat(digits - 1)}${times}` : `${times}${"0".repeat(-digits)}`)
}
