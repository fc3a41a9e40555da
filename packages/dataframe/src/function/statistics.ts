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

/** An aggregate of the finite values: DuckDB raises at others. */
function ofFinite(call: PrintedAggregate, name: string): Sql {
  const x = arg(call, 0)
  return call.aggregate(name, [x], mayBeSpecial(input(call, 0)) ? { where: sql`isfinite(${x})` } : {})
}

/** NaN when a value is NaN or infinite, null when there is none or all are the same. */
function moment(call: PrintedAggregate, whole: Sql): Sql {
  const x = arg(call, 0)
  const specials = call.aggregate("count", [x], { where: sql`NOT isfinite(${x})` })
  const special = mayBeSpecial(input(call, 0)) ? sql`WHEN ${specials} > 0 THEN ${nan} ` : sql``
  return sql`CASE ${special}WHEN ${rows(call)} = 0 OR ${ofFinite(call, "var_pop")} = 0 THEN NULL ${whole} END`
}

/** The third moment by the count of values, where DuckDB gives the sample's. */
function skewness(call: PrintedAggregate): Sql {
  const n = rows(call)
  const whole = sql`${ofFinite(call, "skewness")} * (${n} - 2) / sqrt(CAST(${n} AS DOUBLE) * (${n} - 1))`
  return moment(call, sql`WHEN ${n} = 2 THEN CAST(0 AS DOUBLE) ELSE ${whole}`)
}

/** The fourth moment by the count of values, less that of the normal distribution. */
function kurtosis(call: PrintedAggregate): Sql {
  // DuckDB's own sums powers of the values, not of their distances from the mean, and loses the digits that count.
  const fourth = sql`list_sum(list_transform(${ofFinite(call, "list")}, lambda v_: pow(v_ - ${ofFinite(call, "avg")}, 4)))`
  return moment(call, sql`ELSE ${fourth} / ${rows(call)} / pow(${ofFinite(call, "var_pop")}, 2) - 3`)
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
  skewness: aggregate(one, skewness),
  kurtosis: aggregate(one, kurtosis),
  corr: aggregate(two, correlation),
  regr_slope: aggregate(two, regression("regr_slope")),
} satisfies { readonly [name: string]: FunctionEntry }
