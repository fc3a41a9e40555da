import type {
  DataType as ArrowType,
  Binary,
  Bool,
  DateDay,
  Decimal,
  Float64,
  Int32,
  Int64,
  List,
  Utf8,
} from "apache-arrow/type"
import type { BooleanColumn, Column, StringColumn } from "./column.ts"
import { ColumnExpression, unresolvedOf } from "./column-expression.ts"
import type { Unresolved } from "./plan/expression.ts"
import { literalAs } from "./plan/literal.ts"
import { parseExpression } from "./plan/parse-expression.ts"
import { typeFrom } from "./schema/arrow-type.ts"
import type { Timestamp } from "./schema/t.ts"
import type {
  AnyLiteral,
  Average,
  Common,
  CommonOf,
  Floating,
  Integer,
  LiteralType,
  Numeric,
  NumericOperand,
  Operand,
  OperandType,
  Sum,
  Temporal,
  TypedColumn,
} from "./schema/type-rules.ts"

// Names and meanings are those of pyspark.sql.functions, in camelCase. A text is a literal here, not a column's name.

type Text = Operand<Utf8>
type Count = TypedColumn<Integer> | number
type Time = TypedColumn<Temporal>

/** The class gets its typed face; the function's signature says which. */
function column<T extends ArrowType>(unresolved: Unresolved): Column<T> {
  return new ColumnExpression(unresolved) as unknown as Column<T>
}

function call<T extends ArrowType>(name: string, ...args: readonly unknown[]): Column<T> {
  return column({ kind: "call", name, args: args.filter(arg => arg !== undefined).map(unresolvedOf) })
}

// ---------- values and conditions ----------

/**
 * A literal: 1 is int, 1.5 double, 1n bigint, a Date timestamp. With a type it is a value of that type, exactly:
 * `lit("9.99", t.decimal(5, 2))`. Give the type of a number that is not written out.
 */
export function lit<const V extends AnyLiteral, T extends ArrowType = LiteralType<V>>(
  value: V,
  type?: T,
): Column<NoInfer<T>> {
  return column(type === undefined ? unresolvedOf(value) : literalAs(value, typeFrom(type)))
}

/**
 * A Spark SQL expression as text, of the type given: it is cast where it is of another.
 * @throws FrameError `FRAME_EXPRESSION_SYNTAX` with the place
 */
export function expr<T extends ArrowType>(text: string, type: T): Column<T> {
  return column({ kind: "cast", input: parseExpression(text), type: typeFrom(type), mode: "ansi" })
}

/** A `when` that may get more branches. Without `otherwise` it is null where no condition is true. */
export type CaseColumn<T extends ArrowType> = Column<T> & {
  when<const V extends TypedColumn | AnyLiteral>(
    condition: TypedColumn<Bool> | boolean,
    value: V,
  ): CaseColumn<Common<T, OperandType<V>>>
  otherwise<const V extends TypedColumn | AnyLiteral>(value: V): Column<Common<T, OperandType<V>>>
}

/** The value of the first condition that is true: `when(f.n.gt(9), "many").when(f.n.gt(1), "some").otherwise("few")`. */
export function when<const V extends TypedColumn | AnyLiteral>(
  condition: TypedColumn<Bool> | boolean,
  value: V,
): CaseColumn<OperandType<V>> {
  const branch = [unresolvedOf(condition), unresolvedOf(value)] as const
  // the class has `when` and `otherwise`, too
  return column({ kind: "case", branches: [branch] }) as unknown as CaseColumn<OperandType<V>>
}

/** The first value that is not null. */
export function coalesce<T extends ArrowType, const R extends readonly Operand<T>[]>(
  first: TypedColumn<T>,
  ...rest: R
): Column<CommonOf<T, R>> {
  return call("coalesce", first, ...rest)
}

export function isnull(value: TypedColumn): BooleanColumn {
  return call<Bool>("isnull", value)
}

export function isnan(value: TypedColumn<Floating>): BooleanColumn {
  return call<Bool>("isnan", value)
}

/** Null where both are equal, else the first. */
export function nullif<T extends ArrowType>(value: TypedColumn<T>, other: Operand<T>): Column<T> {
  return call("nullif", value, other)
}

/** The second where the first is null. */
export function nvl<T extends ArrowType, const O extends Operand<T>>(
  value: TypedColumn<T>,
  other: O,
): Column<Common<T, OperandType<O>>> {
  return call("nvl", value, other)
}

