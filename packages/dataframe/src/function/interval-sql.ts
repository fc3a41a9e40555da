import type { Expression } from "../plan/expression.ts"
import * as types from "../schema/type-family.ts"
import { castTo } from "./duckdb-type.ts"
import type { PrintedCall, Resolution } from "./function-entry.ts"
import { castOf, implicitCast, mismatch } from "./implicit-cast.ts"
import { arg, input } from "./printed-call.ts"
import { argument, literalOf } from "./signature.ts"
import { numberLiteral, type Sql, sql } from "./sql-fragment.ts"

const dayMicros = 86_400_000_000n

/** `+` and `-` where a date, a timestamp or an interval takes part; undefined for numbers. */
export function dateArithmetic(operator: "+" | "-", args: readonly Expression[], name: string): Resolution | undefined {
  if (args.length !== 2) return undefined
  const [left, right] = [argument(args, 0), argument(args, 1)]
  const involved = (e: Expression) => types.isDatetime(e.type) || types.isInterval(e.type)
  if (!involved(left) && !involved(right)) return undefined
  if (operator === "+" && types.isDatetime(right.type) && !types.isDatetime(left.type)) {
    return dateArithmetic(operator, [right, left], name)
  }
  const resolution = types.isDatetime(left.type) ? movedTime(operator, left, right) : sumOfIntervals(left, right)
  if (!resolution) throw mismatch(name, args, "a date or timestamp cannot be combined with the other")
  return resolution
}

function movedTime(operator: "+" | "-", left: Expression, right: Expression): Resolution | undefined {
  if (right.type.kind === "year_month_interval") return { args: [left, right], type: left.type }
  if (right.type.kind === "day_time_interval") {
    const whole = left.type.kind === "date" && isWholeDays(right)
    const start = left.type.kind === "date" && !whole ? castOf(left, types.timestamp) : left
    return { args: [start, right], type: start.type }
  }
  if (left.type.kind === "date" && types.isIntegral(right.type) && right.type.kind !== "int64") {
    return { args: [left, castOf(right, types.int32)], type: types.date }
  }
  if (operator === "+") return undefined
  if (left.type.kind === "date" && right.type.kind === "date")
    return { args: [left, right], type: types.dayTimeInterval }
  const zoneless = left.type.kind !== "timestamp" && right.type.kind === "timestamp_ntz"
  const type =
    zoneless || (left.type.kind === "timestamp_ntz" && right.type.kind === "date")
      ? types.timestampNtz
      : types.timestamp
  const cast = [left, right].map(e => implicitCast(e, type))
  const [a, b] = cast
  return a && b ? { args: [a, b], type: types.dayTimeInterval } : undefined
}

function sumOfIntervals(left: Expression, right: Expression): Resolution | undefined {
  return left.type.kind === right.type.kind ? { args: [left, right], type: left.type } : undefined
}

function isWholeDays(interval: Expression): boolean {
  const value = literalOf(interval)
  return typeof value === "string" && BigInt(value) % dayMicros === 0n
}

/** DuckDB's form of what `dateArithmetic` has typed; undefined for numbers. */
export function intervalForm(operator: "+" | "-", call: PrintedCall): Sql | undefined {
  const [a, b] = [arg(call, 0), arg(call, 1)]
  const [left, right] = [input(call, 0).type.kind, input(call, 1).type.kind]
  const moved = (time: Sql, by: Sql) => (operator === "+" ? sql`(${time} + ${by})` : sql`(${time} - ${by})`)
  if (call.type.kind === "day_time_interval" && left !== "day_time_interval") {
    return sql`to_microseconds(${timeDifference(left, a, b)})`
  }
  if (left === "date") return right === "int32" ? moved(a, b) : castTo(moved(a, b), types.date)
  if (left === "timestamp_ntz") return moved(a, b)
  if (left !== "timestamp") return undefined
  const wall = sql`spark_wall(${a})`
  if (right === "year_month_interval") return sql`spark_wall_to_ts(${moved(wall, b)})`
  return movedInstant(operator, call, a, b)
}

/** Spark subtracts wall clocks, also of instants. */
function timeDifference(kind: string, a: Sql, b: Sql): Sql {
  if (kind === "date") return sql`CAST(${a} - ${b} AS BIGINT) * 86400000000`
  if (kind === "timestamp_ntz") return sql`epoch_us(${a}) - epoch_us(${b})`
  return sql`epoch_us(spark_wall(${a})) - epoch_us(spark_wall(${b}))`
}

/** Spark adds whole days to the wall clock, and the rest to the instant. */
function movedInstant(operator: "+" | "-", call: PrintedCall, a: Sql, b: Sql): Sql {
  const sign = operator === "+" ? sql`+` : sql`-`
  const value = literalOf(input(call, 1))
  if (typeof value !== "string") {
    const days = sql`to_days(CAST(epoch_us(${b}) // 86400000000 AS INTEGER))`
    const rest = sql`to_microseconds(epoch_us(${b}) % 86400000000)`
    return sql`(spark_wall_to_ts(spark_wall(${a}) ${sign} ${days}) ${sign} ${rest})`
  }
  const days = BigInt(value) / dayMicros
  const rest = BigInt(value) % dayMicros
  const whole = sql`to_days(CAST(${numberLiteral(days.toString())} AS INTEGER))`
  const day = days === 0n ? a : sql`spark_wall_to_ts(spark_wall(${a}) ${sign} ${whole})`
  return rest === 0n ? day : sql`(${day} ${sign} to_microseconds(CAST(${numberLiteral(rest.toString())} AS BIGINT)))`
}
