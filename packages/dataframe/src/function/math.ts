import type { Expression } from "../plan/expression.ts"
import type { DataType } from "../schema/data-type.ts"
import { boundedDecimal, decimal, decimalOfIntegral, roundedDecimal } from "../schema/decimal-type.ts"
import * as types from "../schema/type-family.ts"
import { castTo } from "./duckdb-type.ts"
import { type FunctionEntry, type PrintedCall, type ScalarForm, scalar, type TypeRule } from "./function-entry.ts"
import { castOf } from "./implicit-cast.ts"
import { bitCount, integralPmod, shiftLeft, shiftRight } from "./integer-sql.ts"
import { arg, input, once, raise, unlessNull } from "./printed-call.ts"
import { halfEvenWhole, roundCall, roundHalfEvenCall, roundToward } from "./round-sql.ts"
import {
  alike,
  argument,
  bigint,
  double,
  int,
  integral,
  literalOf,
  numeric,
  requireInteger,
  sameAsFirst,
  takes,
  typeOf,
} from "./signature.ts"
import { invoke, type Sql, sql } from "./sql-fragment.ts"

const toDouble = takes([double], types.float64)

const roundRule: TypeRule = (args, name) => {
  const { args: cast } = takes([numeric, int], sameAsFirst, { optional: 1 })(args, name)
  const digits = cast.length > 1 ? requireInteger(cast, 1, name, "number of digits") : 0
  const type = typeOf(cast, 0)
  return { args: cast, type: types.isDecimal(type) ? roundedDecimal(type, digits) : type }
}

/** Spark's decimal for a number that a function takes as a decimal. */
function decimalFor(type: DataType): DataType {
  if (type.kind === "float32") return decimal(14, 7)
  if (type.kind === "float64") return decimal(30, 15)
  return types.isDecimal(type) ? type : decimalOfIntegral(type)
}

/** `ceil` and `floor`: a bigint, or a decimal for decimals and wherever digits are given. */
const towardRule: TypeRule = (args, name) => {
  const { args: cast } = takes([numeric, int], sameAsFirst, { optional: 1 })(args, name)
  const first = argument(cast, 0)
  if (cast.length === 1) {
    const type = first.type
    return {
      args: cast,
      type: types.isDecimal(type) ? boundedDecimal(type.precision - type.scale + 1, 0) : types.int64,
    }
  }
  const digits = requireInteger(cast, 1, name, "number of digits")
  const exact = castOf(first, decimalFor(first.type))
  const type = types.isDecimal(exact.type) ? roundedDecimal(exact.type, digits) : exact.type
  return { args: [exact, argument(cast, 1)], type }
}

/** The function where `valid` holds, else `otherwise`: DuckDB raises outside of the domain, Spark answers. */
function domain(name: string, valid: (x: Sql) => Sql, otherwise: Sql): ScalarForm {
  return call => sql`CASE WHEN ${valid(arg(call, 0))} THEN ${otherwise} ELSE ${invoke(name, arg(call, 0))} END`
}

const nan = sql`CAST('NaN' AS DOUBLE)`
const infinite = (x: Sql) => sql`isinf(${x})`
const notPositive = (x: Sql) => sql`${x} <= 0`
const outsideOne = (x: Sql) => sql`${x} < -1 OR ${x} > 1`

function signum(call: PrintedCall): Sql {
  const x = arg(call, 0)
  const source = input(call, 0)
  if (source.kind === "cast" && !types.isFloating(source.input.type)) return castTo(invoke("sign", x), types.float64)
  return sql`CASE WHEN isnan(${x}) OR ${x} = 0 THEN ${x} ELSE CAST(sign(${x}) AS DOUBLE) END`
}

function power(call: PrintedCall): Sql {
  const [a, b] = [arg(call, 0), arg(call, 1)]
  if (literalOf(input(call, 1)) !== undefined && Number.isFinite(Number(literalOf(input(call, 1)))))
    return invoke("pow", a, b)
  return sql`CASE WHEN isnan(${b}) OR (abs(${a}) = 1 AND isinf(${b})) THEN ${nan} ELSE pow(${a}, ${b}) END`
}

function positiveRemainder(call: PrintedCall): Sql {
  if (types.isIntegral(call.type)) return integralPmod(call)
  const [a, b] = [arg(call, 0), arg(call, 1)]
  const zero = raise("DIVIDE_BY_ZERO", call.type)
  return sql`CASE WHEN ${b} = 0 AND ${a} IS NOT NULL THEN ${zero} WHEN ${a} % ${b} < 0 THEN ${castTo(sql`(${a} % ${b} + ${b}) % ${b}`, call.type)} ELSE ${castTo(sql`${a} % ${b}`, call.type)} END`
}

