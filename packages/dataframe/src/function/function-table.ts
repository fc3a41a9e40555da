import { aggregates } from "./aggregate.ts"
import { arrayShapes } from "./array-shape.ts"
import { conditional } from "./conditional.ts"
import { formatFunctions } from "./format.ts"
import type { FunctionEntry } from "./function-entry.ts"
import { higherOrder } from "./higher-order.ts"
import { jsonFunctions } from "./json.ts"
import { mapFunctions } from "./map.ts"
import { math } from "./math.ts"
import { nestedFunctions } from "./nested.ts"
import { operators } from "./operators.ts"
import { randomFunctions } from "./random.ts"
import { statistics } from "./statistics.ts"
import { textFunctions } from "./text.ts"
import { timeFunctions } from "./time.ts"
import { windowFunctions } from "./window.ts"

/**
 * Every function of the plan, by its Spark name: what it takes and gives, whether it may be reused, and how each
 * engine spells it. To add a function, add a row to the file of its category.
 */
export const functionTable = {
  ...operators,
  ...conditional,
  ...math,
  ...textFunctions,
  ...timeFunctions,
  ...nestedFunctions,
  ...arrayShapes,
  ...mapFunctions,
  ...higherOrder,
  ...randomFunctions,
  ...jsonFunctions,
  ...formatFunctions,
  ...aggregates,
  ...statistics,
  ...windowFunctions,
} satisfies { readonly [name: string]: FunctionEntry }

/** The name of a row. */
export type FunctionName = keyof typeof functionTable

/** Spark's other names for a function. The plan keeps one, so that a spelling changes no fingerprint. */
export const aliases: { readonly [alias: string]: FunctionName | "current_timestamp" } = {
  "==": "=",
  "!=": "<>",
  eqnullsafe: "<=>",
  mod: "%",
  substr: "substring",
  ucase: "upper",
  lcase: "lower",
  char_length: "length",
  character_length: "length",
  power: "pow",
  sign: "signum",
  ceiling: "ceil",
  day: "dayofmonth",
  dateadd: "date_add",
  date_diff: "datediff",
  now: "current_timestamp",
  regexp: "rlike",
  regexp_like: "rlike",
  stddev_samp: "stddev",
  std: "stddev",
  mean: "avg",
  char: "chr",
  approx_percentile: "percentile_approx",
  array_size: "size",
  cardinality: "size",
  var_samp: "variance",
  every: "bool_and",
  some: "bool_or",
  array_agg: "collect_list",
  reduce: "aggregate",
  printf: "format_string",
  string_agg: "listagg",
  first_value: "first",
  first_value_ignore_nulls: "first_ignore_nulls",
  last_value: "last",
  last_value_ignore_nulls: "last_ignore_nulls",
}
