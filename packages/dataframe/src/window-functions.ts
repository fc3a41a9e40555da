import type { DataType as ArrowType, Float64, Int32 } from "apache-arrow/type"
import type { Column } from "./column.ts"
import { call } from "./function-call.ts"
import type { Operand, TypedColumn } from "./schema/type-rules.ts"
import type { WindowSpec } from "./window.ts"

/** A function that has a value over a window only. */
export interface WindowFunction<T extends ArrowType> {
  over(window: WindowSpec): Column<T>
}

/** The class of every column has `over`; the type says that there is nothing else to be had. */
function windowed<T extends ArrowType>(name: string, ...args: readonly unknown[]): WindowFunction<T> {
  return call<T>(name, ...args) as unknown as WindowFunction<T>
}

/** The number of the row in its window, from 1. Rows that are equal by `orderBy` are numbered in any order. */
export function rowNumber(): WindowFunction<Int32> {
  return windowed<Int32>("row_number")
}

/** One more than the rows before; equal rows have the same rank, and leave a gap behind them. */
export function rank(): WindowFunction<Int32> {
  return windowed<Int32>("rank")
}

/** One more than the different values before. */
export function denseRank(): WindowFunction<Int32> {
  return windowed<Int32>("dense_rank")
}

/** `(rank - 1) / (rows - 1)`, from 0 to 1. */
export function percentRank(): WindowFunction<Float64> {
  return windowed<Float64>("percent_rank")
}

/** The share of rows up to this one, equal ones counted. */
export function cumeDist(): WindowFunction<Float64> {
  return windowed<Float64>("cume_dist")
}

/** The number of the bucket, when the rows of the window are dealt into so many of about the same size. */
export function ntile(buckets: number): WindowFunction<Int32> {
  return windowed<Int32>("ntile", buckets)
}

/** The value of the row `offset` rows before; `otherwise`, or null, where there is none. */
export function lag<T extends ArrowType>(
  value: TypedColumn<T>,
  offset = 1,
  otherwise?: Operand<T> | null,
): WindowFunction<T> {
  return windowed<T>("lag", value, offset, otherwise)
}

/** The value of the row `offset` rows after; `otherwise`, or null, where there is none. */
export function lead<T extends ArrowType>(
  value: TypedColumn<T>,
  offset = 1,
  otherwise?: Operand<T> | null,
): WindowFunction<T> {
  return windowed<T>("lead", value, offset, otherwise)
}

/** The value of the `n`-th row of the frame, counted from 1; null while the frame has fewer. */
export function nthValue<T extends ArrowType>(value: TypedColumn<T>, n: number): WindowFunction<T> {
  return windowed<T>("nth_value", value, n)
}
