import type { Expression } from "../plan/expression.ts"
import type { DataType } from "../schema/data-type.ts"
import { boundedDecimal } from "../schema/decimal-type.ts"
import * as types from "../schema/type-family.ts"
import { decimalMean, decimalSum } from "./decimal-aggregate.ts"
import { decimalsOf, mayBeSpecial, wholesOf } from "./double-origin.ts"
import { castTo, tryCastTo } from "./duckdb-type.ts"
import {
  type AggregateForm,
  aggregate,
  type FunctionEntry,
  type PrintedAggregate,
  type TypeRule,
} from "./function-entry.ts"
import { castOf, mismatch } from "./implicit-cast.ts"
import { orderKey } from "./ordered-sql.ts"
import { arg, input } from "./printed-call.ts"
import {
  any,
  argument,
  bool,
  double,
  integral,
  literalOf,
  numeric,
  orderable,
  type Parameter,
  sameAsFirst,
  takes,
  text,
  typeOf,
} from "./signature.ts"
import { identifier, type Sql, sql, textLiteral } from "./sql-fragment.ts"

function count(call: PrintedAggregate): Sql {
  if (call.args.length === 0) return call.aggregate("count", [sql`*`])
  if (call.args.length === 1) return call.aggregate("count", call.args)
  const all = call.args.map(a => sql`${a} IS NOT NULL`).reduce((a, b) => sql`${a} AND ${b}`)
  const value = call.distinct ? sql`{${call.args.map((a, i) => sql`${textLiteral(`c${i}`)}: ${a}`)}}` : sql`1`
  return call.aggregate("count", [sql`CASE WHEN ${all} THEN ${value} END`])
}

const sumRule: TypeRule = (args, name) => {
  const cast = takes([numeric], sameAsFirst)(args, name).args
  const first = argument(cast, 0)
  if (types.isDecimal(first.type)) {
    return { args: cast, type: boundedDecimal(first.type.precision + 10, first.type.scale) }
  }
  if (types.isIntegral(first.type)) return { args: cast, type: types.int64 }
  return { args: [castOf(first, types.float64)], type: types.float64 }
}

function sum(call: PrintedAggregate): Sql {
  return types.isDecimal(call.type) ? decimalSum(call, call.type) : otherSum(call)
}

function otherSum(call: PrintedAggregate): Sql {
  const total = call.aggregate("sum", call.args)
  return types.isFloating(call.type) ? total : castTo(total, call.type)
}

const avgRule: TypeRule = (args, name) => {
  const cast = takes([numeric], sameAsFirst)(args, name).args
  const first = argument(cast, 0)
  if (types.isDecimal(first.type)) {
    return { args: cast, type: boundedDecimal(first.type.precision + 4, first.type.scale + 4) }
  }
  return { args: [first.type.kind === "float32" ? castOf(first, types.float64) : first], type: types.float64 }
}

function avg(call: PrintedAggregate): Sql {
  return types.isDecimal(call.type) ? decimalMean(call, call.type) : call.aggregate("avg", call.args)
}

/** `min` and `max` of arrays and structs by the order of Spark. */
function extreme(name: "min" | "max"): AggregateForm {
  return call => {
    const type = input(call, 0).type
    if (!types.isNested(type)) return call.aggregate(name, call.args)
    return call.aggregate(name === "min" ? "arg_min" : "arg_max", [arg(call, 0), orderKey(arg(call, 0), type)])
  }
}

/** Statistics in which one NaN or infinity makes the answer NaN, where DuckDB raises. */
function statistic(name: string, least: number): AggregateForm {
  return call => {
    const x = arg(call, 0)
    if (!mayBeSpecial(input(call, 0))) return call.aggregate(name, call.args)
    const special = sql`NOT isfinite(${x})`
    const found = call.aggregate("count", [x], { where: special, distinct: false })
    const enough =
      least > 1
        ? sql`CASE WHEN ${call.aggregate("count", [x])} > 1 THEN CAST('NaN' AS DOUBLE) END`
        : sql`CAST('NaN' AS DOUBLE)`
    const plain = call.aggregate(name, [x], { where: sql`isfinite(${x})` })
    return sql`CASE WHEN ${found} > 0 THEN ${enough} ELSE ${plain} END`
  }
}

const statisticRule = takes([double], types.float64)
const listOf = (args: readonly Expression[]): DataType => ({ kind: "array", element: typeOf(args, 0) })

/** Spark leaves nulls out, and a list of nothing is empty. */
function collect(distinct: boolean): AggregateForm {
  return call => {
    const x = arg(call, 0)
    const list = call.aggregate("list", [x], { where: sql`${x} IS NOT NULL`, distinct: distinct || call.distinct })
    return sql`coalesce(${list}, [])`
  }
}

