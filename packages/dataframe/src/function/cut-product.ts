import { decimal } from "../schema/decimal-type.ts"
import type { DecimalType } from "../schema/type-family.ts"
import { hasShortDigits, scaled, shortUnits } from "./decimal-units.ts"
import { castTo } from "./duckdb-type.ts"
import { narrowDigits, nines } from "./narrow-decimal.ts"
import { onceEach, powerOfTen } from "./printed-call.ts"
import { join, numberLiteral, type Sql, sql, textLiteral } from "./sql-fragment.ts"

type Factors = readonly [DecimalType, DecimalType]

/**
 * `a * b` with fewer digits after the point than the exact product has, rounded half up. DuckDB divides 128 bits bit by
 * bit to cut them, which is left to factors of more than 18 digits.
 */
export function cutProduct(a: Sql, b: Sql, factors: Factors, type: DecimalType): Sql {
  const wide = (x: Sql, y: Sql) => castTo(sql`(${x} * ${y})`, type)
  if (factors.some(({ scale }) => scale > narrowDigits)) return wide(a, b)
  return onceEach(a, b, (x, y) => {
    const first = exactScale(factors) <= narrowDigits ? smallProduct(x, y, factors, type) : clear(x, y, factors, type)
    const long = [x, y].flatMap((value, i) => {
      const factor = factors[i]
      return factor && factor.precision > narrowDigits ? [hasShortDigits(value, factor)] : []
    })
    const short = isSplit(factors, type) ? splitProduct(x, y, factors, type) : dividedProduct(x, y, factors, type)
    return sql`CASE ${first} WHEN ${join(long, sql` AND `)} THEN ${short} ELSE ${wide(x, y)} END`
  })
}

function exactScale([a, b]: Factors): number {
  return a.scale + b.scale
}

/** A product of no more than 18 digits is cut in 64 bits. */
function smallProduct(a: Sql, b: Sql, factors: Factors, type: DecimalType): Sql {
  const narrow = decimal(narrowDigits, exactScale(factors))
  const most = castTo(textLiteral(nines(narrowDigits, narrow.scale)), narrow)
  return sql`WHEN (${a} * ${b}) BETWEEN -${most} AND ${most} THEN ${castTo(castTo(sql`(${a} * ${b})`, narrow), type)}`
}

/** A product of doubles, where it is not near a middle. */
function clear(a: Sql, b: Sql, factors: Factors, type: DecimalType): Sql {
  const product = sql`${asDouble(a, factors[0])} * ${asDouble(b, factors[1])}`
  return sql`WHEN spark_is_clear(${product} * ${numberLiteral(`1e${type.scale}`)}) THEN ${castTo(product, type)}`
}

/** A factor as a double; null where it has more than 18 digits, since DuckDB may compute it for each row. */
function asDouble(value: Sql, factor: DecimalType): Sql {
  const narrow = castTo(value, decimal(narrowDigits, factor.scale))
  if (factor.precision <= narrowDigits) return sql`CAST(${value} AS DOUBLE)`
  return sql`CAST(CASE WHEN ${hasShortDigits(value, factor)} THEN ${narrow} END AS DOUBLE)`
}

/** In whole numbers of 128 bits. */
function dividedProduct(a: Sql, b: Sql, factors: Factors, type: DecimalType): Sql {
  const units = sql`CAST(${shortUnits(a, factors[0].scale)} AS HUGEINT) * ${shortUnits(b, factors[1].scale)}`
  const unit = powerOfTen(exactScale(factors) - type.scale)
  return scaled(sql`spark_divide_half_up(${units}, CAST(${unit} AS HUGEINT))`, type)
}

/** Whether the parts of `splitProduct` have room in 64 bits. */
function isSplit([a, b]: Factors, { scale }: DecimalType): boolean {
  const cut = a.scale + b.scale - scale
  return cut <= a.scale && cut <= b.scale && a.scale <= scale && a.scale + b.scale < narrowDigits
}

/**
 * The digits of a that are to be cut are multiplied apart: by what b has before the point, which leaves nothing to cut,
 * and by what it has behind, whose product of no more than 18 digits is cut in 64 bits. All parts have the sign of the
 * product, so that a middle goes away from zero.
 */
function splitProduct(a: Sql, b: Sql, [left, right]: Factors, type: DecimalType): Sql {
  const digits = type.scale - right.scale
  const [x, y] = [castTo(a, decimal(narrowDigits, left.scale)), castTo(b, decimal(narrowDigits, right.scale))]
  const kept = castTo(sql`trunc(${x}, ${digits})`, decimal(narrowDigits + 1, digits))
  const rest = sql`(${x} - trunc(${x}, ${digits}))`
  const cut = castTo(sql`${rest} * (${y} - trunc(${y}))`, decimal(narrowDigits, type.scale))
  return castTo(sql`${kept} * ${y} + (${rest} * trunc(${y}) + ${cut})`, type)
}