function tryOf(operator: Sql): ScalarForm {
  return call => sql`TRY(${arg(call, 0)} ${operator} ${arg(call, 1)})`
}

const twoIntegrals: TypeRule = (args, name) => {
  const cast = takes([integral, integral], types.int64)(args, name).args
  return alike(2, "same")(cast, name)
}

const logRule = takes([double, double], types.float64, { optional: 1 })

function absolute(args: readonly Expression[]): DataType {
  return typeOf(args, 0)
}

const shiftRule: TypeRule = (args, name) => {
  const [value, by] = args
  if (!value || !by || args.length !== 2) return takes([integral, int], sameAsFirst)(args, name)
  const wide = value.type.kind === "int64" ? value : argument(takes([int], types.int32)([value], name).args, 0)
  return { args: [wide, argument(takes([int], types.int32)([by], name).args, 0)], type: wide.type }
}

/** The number of the bucket of an even division of a range: 0 below it, one more than there are above. */
function bucket(call: PrintedCall): Sql {
  const [x, low, high, count] = [arg(call, 0), arg(call, 1), arg(call, 2), arg(call, 3)]
  const up = sql`WHEN ${x} < ${low} THEN CAST(0 AS BIGINT) WHEN ${x} >= ${high} THEN ${count} + 1 ELSE CAST(floor((${x} - ${low}) * ${count} / (${high} - ${low})) AS BIGINT) + 1`
  const down = sql`WHEN ${x} > ${low} THEN CAST(0 AS BIGINT) WHEN ${x} <= ${high} THEN ${count} + 1 ELSE CAST(floor((${low} - ${x}) * ${count} / (${low} - ${high})) AS BIGINT) + 1`
  const senseless = sql`isnan(${x}) OR NOT isfinite(${low}) OR NOT isfinite(${high}) OR ${low} = ${high} OR ${count} <= 0`
  return unlessNull(
    call,
    sql`CASE WHEN ${senseless} THEN NULL WHEN ${low} < ${high} THEN CASE ${up} END ELSE CASE ${down} END END`,
  )
}