/** A list of structs in the order of their fields. DuckDB sorts an aggregate's rows in a third of the time of a list. */
function collectSorted(call: PrintedAggregate): Sql {
  const [x, { type }] = [arg(call, 0), input(call, 0)]
  const order = literalOf(input(call, 1)) === true ? sql`ASC NULLS FIRST` : sql`DESC NULLS LAST`
  const fields = type.kind === "struct" ? type.fields : []
  const keys = fields.map(f => sql`${orderKey(sql`(${x}).${identifier(f.name)}`, f.type)} ${order}`)
  const list = call.aggregate("list", [sql`${x} ORDER BY ${keys}`], { where: sql`${x} IS NOT NULL` })
  return sql`coalesce(${list}, [])`
}

const bits = (args: readonly Expression[], name: string) => {
  if (!args[0] || !types.isIntegral(args[0].type)) throw mismatch(name, args, "it must be a whole number")
  return takes([integral], sameAsFirst)(args, name)
}

const pairRule = takes([double, double], types.float64)
const pairRule64 = takes([double, double], types.int64)
const byRule = takes([any, orderable], sameAsFirst)

function by(name: string): AggregateForm {
  return call => call.aggregate(name, [arg(call, 0), orderKey(arg(call, 1), input(call, 1).type)])
}

const shares: DataType = { kind: "array", element: types.float64 }

/** A share, or an array of shares: then the result is an array too. */
const share: Parameter = {
  label: "a number from 0 to 1",
  accept: e => (e.type.kind === "array" ? castOf(e, shares) : double.accept(e)),
}

/** `percentile` interpolates in doubles, `percentile_approx` gives a value that is there. */
function percentileRule(interpolates: boolean): TypeRule {
  return (args, name) => {
    const { args: cast } = takes([interpolates ? double : numeric, share], types.float64)(args, name)
    const value = interpolates ? types.float64 : typeOf(cast, 0)
    const wanted = argument(cast, 1)
    if (wanted.type.kind === "array") return { args: cast, type: { kind: "array", element: value } }
    const given = literalOf(wanted)
    if (given !== undefined && given !== null && Number(given) >= 0 && Number(given) <= 1)
      return { args: cast, type: value }
    throw mismatch(name, args, "the share must be a literal from 0 to 1")
  }
}

/** DuckDB interpolates between whole numbers as between their doubles, but rounds between decimals. */
function percentile(call: PrintedAggregate): Sql {
  const decimals = decimalsOf(call, 0)
  if (decimals && Number(literalOf(input(call, 1))) === 0.5) return middle(call, decimals)
  return call.aggregate("quantile_cont", [wholesOf(call, 0), arg(call, 1)])
}

function lowest(call: PrintedAggregate): Sql {
  return castTo(call.aggregate("quantile_disc", [decimalsOf(call, 0) ?? wholesOf(call, 0), arg(call, 1)]), call.type)
}

function median(call: PrintedAggregate): Sql {
  const decimals = decimalsOf(call, 0)
  return decimals ? middle(call, decimals) : call.aggregate("median", [wholesOf(call, 0)])
}

/** The two values in the middle, the second by a share that is above the half by less than one of 10^9 values is. */
function middle(call: PrintedAggregate, decimals: Sql): Sql {
  const two = call.aggregate("quantile_disc", [decimals, sql`[0.5, 0.5000000001]`])
  const [lower, upper] = [1, 2].map(i => castTo(sql`${two}[${i}]`, types.float64))
  return sql`(0.5e0 * ${lower ?? two} + 0.5e0 * ${upper ?? two})`
}

function orderWords(call: PrintedAggregate): Sql {
  const [direction, nulls] = String(literalOf(input(call, 3))).split(" ")
  return sql`${direction === "desc" ? sql`DESC` : sql`ASC`} ${nulls === "last" ? sql`NULLS LAST` : sql`NULLS FIRST`}`
}

/** Texts joined, nulls left out; null of none. */
function listed(call: PrintedAggregate): Sql {
  const [value, separator, key] = [arg(call, 0), call.args[1] ?? sql`''`, call.args[2]]
  if (!key) return call.aggregate("string_agg", [value, separator])
  const order = sql`${orderKey(key, input(call, 2).type)} ${orderWords(call)}`
  return call.aggregate("string_agg", [value, sql`${separator} ORDER BY ${order}`])
}

