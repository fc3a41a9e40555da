import type { Expression } from "../plan/expression.ts"
import { commonType } from "../schema/common-type.ts"
import { decimal, decimalOfIntegral, decimalResult } from "../schema/decimal-type.ts"
import * as types from "../schema/type-family.ts"
import { decimalDiv, decimalDivide, decimalProduct, decimalSum } from "./decimal-sql.ts"
import { castTo } from "./duckdb-type.ts"
import { type FunctionEntry, type PrintedCall, scalar, type TypeRule } from "./function-entry.ts"
import { castOf, implicitCast, mismatch, unified } from "./implicit-cast.ts"
import { dateArithmetic, intervalForm } from "./interval-sql.ts"
import { orderedForm } from "./ordered-sql.ts"
import { arg, infix, input, onceEach, raise } from "./printed-call.ts"
import { alike, argument, bool, integral, literalOf, numeric, sameAsFirst, takes } from "./signature.ts"
import { type Sql, sql } from "./sql-fragment.ts"

type Arithmetic = "+" | "-" | "*" | "/" | "%"

/** A whole number literal beside a decimal takes as many digits as it has: `m + 1` adds a decimal(1,0). */
function asDecimal(input: Expression): Expression {
  const value = input.kind === "literal" ? input.value : undefined
  if (types.isIntegral(input.type) && (typeof value === "number" || typeof value === "string")) {
    const digits = String(value)
    return { kind: "literal", value: digits, type: decimal(digits.replace("-", "").length, 0) }
  }
  return types.isDecimal(input.type) ? input : castOf(input, decimalOfIntegral(input.type))
}

function operand(input: Expression, other: Expression, name: string, args: readonly Expression[]): Expression {
  if (input.type.kind === "string") {
    // A string beside a number is read as one; two strings are doubles.
    const type =
      other.type.kind === "string" || other.type.kind === "void" ? types.float64 : commonType(input.type, other.type)
    return castOf(input, type ?? types.float64)
  }
  if (types.isNumeric(input.type) || input.type.kind === "void") return input
  throw mismatch(name, args, "not all are numbers")
}

function arithmetic(operator: Arithmetic): TypeRule {
  return (args, name) => {
    const dates = operator === "+" || operator === "-" ? dateArithmetic(operator, args, name) : undefined
    if (dates) return dates
    if (args.length !== 2) throw mismatch(name, args, "there must be two")
    const left = operand(argument(args, 0), argument(args, 1), name, args)
    const right = operand(argument(args, 1), argument(args, 0), name, args)
    const floating = types.isFloating(left.type) || types.isFloating(right.type)
    if (!floating && (types.isDecimal(left.type) || types.isDecimal(right.type))) {
      const a = asDecimal(left)
      const b = asDecimal(right)
      if (!types.isDecimal(a.type) || !types.isDecimal(b.type)) throw mismatch(name, args, "not all are numbers")
      return { args: [a, b], type: decimalResult[operator === "-" ? "+" : operator](a.type, b.type) }
    }
    if (operator === "/")
      return { args: [castOf(left, types.float64), castOf(right, types.float64)], type: types.float64 }
    const cast = unified([left, right], name)
    const type = argument(cast, 0).type.kind === "void" ? types.float64 : argument(cast, 0).type
    return { args: cast.map(c => castOf(c, type)), type }
  }
}

/** Whether a divisor is a literal other than zero: then nothing has to be tested. */
function isNonZero(divisor: Expression): boolean {
  const value = literalOf(divisor)
  return value !== undefined && value !== null && Number(value) !== 0
}

/** Raises before a division by zero, which DuckDB answers with NULL or infinity. */
function guarded(call: PrintedCall, condition: string, form: (a: Sql, b: Sql) => Sql): Sql {
  if (isNonZero(input(call, 1))) return form(arg(call, 0), arg(call, 1))
  const failed = raise(condition, call.type)
  return onceEach(
    arg(call, 0),
    arg(call, 1),
    (a, b) => sql`CASE WHEN ${b} = 0 AND ${a} IS NOT NULL THEN ${failed} ELSE ${form(a, b)} END`,
  )
}

function plus(operator: "+" | "-") {
  const plain = infix(operator)
  return (call: PrintedCall) => {
    if (types.isDecimal(call.type)) return decimalSum(call, operator)
    return intervalForm(operator, call) ?? (typeof plain === "string" ? sql`` : plain(call))
  }
}

function modulo(call: PrintedCall): Sql {
  if (types.isDecimal(call.type)) return guarded(call, "DIVIDE_BY_ZERO", (a, b) => castTo(sql`${a} % ${b}`, call.type))
  if (types.isFloating(call.type)) return guarded(call, "DIVIDE_BY_ZERO", (a, b) => sql`(${a} % ${b})`)
  // The smallest number % -1 raises in DuckDB.
  const isMinusOne = Number(literalOf(input(call, 1))) === -1
  if (isNonZero(input(call, 1)) && !isMinusOne) return sql`(${arg(call, 0)} % ${arg(call, 1)})`
  const failed = raise("REMAINDER_BY_ZERO", call.type)
  return onceEach(
    arg(call, 0),
    arg(call, 1),
    (a, b) =>
      sql`CASE WHEN ${b} = 0 AND ${a} IS NOT NULL THEN ${failed} WHEN ${b} = -1 THEN ${a} - ${a} ELSE ${a} % ${b} END`,
  )
}

function division(call: PrintedCall): Sql {
  if (types.isDecimal(call.type)) return decimalDivision(call)
  return guarded(call, "DIVIDE_BY_ZERO", (a, b) => sql`(${a} / ${b})`)
}

