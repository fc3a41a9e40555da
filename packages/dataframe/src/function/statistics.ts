import * as types from "../schema/type-family.ts"
import { type AggregateForm, aggregate, type FunctionEntry, type PrintedAggregate } from "./function-entry.ts"
import { arg, raise } from "./printed-call.ts"
import { double, takes } from "./signature.ts"
import { type Sql, sql } from "./sql-fragment.ts"

const one = takes([double], types.float64)
const two = takes([double, double], types.float64)
const nan = sql`CAST('NaN' AS DOUBLE)`

/** How many values are NaN or infinite: DuckDB raises at them, where Spark's answer is NaN. */
function specials(call: PrintedAggregate, x: Sql): Sql {
  return call.aggregate("count", [x], { where: sql`NOT isfinite(${x})` })
}

function rows(call: PrintedAggregate): Sql {
  return call.aggregate("count", [arg(call, 0)])
}

function spread(call: PrintedAggregate, x: Sql): Sql {
  return call.aggregate("var_pop", [x], { where: sql`isfinite(${x})` })
}

/** The third moment by the count of values, where DuckDB gives the sample's. */
function skewness(call: PrintedAggregate): Sql {
  const x = arg(call, 0)
  const n = rows(call)
  const sample = call.aggregate("skewness", [x], { where: sql`isfinite(${x})` })
  const whole = sql`${sample} * (${n} - 2) / sqrt(CAST(${n} AS DOUBLE) * (${n} - 1))`
  return sql`CASE WHEN ${specials(call, x)} > 0 THEN ${nan} WHEN ${n} = 0 OR ${spread(call, x)} = 0 THEN NULL WHEN ${n} = 2 THEN CAST(0 AS DOUBLE) ELSE ${whole} END`
}

/** The fourth moment by the count of values, less that of the normal distribution. */
function kurtosis(call: PrintedAggregate): Sql {
  const x = arg(call, 0)
  const finite = { where: sql`isfinite(${x})` }
  const mean = call.aggregate("avg", [x], finite)
  const values = call.aggregate("list", [x], finite)
  const fourth = sql`list_reduce(list_transform(${values}, lambda v_: pow(v_ - ${mean}, 4)), lambda a_, b_: a_ + b_)`
  const whole = sql`${fourth} / ${rows(call)} / pow(${spread(call, x)}, 2) - 3`
  return sql`CASE WHEN ${specials(call, x)} > 0 THEN ${nan} WHEN ${rows(call)} = 0 OR ${spread(call, x)} = 0 THEN NULL ELSE ${whole} END`
}

/** Spark 4 divides by zero where a side does not vary. */
function correlation(call: PrintedAggregate): Sql {
  const [x, y] = [arg(call, 0), arg(call, 1)]
  const both = sql`${x} IS NOT NULL AND ${y} IS NOT NULL`
  const count = call.aggregate("regr_count", [y, x])
  const special = call.aggregate("count", [x], { where: sql`${both} AND NOT (isfinite(${x}) AND isfinite(${y}))` })
  const varies = (value: Sql) => call.aggregate("var_pop", [value], { where: sql`${both} AND isfinite(${value})` })
  const finite = sql`isfinite(${x}) AND isfinite(${y})`
  const constant = sql`${varies(x)} = 0 OR ${varies(y)} = 0`
  return sql`CASE WHEN ${count} <= 1 THEN NULL WHEN ${special} > 0 THEN ${nan} WHEN ${constant} THEN ${raise("DIVIDE_BY_ZERO", types.float64)} ELSE ${call.aggregate("corr", [x, y], { where: finite })} END`
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
