import type { FormCost } from "./form-cost.ts"
import { inputTypes, type MeasuredCase } from "./measured-case.ts"

/** `everyday`: 3 × the naive form; `division` of decimals: 15 ×; `other`: 1 µs a value. */
export type LimitClass = "everyday" | "division" | "other"

const factors = { everyday: 3, division: 15 } as const
const mostNanoseconds = 1000
/** Below it a ratio tells of noise. */
const cheapNanoseconds = 5

const rounding: readonly string[] = ["round", "bround", "ceil", "floor", "rint"]
const everydayText: readonly string[] = [
  "upper",
  "ucase",
  "lower",
  "lcase",
  "trim",
  "ltrim",
  "rtrim",
  "btrim",
  "trim(chars)",
  "ltrim(chars)",
  "substr",
  "substring",
  "left",
  "right",
]
/** Dates and times that are read from text, written as text, or moved between time zones. */
const notPlainDate =
  /^(to_date|to_timestamp|try_to_|to_timestamp_ntz|unix_timestamp|from_unixtime|date_format|convert_timezone|cast timestamp as string|(from|to)_utc_timestamp|dayname|monthname)/
const decimalDivision: readonly string[] = ["/ decimal", "div decimal"]
const decimalOfOther: readonly string[] = ["% decimal"]
const comparedTypes =
  /^(tinyint|smallint|int|bigint|float|double|decimal\(\d+,\d+\)|boolean|string|date|timestamp|timestamp_ntz)$/
const number = "(?:tinyint|smallint|int|bigint|float|double|decimal\\(\\d+,\\d+\\))"
const castBetweenNumbers = new RegExp(`^(?:try_)?cast ${number} as ${number}$`)
const implicitComparison = /^(int|bigint|decimal|date) [=<] (double|decimal|timestamp)$/

/** The class of a case, by what function it is of and on which types. */
export function limitClass(measured: MeasuredCase): LimitClass {
  const { fn, category } = measured.case
  if (decimalDivision.includes(fn)) return hasShortDecimals(measured) ? "division" : "other"
  if (category === "arithmetic") return decimalOfOther.includes(fn) ? "other" : "everyday"
  if (category === "aggregate") return "everyday"
  if (category === "comparison") return inputTypes(measured).every(t => comparedTypes.test(t)) ? "everyday" : "other"
  if (category === "date") return notPlainDate.test(fn) ? "other" : "everyday"
  if (castBetweenNumbers.test(fn) || implicitComparison.test(fn)) return "everyday"
  return rounding.includes(fn) || everydayText.includes(fn) ? "everyday" : "other"
}

/** Whether all operands are declared with at most 18 digits. */
function hasShortDecimals(measured: MeasuredCase): boolean {
  return inputTypes(measured).every(type => Number(/^decimal\((\d+)/.exec(type)?.[1] ?? 0) <= 18)
}

/**
 * How many nanoseconds a value a form may cost.
 *
 * A multiple of the naive form's cost. A naive form that costs less than 5 ns a value is counted with what it costs
 * to read and answer a column at all, up to those 5 ns: a ratio of two things that take a nanosecond is noise, and
 * nobody can see it in a query.
 */
export function allowed(limit: LimitClass, { naive, empty }: FormCost): number {
  if (limit === "other" || naive === undefined) return mostNanoseconds
  return factors[limit] * Math.max(naive, Math.min(naive + empty, cheapNanoseconds))
}

export function limitText(limit: LimitClass): string {
  return limit === "other" ? "1 µs" : `${factors[limit]} ×`
}
