import type { DataType } from "../schema/data-type.ts"
import { decimal } from "../schema/decimal-type.ts"
import * as types from "../schema/type-family.ts"
import { decimalTypeOf, scaled } from "./decimal-sql.ts"
import { castTo } from "./duckdb-type.ts"
import type { PrintedCall } from "./function-entry.ts"
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
  if (types.isIntegral(type)) return digits >= 0 ? x : once(x, value => roundIntegral(value, -digits, type))
  const wide = type.kind === "float32" ? castTo(x, types.float64) : x
  const rounded = once(wide, value => (digits < 0 ? roundTens(value, -digits) : roundDouble(value, digits)))
  return type.kind === "float32" ? castTo(rounded, types.float32) : rounded
}

function roundDecimal(x: Sql, digits: number, type: DataType): Sql {
  return castTo(sql`round(${x}, ${digits})`, type)
}

function roundIntegral(x: Sql, tens: number, type: DataType): Sql {
  if (tens > 19) return castTo(sql`${x} - ${x}`, type)
  const unit = sql`CAST(${powerOfTen(tens)} AS HUGEINT)`
  const half = sql`CASE WHEN ${x} < 0 THEN -${unit} // 2 ELSE ${unit} // 2 END`
  return castTo(sql`(CAST(${x} AS HUGEINT) + ${half}) // ${unit} * ${unit}`, type)
}

/**
 * Spark rounds the shortest decimal text of a double. Away from a tie that is the nearest multiple, found in floating
 * point and divided once, which is exact; near a tie, or where digits are scarce, the text decides.
 */
function roundDouble(x: Sql, digits: number): Sql {
  if (digits > mostDigits)
    throw unsupported("round", `${digits} digits are more than a double has.`, "Round to 17 at most.")
  const unit = sql`CAST(${numberLiteral(`1e${digits}`)} AS DOUBLE)`
  const limit = sql`CAST(${numberLiteral(`1e${17 - digits}`)} AS DOUBLE)`
  const text = sql`CAST(spark_plain(CAST(${x} AS VARCHAR)) AS ${digits > 17 ? sql`DECIMAL(38,${digits})` : sql`DECIMAL(18,${digits})`})`
  const slow = sql`CASE WHEN isnan(${x}) OR abs(${x}) >= ${limit} THEN ${x} ELSE CAST(CAST(${text} AS VARCHAR) AS DOUBLE) END`
  if (digits > 15) return slow
  const scaledUp = sql`${x} * ${unit}`
  const clear = sql`abs(${scaledUp}) < 1e9 AND abs(${scaledUp} - floor(${scaledUp}) - 0.5e0) > 1e-6`
  return sql`CASE WHEN ${clear} THEN floor(${scaledUp} + 0.5e0) / ${unit} ELSE ${slow} END`
}

/** Rounds to tens, hundreds, …: in whole numbers, so that no zero gets a sign. */
function roundTens(x: Sql, tens: number): Sql {
  if (tens > 18) throw unsupported("round", `${tens} digits before the point are too many.`, "Round to 18 at most.")
  const unit = sql`CAST(${powerOfTen(tens)} AS HUGEINT)`
  const whole = sql`(CAST(trunc(abs(${x})) AS HUGEINT) + ${unit} // 2) // ${unit} * ${unit}`
  const signed = sql`CAST(CASE WHEN ${x} < 0 THEN -(${whole}) ELSE ${whole} END AS DOUBLE)`
  return sql`CASE WHEN isnan(${x}) OR abs(${x}) >= 1e37 THEN ${x} ELSE ${signed} END`
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
  if (digits < 0) return castTo(towardTens(name, toward(x), -digits), call.type)
  const wide = castTo(x, decimal(Math.min(38, Math.max(19, type.precision)), type.scale))
  const moved = toward(sql`${wide} * CAST(${powerOfTen(digits)} AS DECIMAL(${digits + 1},0))`)
  return scaled(moved, decimalTypeOf(call.type))
}

/** Java saturates what is outside of bigint, and makes NaN zero. */
function saturated(x: Sql, value: Sql): Sql {
  const inside = sql`${x} >= -9.2e18 AND ${x} <= 9.2e18`
  const range = sql`WHEN ${x} >= 9223372036854775807::DOUBLE THEN CAST(9223372036854775807 AS BIGINT) WHEN ${x} <= -9223372036854775808::DOUBLE THEN CAST(-9223372036854775808 AS BIGINT)`
  return sql`CASE WHEN ${inside} THEN CAST(${value} AS BIGINT) WHEN isnan(${x}) THEN CAST(0 AS BIGINT) ${range} ELSE CAST(${value} AS BIGINT) END`
}

function towardTens(name: "ceil" | "floor", whole: Sql, tens: number): Sql {
  const unit = sql`CAST(${powerOfTen(tens)} AS HUGEINT)`
  const n = sql`CAST(${whole} AS HUGEINT)`
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
  if (types.isIntegral(type)) return digits >= 0 ? x : once(x, value => evenIntegral(value, -digits, type))
  if (types.isDecimal(type))
    return castTo(
      once(x, value => halfEven(value, digits)),
      call.type,
    )
  if (digits < 0 || digits > 17) {
    throw unsupported("bround", `${digits} digits of a double are out of its reach.`, "Round to 0 to 17 digits.")
  }
  const wide = type.kind === "float32" ? castTo(x, types.float64) : x
  const rounded = once(wide, value => {
    const exact = sql`CAST(spark_plain(CAST(${value} AS VARCHAR)) AS DECIMAL(38,18))`
    const small = sql`CAST(${halfEven(exact, digits)} AS DOUBLE)`
    return sql`CASE WHEN NOT isfinite(${value}) OR abs(${value}) >= 1e15 THEN ${value} ELSE ${small} END`
  })
  return type.kind === "float32" ? castTo(rounded, types.float32) : rounded
}

/** Half up, and one unit back where that went from a tie to an odd multiple. */
export function halfEven(x: Sql, digits: number): Sql {
  const unit = digits >= 0 ? numberLiteral(digits === 0 ? "1" : `0.${"0".repeat(digits - 1)}1`) : powerOfTen(-digits)
  const half = digits >= 0 ? numberLiteral(`0.${"0".repeat(digits)}5`) : numberLiteral(`5${"0".repeat(-digits - 1)}`)
  const up = sql`round(${x}, ${digits})`
  const back = sql`CASE WHEN ${x} < 0 THEN -${unit} ELSE ${unit} END`
  return sql`CASE WHEN abs(${up} - ${x}) = ${half} AND CAST(abs(${up} / ${unit}) AS HUGEINT) % 2 = 1 THEN ${up} - ${back} ELSE ${up} END`
}

function evenIntegral(x: Sql, tens: number, type: DataType): Sql {
  if (tens > 19) return castTo(sql`${x} - ${x}`, type)
  const unit = sql`CAST(${powerOfTen(tens)} AS HUGEINT)`
  const size = sql`abs(CAST(${x} AS HUGEINT))`
  const [whole, rest] = [sql`${size} // ${unit}`, sql`${size} % ${unit} * 2`]
  const up = sql`CASE WHEN ${rest} > ${unit} OR (${rest} = ${unit} AND (${whole}) % 2 = 1) THEN 1 ELSE 0 END`
  return castTo(sql`(${whole} + ${up}) * ${unit} * CASE WHEN ${x} < 0 THEN -1 ELSE 1 END`, type)
}
