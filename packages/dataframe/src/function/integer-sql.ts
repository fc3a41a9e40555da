import type { DataType } from "../schema/data-type.ts"
import * as types from "../schema/type-family.ts"
import { castTo } from "./duckdb-type.ts"
import type { PrintedCall } from "./function-entry.ts"
import { arg, input, once, onceEach, powerOfTen, raise } from "./printed-call.ts"
import { numberLiteral, type Sql, sql } from "./sql-fragment.ts"

/** How many bits a whole number has. */
function bitsOf(type: DataType): number {
  return { int8: 8, int16: 16, int32: 32 }[type.kind as string] ?? 64
}

/** The smallest number of a type, which is no literal: the sign of one is an operator. */
function smallest(type: DataType): Sql {
  return castTo(numberLiteral(String(-(2n ** BigInt(bitsOf(type) - 1)))), type)
}

function largest(type: DataType): Sql {
  return castTo(numberLiteral(String(2n ** BigInt(bitsOf(type) - 1) - 1n)), type)
}

/** `pmod(a, b)`. Java's sum of the remainder and b wraps around, and takes bytes and shorts as ints. */
export function integralPmod(call: PrintedCall): Sql {
  const wraps = call.type.kind === "int32" || call.type.kind === "int64"
  return onceEach(arg(call, 0), arg(call, 1), (a, b) => {
    const rest = sql`${a} % ${b}`
    const positive = sql`${rest} + ((${rest}) >> ${bitsOf(call.type) - 1} & ${b})`
    const least = smallest(call.type)
    const wrapped = sql`((${rest} - ${least}) + (${b} - ${least})) % ${b}`
    const negative = wraps ? sql`CASE WHEN ${rest} < ${least} - ${b} THEN ${wrapped} ELSE ${rest} END` : rest
    // The smallest number % -1 raises in DuckDB.
    const minusOne = sql`WHEN ${b} = -1 THEN ${a} - ${a}`
    const zero = sql`WHEN ${b} = 0 AND ${a} IS NOT NULL THEN ${raise("REMAINDER_BY_ZERO", call.type)}`
    return sql`CASE WHEN ${b} > 0 THEN ${positive} WHEN ${b} < -1 THEN ${negative} ${minusOne} ${zero} END`
  })
}

/** Java takes the last 5 bits of the distance, of a bigint the last 6. */
function distance(call: PrintedCall): Sql {
  return sql`(${arg(call, 1)} & ${bitsOf(call.type) - 1})`
}

export function shiftRight(call: PrintedCall): Sql {
  return sql`(${arg(call, 0)} >> ${distance(call)})`
}

/** Java lets bits fall off the end, where DuckDB raises: all bits but the sign's are kept from it, and the sign is set. */
export function shiftLeft(call: PrintedCall): Sql {
  const by = distance(call)
  return once(arg(call, 0), x => {
    const bits = sql`(${x} & (${largest(call.type)} >> ${by})) << ${by}`
    const sign = sql`-((${x} >> (${bitsOf(call.type) - 1} - ${by})) & 1) & ${smallest(call.type)}`
    return castTo(sql`(${bits}) | (${sign})`, call.type)
  })
}

/** Of 64 bits, as Java counts: those of a shorter negative number begin with ones. */
export function bitCount(call: PrintedCall): Sql {
  const { type } = input(call, 0)
  const bits = bitsOf(type)
  if (bits === 64) return castTo(sql`bit_count(${arg(call, 0)})`, types.int32)
  return once(arg(call, 0), x => castTo(sql`bit_count(${x}) + ((${x} >> ${bits - 1}) & ${64 - bits})`, types.int32))
}

/** Rounds a whole number to tens, hundreds, …: half up, away from zero, or half to even. */
export function roundIntegral(x: Sql, tens: number, type: DataType, half: "up" | "even"): Sql {
  if (tens > 19) return castTo(sql`${x} - ${x}`, type)
  const wide = sql`CAST(${x} AS ${numberType(tens)})`
  const unit = powerOfTen(tens)
  const middle = numberLiteral(`5${"0".repeat(tens - 1)}`)
  const rest = sql`${wide} % ${unit}`
  const isOdd = sql`${wide} // ${unit} % 2 <> 0`
  const beyond = (sign: Sql, compare: Sql) => {
    const bound = sql`${sign}${middle}`
    return half === "up"
      ? sql`${rest} ${compare}= ${bound}`
      : sql`${rest} ${compare} ${bound} OR (${rest} = ${bound} AND ${isOdd})`
  }
  const cut = sql`${wide} - ${rest}`
  const rounded = sql`CASE WHEN ${beyond(sql``, sql`>`)} THEN ${cut} + ${unit} WHEN ${beyond(sql`-`, sql`<`)} THEN ${cut} - ${unit} ELSE ${cut} END`
  return castTo(rounded, type)
}

/** 128 bits only where the unit needs them: DuckDB divides them bit by bit. */
function numberType(tens: number): Sql {
  return tens < 19 ? sql`BIGINT` : sql`HUGEINT`
}
