import type { DataType as ArrowType, Bool, Float64, Int8, Int64, List, Utf8 } from "apache-arrow/type"
import type { BooleanColumn, Column, SortColumn } from "./column.ts"
import { unresolvedOf } from "./column-expression.ts"
import { call, column } from "./function-call.ts"
import type { Average, Integer, Numeric, Sum, TypedColumn } from "./schema/type-rules.ts"

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
export function first<T extends ArrowType>(value: TypedColumn<T>, ignoreNulls = false): Column<T> {
  return call(ignoreNulls ? "first_ignore_nulls" : "first", value)
}

/** The sum of the different values. */
export function sumDistinct<T extends Numeric>(value: TypedColumn<T>): Column<Sum<T>> {
  return column({ kind: "call", name: "sum", args: [unresolvedOf(value)], distinct: true })
}

/** Standard deviation of the whole. */
export function stddevPop(value: TypedColumn<Numeric>): Column<Float64> {
  return call("stddev_pop", value)
}

/** Variance of a sample. */
export function variance(value: TypedColumn<Numeric>): Column<Float64> {
  return call("variance", value)
}

/** Variance of the whole. */
export function varPop(value: TypedColumn<Numeric>): Column<Float64> {
  return call("var_pop", value)
}

/** Whether the condition is true for each row, nulls left out. */
export function boolAnd(condition: TypedColumn<Bool>): BooleanColumn {
  return call<Bool>("bool_and", condition)
}

/** Whether the condition is true for a row. */
export function boolOr(condition: TypedColumn<Bool>): BooleanColumn {
  return call<Bool>("bool_or", condition)
}

/** The values in a list, nulls left out; their order is not defined, so a plan with it is not reused blindly. */
export function collectList<T extends ArrowType>(value: TypedColumn<T>): Column<List<T>> {
  return call("collect_list", value)
}

/** The different values in a list, nulls left out; their order is not defined. */
export function collectSet<T extends ArrowType>(value: TypedColumn<T>): Column<List<T>> {
  return call("collect_set", value)
}

/** Some value of the group: which one depends on the order of rows. */
export function last<T extends ArrowType>(value: TypedColumn<T>, ignoreNulls = false): Column<T> {
  return call(ignoreNulls ? "last_ignore_nulls" : "last", value)
}

/** Some value of the group. */
export function anyValue<T extends ArrowType>(value: TypedColumn<T>): Column<T> {
  return call("any_value", value)
}

/** In a `rollup`, `cube` or `groupingSets`: 1 in the rows where this key is left out, else 0. */
export function grouping(key: TypedColumn): Column<Int8> {
  return call("grouping", key)
}

/** In a `rollup`, `cube` or `groupingSets`: the `grouping` of these keys, of all when none is named, as bits of a number. */
export function groupingId(...keys: readonly TypedColumn[]): Column<Int64> {
  return call("grouping_id", ...keys)
}

/** The sum, null where it overflows. */
export function trySum<T extends Numeric>(value: TypedColumn<T>): Column<Sum<T>> {
  return call("try_sum", value)
}

/** The mean, null where its sum overflows. */
export function tryAvg<T extends Numeric>(value: TypedColumn<T>): Column<Average<T>> {
  return call("try_avg", value)
}

/** The most frequent value; which of several is not defined. */
export function mode<T extends ArrowType>(value: TypedColumn<T>): Column<T> {
  return call("mode", value)
}

/** The value of the row where another is greatest; which of several is not defined. */
export function maxBy<T extends ArrowType>(value: TypedColumn<T>, by: TypedColumn): Column<T> {
  return call("max_by", value, by)
}

/** The value of the row where another is least; which of several is not defined. */
export function minBy<T extends ArrowType>(value: TypedColumn<T>, by: TypedColumn): Column<T> {
  return call("min_by", value, by)
}

export function bitAnd<T extends Integer>(value: TypedColumn<T>): Column<T> {
  return call("bit_and", value)
}

export function bitOr<T extends Integer>(value: TypedColumn<T>): Column<T> {
  return call("bit_or", value)
}

export function bitXor<T extends Integer>(value: TypedColumn<T>): Column<T> {
  return call("bit_xor", value)
}

/** The texts joined, nulls left out, in no defined order. Give a column with a direction to order them. */
export function listagg(value: TypedColumn<Utf8>, separator = "", orderBy?: SortColumn): Column<Utf8> {
  return call("listagg", value, separator, orderBy)
}

export {
  avg as mean,
  boolAnd as every,
  boolOr as some,
  collectList as arrayAgg,
  first as firstValue,
  last as lastValue,
  listagg as stringAgg,
  stddev as std,
  stddev as stddevSamp,
  variance as varSamp,
}