/** The greatest of at least two values, nulls left out. */
export function greatest<T extends ArrowType, const R extends readonly [Operand<T>, ...Operand<T>[]]>(
  first: TypedColumn<T>,
  ...rest: R
): Column<CommonOf<T, R>> {
  return call("greatest", first, ...rest)
}

/** The least of at least two values, nulls left out. */
export function least<T extends ArrowType, const R extends readonly [Operand<T>, ...Operand<T>[]]>(
  first: TypedColumn<T>,
  ...rest: R
): Column<CommonOf<T, R>> {
  return call("least", first, ...rest)
}

// ---------- text ----------

/** Texts joined; null where one is null. */
export function concat(...texts: readonly Text[]): StringColumn {
  return call<Utf8>("concat", ...texts)
}

/** Texts joined with a separator, nulls left out. */
export function concatWs(separator: Text, ...texts: readonly Text[]): StringColumn {
  return call<Utf8>("concat_ws", separator, ...texts)
}

export function upper(text: Text): StringColumn {
  return call<Utf8>("upper", text)
}

export function lower(text: Text): StringColumn {
  return call<Utf8>("lower", text)
}

/** Each word with a capital first, the rest small. */
export function initcap(text: Text): StringColumn {
  return call<Utf8>("initcap", text)
}

/** Without the characters at both ends, blanks when none are given. */
export function trim(text: Text, characters?: Text): StringColumn {
  return call<Utf8>("trim", text, characters)
}

export function ltrim(text: Text, characters?: Text): StringColumn {
  return call<Utf8>("ltrim", text, characters)
}

export function rtrim(text: Text, characters?: Text): StringColumn {
  return call<Utf8>("rtrim", text, characters)
}

/** Characters of a text, bytes of a binary. */
export function length(value: Text | TypedColumn<Binary>): Column<Int32> {
  return call("length", value)
}

/** `length` characters from `start`; the first character is 1, negative counts from the end. */
export function substring(text: Text, start: Count, length: Count): StringColumn {
  return call<Utf8>("substring", text, start, length)
}

/** Filled on the left, or cut, to a length. */
export function lpad(text: Text, length: Count, pad: Text): StringColumn {
  return call<Utf8>("lpad", text, length, pad)
}

/** Filled on the right, or cut, to a length. */
export function rpad(text: Text, length: Count, pad: Text): StringColumn {
  return call<Utf8>("rpad", text, length, pad)
}

/** Each occurrence of `search` replaced, taken away when no replacement is given. */
export function replace(text: Text, search: Text, replacement?: Text): StringColumn {
  return call<Utf8>("replace", text, search, replacement)
}

/** Place of the first occurrence, from 1; 0 when there is none. */
export function instr(text: Text, search: Text): Column<Int32> {
  return call("instr", text, search)
}

/** Each match of a regular expression replaced; `$1` is its first group. */
export function regexpReplace(text: Text, pattern: string, replacement: string): StringColumn {
  return call<Utf8>("regexp_replace", text, pattern, replacement)
}

/** A group of the first match; empty text when nothing matches. Default group 1. */
export function regexpExtract(text: Text, pattern: string, group = 1): StringColumn {
  return call<Utf8>("regexp_extract", text, pattern, group)
}

/** The parts between matches of a regular expression, at most `limit` of them when it is positive. */
export function split(text: Text, pattern: string, limit?: number): Column<List<Utf8>> {
  return call("split", text, pattern, limit)
}

/** MD5 of a text's UTF-8 or of bytes, in hex. */
export function md5(value: Text | TypedColumn<Binary>): StringColumn {
  return call<Utf8>("md5", value)
}

// ---------- numbers ----------

export function abs<T extends Numeric>(value: TypedColumn<T>): Column<T> {
  return call("abs", value)
}

type Rounded<T> = T extends Decimal ? Decimal : T

/** Half away from zero, to `scale` digits after the point; negative rounds before it. */
export function round<T extends Numeric>(
  value: TypedColumn<T>,
  scale?: number,
): Column<Extract<Rounded<T>, ArrowType>> {
  return call("round", value, scale)
}

type Whole<T> = T extends Decimal ? Decimal : Int64

