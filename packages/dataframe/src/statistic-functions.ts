import type { Float64, Int64 } from "apache-arrow/type"
import type { Column } from "./column.ts"
import { call } from "./function-call.ts"
import type { Numeric, TypedColumn } from "./schema/type-rules.ts"

type Numbers = TypedColumn<Numeric>

/** The third moment: how far the values lean to one side. */
export function skewness(value: Numbers): Column<Float64> {
  return call("skewness", value)
}

/** The fourth moment, less that of the normal distribution. */
export function kurtosis(value: Numbers): Column<Float64> {
  return call("kurtosis", value)
}

/** The middle value; of an even count the mean of the two. */
export function median(value: Numbers): Column<Float64> {
  return call("median", value)
}

/** The value below which a share of the values lies, between two of them by proportion. */
export function percentile(value: Numbers, share: number): Column<Float64> {
  return call("percentile", value, share)
}

/** A value of the group at a share, from 0 to 1. DuckDB gives the exact one. */
export function percentileApprox<T extends Numeric>(value: TypedColumn<T>, share: number): Column<T> {
  return call("percentile_approx", value, share)
}

/** About how many different values there are. Engines estimate differently. */
export function approxCountDistinct(value: TypedColumn): Column<Int64> {
  return call("approx_count_distinct", value)
}

/** From -1 to 1; fails when it runs where a side does not vary, as in Spark 4. */
export function corr(a: Numbers, b: Numbers): Column<Float64> {
  return call("corr", a, b)
}

export function covarSamp(a: Numbers, b: Numbers): Column<Float64> {
  return call("covar_samp", a, b)
}

export function covarPop(a: Numbers, b: Numbers): Column<Float64> {
  return call("covar_pop", a, b)
}

/** The slope of the line that fits `y` over `x` best. */
export function regrSlope(y: Numbers, x: Numbers): Column<Float64> {
  return call("regr_slope", y, x)
}

/** How many pairs have both values. */
export function regrCount(y: Numbers, x: Numbers): Column<Int64> {
  return call("regr_count", y, x)
}

export { percentileApprox as approxPercentile }