/** Numbers. */
export const math = {
  shiftleft: scalar(shiftRule, shiftLeft),
  shiftright: scalar(shiftRule, shiftRight),
  bround: scalar(roundRule, roundHalfEvenCall, { revision: 3 }),
  width_bucket: scalar(takes([double, double, double, bigint], types.int64), bucket),
  abs: scalar(takes([numeric], absolute), "abs"),
  round: scalar(roundRule, roundCall, { revision: 2 }),
  ceil: scalar(towardRule, call => roundToward("ceil", call)),
  floor: scalar(towardRule, call => roundToward("floor", call)),
  rint: scalar(toDouble, call => once(arg(call, 0), x => halfEvenWhole(x)), { revision: 2 }),
  signum: scalar(toDouble, signum),
  sqrt: scalar(
    toDouble,
    domain("sqrt", x => sql`${x} < 0`, nan),
  ),
  cbrt: scalar(toDouble, "cbrt"),
  exp: scalar(toDouble, "exp"),
  ln: scalar(toDouble, domain("ln", notPositive, sql`NULL`)),
  log10: scalar(toDouble, domain("log10", notPositive, sql`NULL`)),
  log2: scalar(toDouble, domain("log2", notPositive, sql`NULL`)),
  log: scalar(logRule, call => {
    const [a, b] = [arg(call, 0), call.args[1]]
    if (!b) return sql`CASE WHEN ${a} <= 0 THEN NULL ELSE ln(${a}) END`
    return sql`CASE WHEN ${a} <= 0 OR ${b} <= 0 THEN NULL ELSE ln(${b}) / ln(${a}) END`
  }),
  log1p: scalar(toDouble, call =>
    once(
      arg(call, 0),
      x =>
        sql`CASE WHEN ${x} <= -1 THEN NULL WHEN isinf(${x}) THEN ${x} WHEN 1 + ${x} = 1 THEN ${x} ELSE ln(1 + ${x}) * ${x} / ((1 + ${x}) - 1) END`,
    ),
  ),
  expm1: scalar(toDouble, call =>
    once(
      arg(call, 0),
      x =>
        sql`CASE WHEN exp(${x}) = 1 THEN ${x} WHEN exp(${x}) - 1 = -1 THEN CAST(-1 AS DOUBLE) WHEN isinf(exp(${x})) THEN exp(${x}) WHEN abs(${x}) > 1 THEN exp(${x}) - 1 ELSE (exp(${x}) - 1) * ${x} / ln(exp(${x})) END`,
    ),
  ),
  hypot: scalar(takes([double, double], types.float64), call => {
    const [a, b] = [sql`abs(${arg(call, 0)})`, sql`abs(${arg(call, 1)})`]
    const most = sql`greatest(${a}, ${b})`
    return sql`CASE WHEN ${a} IS NULL OR ${b} IS NULL THEN NULL WHEN isinf(${a}) OR isinf(${b}) THEN CAST('Infinity' AS DOUBLE) WHEN isnan(${a}) OR isnan(${b}) THEN ${nan} WHEN ${most} = 0 THEN CAST(0 AS DOUBLE) ELSE ${most} * sqrt(1 + pow(least(${a}, ${b}) / ${most}, 2)) END`
  }),
  asinh: scalar(toDouble, call =>
    once(
      arg(call, 0),
      x =>
        sql`CASE WHEN isinf(${x}) OR ${x} > 1e100 THEN asinh(${x}) WHEN ${x} + sqrt(${x} * ${x} + 1) = 0 THEN CAST('-Infinity' AS DOUBLE) ELSE ln(${x} + sqrt(${x} * ${x} + 1)) END`,
    ),
  ),
  acosh: scalar(
    toDouble,
    domain("acosh", x => sql`${x} < 1`, nan),
  ),
  atanh: scalar(toDouble, call =>
    once(
      arg(call, 0),
      x =>
        sql`CASE WHEN ${outsideOne(x)} THEN ${nan} WHEN ${x} = -1 THEN CAST('-Infinity' AS DOUBLE) ELSE atanh(${x}) END`,
    ),
  ),
  cot: scalar(toDouble, call =>
    once(arg(call, 0), x => sql`CASE WHEN isinf(${x}) THEN ${nan} WHEN ${x} = 0 THEN 1 / ${x} ELSE 1 / tan(${x}) END`),
  ),
  pow: scalar(takes([double, double], types.float64), power),
  pmod: scalar(twoNumbers, positiveRemainder, { revision: 2 }),
  sin: scalar(toDouble, domain("sin", infinite, nan)),
  cos: scalar(toDouble, domain("cos", infinite, nan)),
  tan: scalar(toDouble, domain("tan", infinite, nan)),
  asin: scalar(toDouble, domain("asin", outsideOne, nan)),
  acos: scalar(toDouble, domain("acos", outsideOne, nan)),
  atan: scalar(toDouble, "atan"),
  sinh: scalar(toDouble, "sinh"),
  cosh: scalar(toDouble, "cosh"),
  tanh: scalar(toDouble, "tanh"),
  atan2: scalar(
    takes([double, double], types.float64),
    call => sql`atan2(${arg(call, 0)} + 0.0::DOUBLE, ${arg(call, 1)} + 0.0::DOUBLE)`,
  ),
  degrees: scalar(toDouble, "degrees"),
  radians: scalar(toDouble, "radians"),
  pi: scalar(takes([], types.float64), "pi"),
  e: scalar(takes([], types.float64), () => sql`exp(CAST(1 AS DOUBLE))`),
  factorial: scalar(
    takes([int], types.int64),
    call => sql`CASE WHEN ${arg(call, 0)} BETWEEN 0 AND 20 THEN CAST(factorial(${arg(call, 0)}) AS BIGINT) END`,
  ),
  bit_count: scalar(takes([integral], types.int32), bitCount),
  bin: scalar(takes([integral], types.string), "bin"),
  try_add: scalar(twoIntegrals, tryOf(sql`+`)),
  try_subtract: scalar(twoIntegrals, tryOf(sql`-`)),
  try_multiply: scalar(twoIntegrals, tryOf(sql`*`)),
  try_divide: scalar(
    takes([double, double], types.float64),
    call => sql`CASE WHEN ${arg(call, 1)} <> 0 THEN ${arg(call, 0)} / ${arg(call, 1)} END`,
  ),
  try_mod: scalar(
    twoIntegrals,
    call =>
      sql`CASE WHEN ${arg(call, 1)} = 0 THEN NULL WHEN ${arg(call, 1)} = -1 THEN ${arg(call, 0)} - ${arg(call, 0)} ELSE ${arg(call, 0)} % ${arg(call, 1)} END`,
  ),
} satisfies { readonly [name: string]: FunctionEntry }

function twoNumbers(args: readonly Expression[], name: string) {
  const cast = takes([numeric, numeric], types.float64)(args, name).args
  return alike(2, "same")(cast, name)
}
