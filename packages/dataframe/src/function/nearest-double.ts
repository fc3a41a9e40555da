import { numberLiteral, type Sql, sql } from "./sql-fragment.ts"

/**
 * Spark rounds the shortest decimal text of a double. This finds the same multiple of 10^-digits in floating point.
 *
 * `digits` is at most 15, so that powers of ten are exact doubles. The product with one is off by less than half a
 * multiple up to 10^15 multiples, which tells the middle between two that the double may be beside. The text is above
 * that middle when the double is above the middle's double. Where the two are the same double, the text is the middle
 * itself if it is the only text of so many digits that the double has: below 2^52, for a middle without its point.
 */
export const mostNearestDigits = 15

/** A multiple of 10^-digits, and what tells it. */
export interface Nearest {
  /** Whether `value` is the answer. */
  readonly holds: Sql
  /** Whether `value` is the answer beyond that, which costs more. */
  readonly holdsToo: Sql
  readonly value: Sql
}

export function nearest(x: Sql, digits: number, half: "up" | "even"): Nearest {
  const below = sql`floor(abs(${scaledUp(x, digits)}))`
  const middle = sql`(${below} * 10 + 5) / ${power(digits + 1)}`
  const isAbove =
    half === "up"
      ? sql`abs(${x}) >= ${middle}`
      : sql`abs(${x}) > ${middle} OR (abs(${x}) = ${middle} AND ${below} % 2 <> 0)`
  return {
    holds: within(x, `4.5e${14 - digits}`),
    holdsToo: sql`${within(x, `9e${14 - digits}`)} AND abs(${x}) <> ${middle}`,
    // No zero gets a sign.
    value: sql`(${below} + CAST(${isAbove} AS DOUBLE)) / ${power(digits)} * sign(${x}) + 0e0`,
  }
}

/**
 * Whether a double is so far from a middle that any way of rounding finds the nearest multiple: up to 10^12 multiples,
 * which the caller makes sure of, the way through floating point is off by less than 10^-3 of one.
 */
export function isClear(x: Sql, digits: number): Sql {
  const units = scaledUp(x, digits)
  return sql`abs(${units} - floor(${units}) - 0.5e0) > 1e-3`
}

/**
 * The nearest multiple of a double that is not beside a middle: the double is off from its text by 2^-53 of it, and its
 * product with a power of ten by as much again. That is false of 5 × 10^14 multiples, and of what is no number.
 */
export function clearNearest(x: Sql, digits: number): Pick<Nearest, "holds" | "value"> {
  const units = scaledUp(x, digits)
  return {
    holds: sql`abs(${units} - round(${units})) < 0.5e0 - abs(${units}) * 1e-15`,
    value: sql`round(${units}) / ${power(digits)} + 0e0`,
  }
}

export function within(x: Sql, bound: string): Sql {
  return sql`${x} BETWEEN -${numberLiteral(bound)} AND ${numberLiteral(bound)}`
}

/** The shortest text of a double, without an exponent. */
export function shortestText(x: Sql): Sql {
  return sql`spark_plain(CAST(${x} AS VARCHAR))`
}

function power(exponent: number): Sql {
  return numberLiteral(`1e${exponent}`)
}

function scaledUp(x: Sql, digits: number): Sql {
  return digits === 0 ? x : sql`${x} * ${power(digits)}`
}