/** Tests the divisor where it stands: DuckDB computes what is repeated once, but not within a CASE. */
function decimalDivision(call: PrintedCall): Sql {
  const divisor = input(call, 1)
  const failed = raise("DIVIDE_BY_ZERO", divisor.type)
  return onceEach(arg(call, 0), arg(call, 1), (a, b) => {
    const tested = sql`CASE WHEN ${b} = 0 AND ${a} IS NOT NULL THEN ${failed} ELSE ${b} END`
    return decimalDivide(a, isNonZero(divisor) ? b : tested, call)
  })
}

function wholeDivision(call: PrintedCall): Sql {
  return guarded(call, "DIVIDE_BY_ZERO", (a, b) =>
    types.isDecimal(input(call, 0).type) ? decimalDiv(a, b, call) : sql`(${castTo(a, types.int64)} // ${b})`,
  )
}

const divRule: TypeRule = (args, name) => {
  const { args: cast } = arithmetic("%")(args, name)
  if (types.isFloating(argument(cast, 0).type)) throw mismatch(name, args, "none may be a float or double")
  if (types.isDecimal(argument(cast, 0).type)) return { args: cast, type: types.int64 }
  return { args: cast.map(c => castOf(c, types.int64)), type: types.int64 }
}

const negateRule: TypeRule = (args, name) => {
  const [first] = args
  if (first && types.isInterval(first.type)) return { args, type: first.type }
  return takes([numeric], sameAsFirst)(args, name)
}

function comparison(operator: "=" | "<>" | "<" | "<=" | ">" | ">=") {
  const plain = infix(operator)
  const rule: TypeRule = (args, name) => {
    const resolved = alike(2, types.boolean)(args, name)
    if (args.length !== 2 || !types.isOrderable(argument(resolved.args, 0).type)) {
      throw mismatch(name, args, "two must be comparable; maps are not")
    }
    return resolved
  }
  return scalar(rule, call => orderedForm(operator, call) ?? (typeof plain === "string" ? sql`` : plain(call)), {
    spark: plain,
  })
}

const memberRule: TypeRule = (args, name) => {
  if (args.length < 2) throw mismatch(name, args, "there must be a value and a list that is not empty")
  return alike(2, types.boolean)(args, name)
}

const bits = (operator: Sql) => (call: PrintedCall) => sql`(${arg(call, 0)} ${operator} ${arg(call, 1)})`
const bitsRule: TypeRule = (args, name) => {
  for (const a of args) if (!implicitCast(a, types.int64)) throw mismatch(name, args, "all must be whole numbers")
  const cast = takes([integral, integral], types.int64)(args, name).args
  const same = unified(cast, name)
  return { args: same, type: argument(same, 0).type }
}

/** Arithmetic, comparison, logic. */
export const operators = {
  "+": scalar(arithmetic("+"), plus("+"), { spark: infix("+") }),
  "-": scalar(arithmetic("-"), plus("-"), { spark: infix("-") }),
  "*": scalar(
    arithmetic("*"),
    call => (types.isDecimal(call.type) ? decimalProduct(call) : sql`(${arg(call, 0)} * ${arg(call, 1)})`),
    { spark: infix("*") },
  ),
  "/": scalar(arithmetic("/"), division, { spark: call => sql`(${arg(call, 0)} / ${arg(call, 1)})` }),
  "%": scalar(arithmetic("%"), modulo, { spark: call => sql`(${arg(call, 0)} % ${arg(call, 1)})` }),
  div: scalar(divRule, wholeDivision, { revision: 2, spark: call => sql`(${arg(call, 0)} div ${arg(call, 1)})` }),
  negative: scalar(negateRule, call => sql`(-${arg(call, 0)})`),
  positive: scalar(negateRule, call => arg(call, 0)),
  "=": comparison("="),
  "<>": comparison("<>"),
  "<": comparison("<"),
  "<=": comparison("<="),
  ">": comparison(">"),
  ">=": comparison(">="),
  "<=>": scalar(alike(2, types.boolean), call => sql`(${arg(call, 0)} IS NOT DISTINCT FROM ${arg(call, 1)})`, {
    spark: call => sql`(${arg(call, 0)} <=> ${arg(call, 1)})`,
  }),
  and: scalar(takes([bool, bool], types.boolean), infix("AND"), { spark: infix("AND") }),
  or: scalar(takes([bool, bool], types.boolean), infix("OR"), { spark: infix("OR") }),
  not: scalar(takes([bool], types.boolean), call => sql`(NOT ${arg(call, 0)})`, {
    spark: call => sql`(NOT ${arg(call, 0)})`,
  }),
  in: scalar(memberRule, call => sql`(${arg(call, 0)} IN (${call.args.slice(1)}))`, {
    spark: call => sql`(${arg(call, 0)} IN (${call.args.slice(1)}))`,
  }),
  between: scalar(alike(3, types.boolean), call => sql`(${arg(call, 0)} BETWEEN ${arg(call, 1)} AND ${arg(call, 2)})`, {
    spark: call => sql`(${arg(call, 0)} BETWEEN ${arg(call, 1)} AND ${arg(call, 2)})`,
  }),
  "&": scalar(bitsRule, bits(sql`&`), { spark: bits(sql`&`) }),
  "|": scalar(bitsRule, bits(sql`|`), { spark: bits(sql`|`) }),
  "^": scalar(bitsRule, call => sql`xor(${call.args})`, { spark: bits(sql`^`) }),
  "~": scalar(takes([integral], sameAsFirst), call => sql`(~${arg(call, 0)})`, {
    spark: call => sql`(~${arg(call, 0)})`,
  }),
} satisfies { readonly [name: string]: FunctionEntry }
