import * as types from "../schema/type-family.ts"
import { mayBeSpecial } from "./double-origin.ts"
import { type AggregateForm, aggregate, type FunctionEntry, type PrintedAggregate } from "./function-entry.ts"
import { arg, input, raise } from "./printed-call.ts"
import { double, takes } from "./signature.ts"
import { type Sql, sql } from "./sql-fragment.ts"

const one = takes([double], types.float64)
const two = takes([double, double], types.float64)
const nan = sql`CAST('NaN' AS DOUBLE)`

function rows(call: PrintedAggregate): Sql {
  return call.aggregate("count", [arg(call, 0)])
}

/** Of the finite values: DuckDB raises at others. */
function variance(call: PrintedAggregate): Sql {
  const x = arg(call, 0)
  return call.aggregate("var_pop", [x], mayBeSpecial(input(call, 0)) ? { where: sql`isfinite(${x})` } : {})
}

/** NaN when a value is NaN or infinite, null when there is none or all are the same. */
function moment(call: PrintedAggregate, whole: Sql): Sql {
  const mean = call.aggregate("avg", [arg(call, 0)])
  const special = mayBeSpecial(input(call, 0)) ? sql`WHEN NOT isfinite(${mean}) THEN ${nan} ` : sql``
  return sql`CASE ${special}WHEN ${rows(call)} = 0 OR ${variance(call)} = 0 THEN NULL ELSE ${whole} END`
}

/**
 * The mean of a power of the distances from the mean. DuckDB's own functions sum powers of the values themselves, and
 * lose the digits that count where the mean is far from zero.
 */
function powerMean(call: PrintedAggregate, power: Sql): Sql {
  const x = [arg(call, 0)]
  const distances = sql`list_transform(${call.aggregate("list", x)}, lambda v_: v_ - ${call.aggregate("avg", x)})`
  return sql`list_sum(list_transform(${distances}, lambda v_: ${power})) / ${rows(call)}`
}

/** The third moment by the count of values, where DuckDB gives the sample's. */
function skewness(call: PrintedAggregate): Sql {
  return moment(call, sql`${powerMean(call, sql`v_ * v_ * v_`)} / pow(${variance(call)}, 1.5)`)
}

/** The fourth moment by the count of values, less that of the normal distribution. */
function kurtosis(call: PrintedAggregate): Sql {
  return moment(call, sql`${powerMean(call, sql`v_ * v_ * v_ * v_`)} / pow(${variance(call)}, 2) - 3`)
}

/** Spark 4 divides by zero where a side does not vary: DuckDB's answer there is NaN. */
function correlation(call: PrintedAggregate): Sql {
  const [x, y] = [arg(call, 0), arg(call, 1)]
  const pairs = call.aggregate("regr_count", [y, x])
  const constant = raise("DIVIDE_BY_ZERO", types.float64)
  if (!call.inputs.some(mayBeSpecial)) {
    const value = call.aggregate("corr", [x, y])
    return sql`CASE WHEN ${pairs} <= 1 THEN NULL WHEN isnan(${value}) THEN ${constant} ELSE ${value} END`
  }
  const value = call.aggregate("corr", [x, y], { where: sql`isfinite(${x} + ${y})` })
  const sum = call.aggregate("sum", [sql`${x} + ${y}`])
  return sql`CASE WHEN ${pairs} <= 1 THEN NULL WHEN NOT isfinite(${sum}) THEN ${nan} WHEN isnan(${value}) THEN ${constant} ELSE ${value} END`
}

/** Null where DuckDB divides nothing by nothing. */
function regression(name: string): AggregateForm {
  return call => {
    const value = call.aggregate(name, call.args)
    return sql`CASE WHEN isnan(${value}) THEN NULL ELSE ${value} END`
  }
}

/** Statistics of one and of two variables. */
export const statistics = {
  skewness: aggregate(one, skewness, { revision: 2 }),
  kurtosis: aggregate(one, kurtosis),
  corr: aggregate(two, correlation),
  regr_slope: aggregate(two, regression("regr_slope")),
} satisfies { readonly [name: string]: FunctionEntry }