export function floor<T extends Numeric>(value: TypedColumn<T>): Column<Whole<T>> {
  return call("floor", value)
}

export function ceil<T extends Numeric>(value: TypedColumn<T>): Column<Whole<T>> {
  return call("ceil", value)
}

export function sqrt(value: NumericOperand): Column<Float64> {
  return call("sqrt", value)
}

export function exp(value: NumericOperand): Column<Float64> {
  return call("exp", value)
}

export function pow(base: NumericOperand, exponent: NumericOperand): Column<Float64> {
  return call("pow", base, exponent)
}

/** -1, 0 or 1, as a double. */
export function signum(value: NumericOperand): Column<Float64> {
  return call("signum", value)
}

// ---------- dates and times ----------

export function year(time: Time): Column<Int32> {
  return call("year", time)
}

export function month(time: Time): Column<Int32> {
  return call("month", time)
}

export function dayofmonth(time: Time): Column<Int32> {
  return call("dayofmonth", time)
}

/** 1 is Sunday, 7 Saturday. */
export function dayofweek(time: Time): Column<Int32> {
  return call("dayofweek", time)
}

export function hour(time: Time): Column<Int32> {
  return call("hour", time)
}

export function minute(time: Time): Column<Int32> {
  return call("minute", time)
}

export function second(time: Time): Column<Int32> {
  return call("second", time)
}

export type TimeUnit = "year" | "quarter" | "month" | "week" | "day" | "hour" | "minute" | "second"

/** The start of the unit in the session's time zone, a timestamp. Weeks start on Monday. */
export function dateTrunc(unit: TimeUnit, time: Time): Column<Timestamp> {
  return call("date_trunc", unit, time)
}

/** The date of a time, or of a text; `format` is a Spark pattern, ISO when left out. */
export function toDate(value: Time | Text, format?: string): Column<DateDay> {
  return call("to_date", value, format)
}

/** The instant that a text or a time says; `format` is a Spark pattern, ISO when left out. */
export function toTimestamp(value: Time | Text, format?: string): Column<Timestamp> {
  return call("to_timestamp", value, format)
}

export function dateAdd(date: Time, days: Count): Column<DateDay> {
  return call("date_add", date, days)
}

export function dateSub(date: Time, days: Count): Column<DateDay> {
  return call("date_sub", date, days)
}

/** Days from `start` to `end`. */
export function datediff(end: Time, start: Time): Column<Int32> {
  return call("datediff", end, start)
}

/** The last day of the date's month. */
export function lastDay(date: Time): Column<DateDay> {
  return call("last_day", date)
}

/** The date of the run's `now` in the session's time zone: one for all steps of a run. */
export function currentDate(): Column<DateDay> {
  return call("current_date")
}

/** The run's `now`: one instant for all steps of a run. */
export function currentTimestamp(): Column<Timestamp> {
  return call("current_timestamp")
}

// ---------- aggregates ----------

/** Values that are not null; without an argument, rows. */
export function count(value?: TypedColumn): Column<Int64> {
  return call("count", value ?? 1)
}

/** Different values, rows with a null left out. */
export function countDistinct(...values: readonly [TypedColumn, ...TypedColumn[]]): Column<Int64> {
  return column({ kind: "call", name: "count", args: values.map(unresolvedOf), distinct: true })
}

/** Rows for which the condition is true. */
export function countIf(condition: TypedColumn<Bool>): Column<Int64> {
  return call("count_if", condition)
}

/** A bigint of whole numbers; null of no values. */
export function sum<T extends Numeric>(value: TypedColumn<T>): Column<Sum<T>> {
  return call("sum", value)
}

/** The mean, a double; of decimals a decimal with four more digits. */
export function avg<T extends Numeric>(value: TypedColumn<T>): Column<Average<T>> {
  return call("avg", value)
}

export function min<T extends ArrowType>(value: TypedColumn<T>): Column<T> {
  return call("min", value)
}

export function max<T extends ArrowType>(value: TypedColumn<T>): Column<T> {
  return call("max", value)
}

/** Standard deviation of a sample. */
export function stddev(value: TypedColumn<Numeric>): Column<Float64> {
  return call("stddev", value)
}

/** Some value of the group: which one depends on the order of rows, so a plan with it is not reused blindly. */
export function first<T extends ArrowType>(value: TypedColumn<T>): Column<T> {
  return call("first", value)
}
