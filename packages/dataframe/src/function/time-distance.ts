import { unitMicros } from "../schema/time-units.ts"
import * as types from "../schema/type-family.ts"
import type { PrintedCall, TypeRule } from "./function-entry.ts"
import { arg, input, once, onceEach, unlessNull } from "./printed-call.ts"
import { argument, bigint, bool, day, instant, literalOf, requireText, takes, text, unsupported } from "./signature.ts"
import { invoke, keyword, type Sql, sql } from "./sql-fragment.ts"

// Distances of times: in months by the calendar, in days and less by the clock of the session's zone.

/** Two dates stay dates, which are cheaper to tell apart than the instants that they begin at. */
export const monthsRule: TypeRule = (args, name) => {
  const times = args.slice(0, 2).every(({ type }) => type.kind === "date") ? day : instant
  return takes([times, times, bool], types.float64, { optional: 1 })(args, name)
}

/** Whole months where the days agree or both are the last of their month, else by parts of 31 days. */
export function monthsBetween(call: PrintedCall): Sql {
  const rounds = call.inputs.length < 3 || literalOf(input(call, 2)) !== false
  const rounded = (months: Sql) => (rounds ? sql`floor((${months}) * 1e8 + 0.5e0) / 1e8` : sql`(${months})`)
  if (input(call, 0).type.kind === "date") {
    return onceEach(arg(call, 0), arg(call, 1), (a, b) =>
      monthsOfDays(sql`spark_day(${a})`, sql`spark_day(${b})`, rounded),
    )
  }
  const [a, b] = [sql`spark_wall(${arg(call, 0)})`, sql`spark_wall(${arg(call, 1)})`]
  const months = sql`((year(${a}) - year(${b})) * 12 + month(${a}) - month(${b}))`
  const isLast = (wall: Sql) => sql`CAST(${wall} AS DATE) = last_day(CAST(${wall} AS DATE))`
  const whole = sql`day(${a}) = day(${b}) OR (${isLast(a)} AND ${isLast(b)})`
  const [x, y] = [secondsOfDay(arg(call, 0), a), secondsOfDay(arg(call, 1), b)]
  const part = sql`${months} + CAST((day(${a}) - day(${b})) * 86400 + ${x} - ${y} AS DOUBLE) / 2678400`
  return sql`CASE WHEN ${whole} THEN CAST(${months} AS DOUBLE) ELSE ${rounded(part)} END`
}

function monthsOfDays(a: Sql, b: Sql, rounded: (months: Sql) => Sql): Sql {
  const months = sql`date_diff('month', ${b}, ${a})`
  const bothLast = sql`day(${a}) > 27 AND last_day(${a}) = ${a} AND last_day(${b}) = ${b}`
  return rounded(sql`${months} + CASE WHEN ${bothLast} THEN 0 ELSE day(${a}) - day(${b}) END / 31e0`)
}

/** By the instants, so that a day on which a clock is set has its true seconds. */
function secondsOfDay(ts: Sql, wall: Sql): Sql {
  return sql`((epoch_us(${ts}) - epoch_us(spark_wall_to_ts(date_trunc('day', ${wall})))) // 1000000)`
}

const months: { readonly [unit: string]: number } = { month: 1, quarter: 3, year: 12 }

function unitOf(args: PrintedCall["inputs"], name: string): string {
  const unit = requireText(args, 0, name, "unit").toLowerCase()
  if (Object.hasOwn(unitMicros, unit) || Object.hasOwn(months, unit)) return unit
  throw unsupported(
    name,
    `'${unit}' is no unit of time.`,
    `Use one of ${Object.keys({ ...unitMicros, ...months }).join(", ")}.`,
  )
}

export const addRule: TypeRule = (args, name) => {
  const cast = takes([text, bigint, instant], types.timestamp)(args, name)
  unitOf(cast.args, name)
  return cast
}

/** Days and more are those of the calendar, less is time that passes. */
export function addUnits(call: PrintedCall): Sql {
  const unit = unitOf(call.inputs, "timestampadd")
  const [count, ts] = [arg(call, 1), arg(call, 2)]
  const size = unitMicros[unit]
  if (size !== undefined && unit !== "day" && unit !== "week") {
    return unlessNull(call, sql`make_timestamptz(epoch_us(${ts}) + ${count} * ${size})`)
  }
  const [to, times] =
    unit === "day" || unit === "week" ? ["to_days", unit === "day" ? 1 : 7] : ["to_months", months[unit] ?? 1]
  return sql`spark_wall_to_ts(spark_wall(${ts}) + ${keyword(String(to))}(CAST(${count} * ${Number(times)} AS INTEGER)))`
}

export const diffRule: TypeRule = (args, name) => {
  const cast = takes([text, instant, instant], types.int64)(args, name)
  unitOf(cast.args, name)
  return { ...cast, args: [argument(cast.args, 0), argument(cast.args, 1), argument(cast.args, 2)] }
}

/** Whole units from the first to the second, by the clock of the session's zone. */
export function unitsBetween(call: PrintedCall): Sql {
  const unit = unitOf(call.inputs, "timestampdiff")
  const [a, b] = [sql`spark_wall(${arg(call, 1)})`, sql`spark_wall(${arg(call, 2)})`]
  const size = unitMicros[unit]
  if (size !== undefined && unit !== "day" && unit !== "week") {
    return sql`(epoch_us(${b}) - epoch_us(${a})) // ${size}`
  }
  const date = (wall: Sql) => sql`CAST(${wall} AS DATE)`
  const time = (wall: Sql) => sql`CAST(${wall} AS TIME)`
  // A day that is not over by the clock is taken back.
  const back = sql`CASE WHEN ${date(b)} > ${date(a)} AND ${time(b)} < ${time(a)} THEN -1 WHEN ${date(b)} < ${date(a)} AND ${time(b)} > ${time(a)} THEN 1 ELSE 0 END`
  const last = sql`(${date(b)} + ${back})`
  if (size !== undefined) {
    return sql`CAST((${last} - ${date(a)}) AS BIGINT) // ${unit === "week" ? 7 : 1}`
  }
  const packed = (days: Sql) => once(days, d => sql`((year(${d}) * 12 + month(${d})) * 32 + day(${d}))`)
  return sql`CAST((${packed(last)} - ${packed(date(a))}) // 32 AS BIGINT) // ${months[unit] ?? 1}`
}

/** Spark has the unit as a word, not as a text. */
export function withUnit(name: string) {
  return (call: PrintedCall): Sql =>
    invoke(name, keyword(unitOf(call.inputs, name).toUpperCase()), ...call.args.slice(1))
}
