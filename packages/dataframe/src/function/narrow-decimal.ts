import type { Expression } from "../plan/expression.ts"
import { decimal } from "../schema/decimal-type.ts"
import { type DecimalType, isDecimal, isIntegral } from "../schema/type-family.ts"
import { castTo } from "./duckdb-type.ts"
import { join, type Sql, sql, textLiteral } from "./sql-fragment.ts"

/** DuckDB computes with decimals of up to 18 digits in 64 bits, many times as fast as with more. */
export const narrowDigits = 18

/**
 * A decimal that Spark gives more than 18 digits, computed in 64 bits for the rows whose values are small enough. Where
 * the statistics of a file say that all are, DuckDB takes the test away.
 */
export interface NarrowDecimal {
  /** The exact value in the rows in which `fits` is true; it may raise in others. */
  readonly value: Sql
  readonly fits: Sql
}

type Call = Extract<Expression, { kind: "call" }>
type Print = (e: Expression) => Sql

interface Part {
  readonly value: Sql
  readonly conditions: readonly Sql[]
}

/** Undefined for what is no sum, difference or product, or has a part that is more than columns, literals and the sums of two of them. */
export function narrowDecimal(e: Expression, print: Print): NarrowDecimal | undefined {
  if (!isWideArithmetic(e)) return undefined
  const part = narrow(e, narrowDigits, print)
  if (!part) return undefined
  return { value: part.value, fits: part.conditions.length > 0 ? join(part.conditions, sql` AND `) : sql`TRUE` }
}

/** Whether an expression may be written as a narrow decimal: its columns then stand in it more than once. */
export function isWideArithmetic(e: Expression): e is Call {
  return e.kind === "call" && /^[-+*]$/.test(e.name) && isDecimal(e.type) && e.type.precision > narrowDigits
}

/** The expression under conditions that keep its digits, without the point, to so many; exact then. */
function narrow(e: Expression, digits: number, print: Print): Part | undefined {
  if (!isWideArithmetic(e)) return leaf(e, digits, print)
  return e.name === "*" ? product(e, digits, print) : sum(e, digits, print)
}

function product(e: Call, digits: number, print: Print): Part | undefined {
  const factors = factorsOf(e)
  const scale = factors.reduce((total, factor) => total + scaleOf(factor), 0)
  // cut by Spark for want of digits, or of more digits than DuckDB takes for one of 64 bits
  if (scale !== scaleOf(e) || scale >= narrowDigits) return undefined
  const shares = sharesOf(factors, digits)
  const parts = factors.map((factor, i) => narrow(factor, shares[i] ?? 0, print))
  return combined(parts, (a, b) => sql`(${a} * ${b})`)
}

function factorsOf(e: Expression): readonly Expression[] {
  return isWideArithmetic(e) && e.name === "*" ? e.args.flatMap(factorsOf) : [e]
}

function sum(e: Call, digits: number, print: Print): Part | undefined {
  const scale = scaleOf(e)
  if (scale !== Math.max(...e.args.map(scaleOf))) return undefined
  const parts = e.args.map(arg => narrow(arg, digits - 1 - (scale - scaleOf(arg)), print))
  return combined(parts, (a, b) => (e.name === "+" ? sql`(${a} + ${b})` : sql`(${a} - ${b})`))
}

function combined(parts: readonly (Part | undefined)[], of: (a: Sql, b: Sql) => Sql): Part | undefined {
  const known = parts.filter(part => part !== undefined)
  if (known.length < parts.length) return undefined
  return {
    value: known.map(part => part.value).reduce(of),
    conditions: known.flatMap(part => part.conditions),
  }
}

function leaf(e: Expression, digits: number, print: Print): Part | undefined {
  const most = digitsOf(e)
  if (!isPlain(e) || most === undefined || digits < 1) return undefined
  const whole = isWideInteger(e) ? e.input : undefined
  const value = whole ? castTo(print(whole), decimal(narrowDigits, 0)) : print(e)
  if (most <= digits) return { value, conditions: [] }
  const tested = whole ?? e
  const bound = (sign: string) => castTo(textLiteral(`${sign}${nines(digits, scaleOf(e))}`), tested.type)
  return { value, conditions: [sql`${print(tested)} BETWEEN ${bound("-")} AND ${bound("")}`] }
}

/** The largest decimal of so many digits, so many of them after the point. */
export function nines(digits: number, scale: number): string {
  return pointed("9".repeat(digits), scale)
}

/** Digits with a point before the last of them. */
export function pointed(digits: string, scale: number): string {
  const all = digits.padStart(scale + 1, "0")
  return scale === 0 ? all : `${all.slice(0, -scale)}.${all.slice(-scale)}`
}

/** The most digits that a part can have; undefined where DuckDB has it in 128 bits. */
function digitsOf(e: Expression): number | undefined {
  if (e.kind === "literal") return Math.max(1, String(e.value).replace(/\D/g, "").replace(/^0+/, "").length)
  const { precision } = e.type as DecimalType // operands of decimal arithmetic are decimals
  return precision <= narrowDigits || isWideInteger(e) ? precision : undefined
}

/** Whether it is a 64-bit integer, for which 18 digits of a decimal may not do. */
function isWideInteger(e: Expression): e is Extract<Expression, { kind: "cast" }> {
  return e.kind === "cast" && isIntegral(e.input.type) && (e.type as DecimalType).precision > narrowDigits
}

function scaleOf(e: Expression): number {
  return (e.type as DecimalType).scale // operands of decimal arithmetic are decimals
}

/** Whether a part costs next to nothing, so that it may be computed once more. */
export function isPlain(e: Expression): boolean {
  if (e.kind === "column" || e.kind === "literal") return true
  if (e.kind === "cast") return (isDecimal(e.input.type) || isIntegral(e.input.type)) && isPlain(e.input)
  return e.kind === "call" && /^[-+]$/.test(e.name) && isDecimal(e.type) && e.args.every(isPlain)
}

/** Digits for each factor, together as many as there are: what one does not need is left to those that need more. */
function sharesOf(factors: readonly Expression[], digits: number): readonly number[] {
  const wants = factors.map(wantOf)
  const shares = wants.map(() => 0)
  let left = digits
  const order = wants.map((_, i) => i).sort((a, b) => (wants[a] ?? 0) - (wants[b] ?? 0))
  for (const [done, i] of order.entries()) {
    const share = Math.min(wants[i] ?? 0, Math.floor(left / (order.length - done)))
    shares[i] = share
    left -= share
  }
  return shares
}

/** A literal plus or minus something is most often a rate, such as 1 - discount: a few digits before the point. */
function wantOf(e: Expression): number {
  const most = digitsOf(e) ?? narrowDigits
  const isRate = e.kind === "call" && e.args.some(arg => arg.kind === "literal")
  return isRate ? Math.min(most, scaleOf(e) + 3) : most
}
