import { decimal } from "../schema/decimal-type.ts"
import type { DecimalType } from "../schema/type-family.ts"
import { decimalTypeOf, dividedHalfUp, wideDecimal } from "./decimal-sql.ts"
import { narrowUnits, scaled, scaledNarrow, unscaled } from "./decimal-units.ts"
import { castTo } from "./duckdb-type.ts"
import type { PrintedAggregate } from "./function-entry.ts"
import { narrowDecimal, narrowDigits, nines } from "./narrow-decimal.ts"
import { input, raise } from "./printed-call.ts"
import { numberLiteral, type Sql, sql, textLiteral } from "./sql-fragment.ts"

/** DuckDB's type of a sum. */
const sumDigits = 38

export function decimalSum(call: PrintedAggregate, type: DecimalType): Sql {
  const halves = halvesOfSum(call)
  if (halves) return castTo(halves, type)
  const total = call.aggregate("sum", call.args)
  if (type.precision < sumDigits) return castTo(total, type)
  // DuckDB's own sum of decimals passes 38 digits without an error.
  const overflow = raise("ARITHMETIC_OVERFLOW", type)
  return sql`CASE WHEN abs(${total}) > ${castTo(textLiteral(nines(sumDigits, type.scale)), type)} THEN ${overflow} ELSE ${castTo(total, type)} END`
}

/**
 * The sum of the rows whose values are computed in 64 bits, and that of the others. Together they are added with a test
 * for overflow. Undefined where the rows cannot be parted: distinct values would count twice, and a window would be
 * computed twice.
 */
function halvesOfSum(call: PrintedAggregate): Sql | undefined {
  if (call.distinct || call.hasOver) return undefined
  const small = narrowDecimal(input(call, 0), call.print)
  if (!small) return undefined
  const wide = wideDecimal(input(call, 0), call.print)
  const within = call.aggregate("sum", [sql`CASE WHEN ${small.fits} THEN ${small.value} END`])
  const beyond = call.aggregate("sum", [sql`CASE WHEN ${small.fits} THEN NULL ELSE ${wide} END`])
  const none = castTo(sql`0`, decimal(sumDigits, decimalTypeOf(input(call, 0).type).scale))
  return sql`coalesce(coalesce(${within}, ${none}) + ${beyond}, ${within})`
}

/** A sum without a test for overflow. */
function totalOf(call: PrintedAggregate): Sql {
  return halvesOfSum(call) ?? call.aggregate("sum", call.args)
}

/**
 * `sum / count`, rounded half up; null of no rows, as the sum is. In 64 bits where the sum is small enough: DuckDB divides
 * 128 bits bit by bit.
 */
export function decimalMean(call: PrintedAggregate, type: DecimalType): Sql {
  const { precision, scale } = decimalTypeOf(input(call, 0).type)
  const rows = call.aggregate("count", call.args)
  const total = totalOf(call)
  const totalType = decimal(sumDigits, scale)
  const shift = type.scale - scale
  const digits = Math.min(sumDigits, precision + 10)
  const quotient = dividedHalfUp(unscaled(total, totalType), sql`CAST(${rows} AS HUGEINT)`, shift, digits, 20)
  const wide = scaled(quotient, type)
  const most = narrowDigits - Math.max(shift, scale)
  if (most < 1) return wide
  const bound = textLiteral(nines(most, scale))
  const units = narrowUnits(total, decimal(narrowDigits, scale))
  // (2n ± d) ÷ 2d, where // cuts toward zero
  const rounded = sql`(${units} * ${numberLiteral(`2${"0".repeat(shift)}`)} + sign(${units}) * ${rows}) // (${rows} * 2)`
  const small = castTo(scaledNarrow(rounded, type.scale), type)
  return sql`CASE WHEN abs(${total}) <= ${castTo(bound, totalType)} THEN ${small} ELSE ${wide} END`
}
