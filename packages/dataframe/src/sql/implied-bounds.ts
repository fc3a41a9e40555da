import type { Expression, LiteralValue } from "../plan/expression.ts"
import type { DataType } from "../schema/data-type.ts"
import { dateText, parseDate, parseInstant } from "../schema/temporal-text.ts"
import { boolean, isNested } from "../schema/type-family.ts"

type ColumnReference = Extract<Expression, { kind: "column" }>

/** The values of a column for which what it is cast to may be equal to a value: from `low` to `high`, or fewer. */
interface Span {
  readonly low: LiteralValue
  readonly high: LiteralValue
}

/**
 * A condition of a filter, and what it implies for columns as they are stored, where it compares them as another type. A
 * reader of Parquet knows the least and the greatest value of each part of a file, and looks through no cast: by these it
 * leaves out the parts in which no row can meet the condition.
 */
export function withImpliedBounds(condition: Expression): Expression {
  const implied = conjuncts(condition).flatMap(impliedBy)
  return implied.reduce((all, one) => ({ kind: "call", name: "and", args: [all, one], type: boolean }), condition)
}

function conjuncts(condition: Expression): readonly Expression[] {
  if (condition.kind === "call" && condition.name === "and") return condition.args.flatMap(conjuncts)
  return [condition]
}

function impliedBy(condition: Expression): readonly Expression[] {
  if (condition.kind !== "call") return []
  const [left, value, last] = condition.args
  if (!left || !value) return []
  if (left.kind === "column") {
    return condition.name === "<=>" && isPresent(value) && !isNested(left.type) ? [compared("=", left, value)] : []
  }
  if (left.kind !== "cast" || left.input.kind !== "column") return []
  const column = left.input
  const low = (e: Expression) => atLeast(column, spanOf(column.type, left.type, e))
  const high = (e: Expression) => atMost(column, spanOf(column.type, left.type, e))
  switch (condition.name) {
    case "=":
    case "<=>":
      return [...low(value), ...high(value)]
    case ">":
    case ">=":
      return low(value)
    case "<":
    case "<=":
      return high(value)
    case "between":
      return [...low(value), ...(last ? high(last) : [])]
    default:
      return []
  }
}

/** A literal that is no null, or one that is cast, which raises where it cannot be. */
function isPresent(value: Expression): boolean {
  if (value.kind === "literal") return value.value !== null
  return value.kind === "cast" && value.mode === "ansi" && value.input.kind === "literal" && isPresent(value.input)
}

function atLeast(column: ColumnReference, span: Span | undefined): readonly Expression[] {
  return span ? [compared(">=", column, { kind: "literal", value: span.low, type: column.type })] : []
}

function atMost(column: ColumnReference, span: Span | undefined): readonly Expression[] {
  return span ? [compared("<=", column, { kind: "literal", value: span.high, type: column.type })] : []
}

function compared(name: "=" | ">=" | "<=", column: ColumnReference, value: Expression): Expression {
  return { kind: "call", name, args: [column, value], type: boolean }
}

function spanOf(stored: DataType, cast: DataType, value: Expression): Span | undefined {
  if (cast.kind === "float64") {
    const number = numberOf(value)
    if (number === undefined) return undefined
    return stored.kind === "decimal" ? decimals(number, stored) : stored.kind === "float32" ? floats(number) : undefined
  }
  const day = dayOf(value)
  if (day === undefined) return undefined
  if (stored.kind === "timestamp_ntz" && cast.kind === "date") return days(stored, day, day + 1)
  // A clock is less than a day from UTC, whatever the session's zone is.
  const isAmongTimes = isTime(stored) && isTime(cast) && stored.kind !== cast.kind
  return isAmongTimes ? days(stored, day - 1, day + 2) : undefined
}

/** The number of a literal, also of a whole one that is compared as a double. */
function numberOf(value: Expression): number | undefined {
  const literal = value.kind === "cast" && value.input.type.kind === "int32" ? value.input : value
  return literal.kind === "literal" && typeof literal.value === "number" ? literal.value : undefined
}

function isTime({ kind }: DataType): boolean {
  return kind === "date" || kind === "timestamp" || kind === "timestamp_ntz"
}

/** The day of a date or of an instant, counted from 1970-01-01. A text that says no zone is no instant by itself. */
function dayOf(value: Expression): number | undefined {
  const literal = value.kind === "cast" && value.input.type.kind === "string" ? value.input : value
  if (literal.kind !== "literal" || typeof literal.value !== "string") return undefined
  if (value.type.kind === "date") return parseDate(literal.value)
  const micros = value.type.kind === "timestamp" ? parseInstant(literal.value) : undefined
  return micros === undefined ? undefined : Math.floor(Number(micros / 1_000_000n) / 86_400)
}

function days(type: DataType, first: number, last: number): Span | undefined {
  const texts = [dateText(first), dateText(last)]
  // Years of another length have forms of their own.
  if (!texts.every(text => /^\d{4}-/.test(text) && text > "0001")) return undefined
  const [low = "", high = ""] = texts.map(text =>
    type.kind === "date" ? text : `${text}T00:00:00${type.kind === "timestamp" ? "Z" : ""}`,
  )
  return { low, high }
}

/** Up to 15 digits a decimal is less than half a unit from the double that it becomes. */
function decimals(number: number, { precision, scale }: Extract<DataType, { kind: "decimal" }>): Span | undefined {
  const unit = 10 ** -scale
  if (precision > 15 || !(Math.abs(number) + unit < 10 ** (precision - scale))) return undefined
  return { low: (number - unit).toFixed(scale), high: (number + unit).toFixed(scale) }
}

function floats(number: number): Span | undefined {
  const more = Math.abs(number) * 2 ** -22 + 2 ** -148
  const [low, high] = [Math.fround(number - more), Math.fround(number + more)]
  return Number.isFinite(low) && Number.isFinite(high) ? { low, high } : undefined
}
