import { decimal } from "../schema/decimal-type.ts"
import type { DecimalType } from "../schema/type-family.ts"
import { castTo } from "./duckdb-type.ts"
import { narrowDigits, nines } from "./narrow-decimal.ts"
import { powerOfTen } from "./printed-call.ts"
import { type Sql, sql, textLiteral } from "./sql-fragment.ts"

/** The most digits of a decimal, for DuckDB and for Spark. */
export const maxDigits = 38

/** The digits of a decimal as a whole number: of small ones in 64 bits. */
export function unscaled(value: Sql, type: DecimalType): Sql {
  if (type.scale === 0) return sql`CAST(${value} AS HUGEINT)`
  if (type.precision <= narrowDigits) return sql`CAST(${shortUnits(value, type.scale)} AS HUGEINT)`
  if (type.scale > narrowDigits) return wideUnits(value, type)
  return sql`CASE WHEN ${hasShortDigits(value, type)} THEN ${shortUnits(value, type.scale)} ELSE ${wideUnits(value, type)} END`
}

function wideUnits(value: Sql, type: DecimalType): Sql {
  const fits = type.precision + type.scale <= maxDigits
  return fits
    ? sql`CAST(${value} * CAST(${powerOfTen(type.scale)} AS DECIMAL(${type.scale + 1},0)) AS HUGEINT)`
    : sql`CAST(replace(CAST(${value} AS VARCHAR), '.', '') AS HUGEINT)`
}

/** Whether a decimal has no more than 18 digits, without the point. */
export function hasShortDigits(value: Sql, type: DecimalType): Sql {
  const most = castTo(textLiteral(nines(narrowDigits, type.scale)), type)
  return sql`${value} BETWEEN -${most} AND ${most}`
}

/** The most digits after the point that are taken at once. */
const mostDigitsBehind = 15

/** `unscaled` in 64 bits, for a decimal that has no more than 18 digits. */
export function shortUnits(value: Sql, scale: number): Sql {
  const short = castTo(value, decimal(narrowDigits, scale))
  if (scale <= mostDigitsBehind) return sql`spark_units(${short}, ${powerOfTen(scale)})`
  const digits = scale - 9
  const rest = sql`CAST(CAST(${short} - trunc(${short}, ${digits}) AS DOUBLE) * ${powerOfTen(scale)} AS BIGINT)`
  return sql`(spark_units(trunc(${short}, ${digits}), ${powerOfTen(digits)}) * 1000000000 + ${rest})`
}

/** A whole number of units of the last digit as a decimal: the way back from `unscaled`. */
export function scaled(units: Sql, type: DecimalType): Sql {
  if (type.scale === 0) return castTo(units, type)
  const unit = textLiteral(`0.${"0".repeat(type.scale - 1)}1`)
  return castTo(sql`CAST(${units} AS DECIMAL(38,0)) * CAST(${unit} AS DECIMAL(${type.scale},${type.scale}))`, type)
}

/** `scaled` in 64 bits, for fewer than 19 digits. */
export function scaledNarrow(units: Sql, scale: number): Sql {
  const whole = castTo(units, decimal(narrowDigits, 0))
  if (scale === 0) return whole
  return sql`${whole} * CAST(${textLiteral(`0.${"0".repeat(scale - 1)}1`)} AS DECIMAL(${scale},${scale}))`
}

/** `unscaled` in 64 bits, for values that leave room for as many digits as the scale. */
export function narrowUnits(value: Sql, type: DecimalType): Sql {
  if (type.scale === 0) return sql`CAST(${value} AS BIGINT)`
  const wide = castTo(value, decimal(narrowDigits, type.scale))
  return sql`CAST(${wide} * CAST(${powerOfTen(type.scale)} AS DECIMAL(${type.scale + 1},0)) AS BIGINT)`
}