/** Aggregates. */
export const aggregates = {
  count: aggregate(takes([any], types.int64, { optional: 1, variadic: true }), count, {
    spark: call => call.aggregate("count", call.args.length > 0 ? call.args : [sql`*`]),
  }),
  count_if: aggregate(takes([bool], types.int64), call => call.aggregate("count", [sql`*`], { where: arg(call, 0) })),
  sum: aggregate(sumRule, sum),
  try_sum: aggregate(sumRule, call => {
    const total = call.aggregate("sum", call.args)
    return types.isFloating(call.type) ? total : tryCastTo(total, call.type)
  }),
  avg: aggregate(avgRule, avg),
  // An overflow of a decimal's sum is null in place of an error; DuckDB's mean of other numbers has none.
  try_avg: aggregate(avgRule, call => (types.isDecimal(call.type) ? sql`TRY(${avg(call)})` : avg(call))),
  min: aggregate(takes([orderable], sameAsFirst), extreme("min")),
  max: aggregate(takes([orderable], sameAsFirst), extreme("max")),
  stddev: aggregate(statisticRule, statistic("stddev_samp", 2)),
  stddev_pop: aggregate(statisticRule, statistic("stddev_pop", 1)),
  variance: aggregate(statisticRule, statistic("var_samp", 2)),
  var_pop: aggregate(statisticRule, statistic("var_pop", 1)),
  median: aggregate(statisticRule, median, { spark: "median" }),
  percentile: aggregate(percentileRule(true), percentile, { spark: "percentile" }),
  /** `percentile_disc`: the first value at or above the share, as a double. */
  percentile_lowest: aggregate(percentileRule(true), lowest, {
    spark: call =>
      call.aggregate("percentile_disc", [arg(call, 1)], { after: sql` WITHIN GROUP (ORDER BY ${arg(call, 0)})` }),
  }),
  listagg: aggregate(takes([text, text], types.string, { optional: 1 }), listed, { stability: "unstable" }),
  /** `listagg(x, ',') WITHIN GROUP (ORDER BY key)`; the last argument is the direction. */
  listagg_by: aggregate(takes([text, text, orderable, text], types.string), listed, {
    spark: call =>
      call.aggregate("listagg", [arg(call, 0), arg(call, 1)], {
        after: sql` WITHIN GROUP (ORDER BY ${arg(call, 2)} ${orderWords(call)})`,
      }),
  }),
  percentile_approx: aggregate(percentileRule(false), "quantile_disc"),
  approx_count_distinct: aggregate(takes([any], types.int64), "approx_count_distinct"),
  covar_samp: aggregate(pairRule, "covar_samp"),
  covar_pop: aggregate(pairRule, "covar_pop"),
  regr_count: aggregate(pairRule64, call => castTo(call.aggregate("regr_count", call.args), types.int64)),
  mode: aggregate(takes([any], sameAsFirst), "mode", { stability: "unstable" }),
  max_by: aggregate(byRule, by("arg_max_null"), { stability: "unstable" }),
  min_by: aggregate(byRule, by("arg_min_null"), { stability: "unstable" }),
  grouping: aggregate(takes([any], types.int8), call => castTo(call.aggregate("grouping", call.args), types.int8)),
  grouping_id: aggregate(takes([any], types.int64, { optional: 1, variadic: true }), call =>
    castTo(call.aggregate("grouping", call.args), types.int64),
  ),
  bool_and: aggregate(takes([bool], types.boolean), "bool_and"),
  bool_or: aggregate(takes([bool], types.boolean), "bool_or"),
  bit_and: aggregate(bits, "bit_and"),
  bit_or: aggregate(bits, "bit_or"),
  bit_xor: aggregate(bits, "bit_xor"),
  collect_list: aggregate(takes([any], listOf), collect(false), { stability: "unstable" }),
  /** `sort_array(collect_list(struct))`; the last argument is whether it ascends. */
  collect_list_sorted: aggregate(takes([orderable, bool], listOf), collectSorted, {
    spark: call => sql`sort_array(${call.aggregate("collect_list", [arg(call, 0)])}, ${arg(call, 1)})`,
  }),
  collect_set: aggregate(takes([orderable], listOf), collect(true), { stability: "unstable" }),
  first: aggregate(takes([any], sameAsFirst), "first", { stability: "unstable" }),
  first_ignore_nulls: aggregate(takes([any], sameAsFirst), "any_value", {
    stability: "unstable",
    spark: call => call.aggregate("first", [arg(call, 0), sql`TRUE`]),
  }),
  last: aggregate(takes([any], sameAsFirst), "last", { stability: "unstable" }),
  last_ignore_nulls: aggregate(
    takes([any], sameAsFirst),
    call =>
      call.hasOver
        ? call.aggregate("last_value", [sql`${arg(call, 0)} IGNORE NULLS`])
        : call.aggregate("last", [arg(call, 0)], { where: sql`${arg(call, 0)} IS NOT NULL` }),
    { stability: "unstable", spark: call => call.aggregate("last", [arg(call, 0), sql`TRUE`]) },
  ),
  any_value: aggregate(takes([any], sameAsFirst), "first", { stability: "unstable" }),
} satisfies { readonly [name: string]: FunctionEntry }
