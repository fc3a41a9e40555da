import { decimal } from "../schema/decimal-type.ts"
import * as types from "../schema/type-family.ts"
import { castTo } from "./duckdb-type.ts"
import { type FunctionEntry, type PrintedCall, type ScalarForm, scalar, type TypeRule } from "./function-entry.ts"
import { implicitCast } from "./implicit-cast.ts"
import { arg, input, raise, unlessNull } from "./printed-call.ts"
import {
  bigint,
  day,
  instant,
  int,
  integral,
  literalOf,
  type Parameter,
  requireText,
  takes,
  text,
  time,
  wallClock,
} from "./signature.ts"
import { invoke, isNullText, join, keyword, type Sql, sql, textLiteral } from "./sql-fragment.ts"
import { addRule, addUnits, diffRule, monthsBetween, monthsRule, unitsBetween, withUnit } from "./time-distance.ts"
import { type FormatPiece, timeFormat, timePattern } from "./time-pattern.ts"
import { instantIn, wallIn } from "./zone-offset.ts"

/** Seconds with microseconds. */
const seconds: Parameter = {
  label: "seconds",
  accept: e => implicitCast(e, decimal(16, 6)) ?? implicitCast(e, types.float64),
}

const partOfDay = takes([wallClock], types.int32)
const partOfDate = takes([time], types.int32)

/** A part of the wall clock: of an instant by the session's time zone. DuckDB counts in BIGINT. */
function part(name: string): ScalarForm {
  return call => castTo(invoke(name, wallClockOf(call)), types.int32)
}

function wallClockOf(call: PrintedCall): Sql {
  return input(call, 0).type.kind === "timestamp" ? sql`spark_wall(${arg(call, 0)})` : arg(call, 0)
}

/** Spark's units of `date_trunc`, as DuckDB names them. */
const truncUnits: { readonly [unit: string]: string } = {
  year: "year",
  yyyy: "year",
  yy: "year",
  quarter: "quarter",
  month: "month",
  mm: "month",
  mon: "month",
  week: "week",
  day: "day",
  dd: "day",
  hour: "hour",
  minute: "minute",
  second: "second",
  millisecond: "millisecond",
  microsecond: "microsecond",
}

const unitMicros: { readonly [unit: string]: number } = { hour: 3_600_000_000, minute: 60_000_000 }

const dateUnits = ["year", "quarter", "month", "week"]
const dayUnits = [...dateUnits, "day"]

/** A date stays one where it need not be an instant first. */
const truncRule: TypeRule = (args, name) => {
  const unit = args[0] && truncUnits[String(literalOf(args[0])).toLowerCase()]
  const time = args[1]?.type.kind === "date" && dayUnits.includes(unit ?? "") ? day : instant
  const resolution = takes([text, time], types.timestamp)(args, name)
  requireText(resolution.args, 0, name, "unit")
  return resolution
}

/** A unit that Spark does not know gives null. A wall clock that occurs twice is the first. */
function dateTrunc(call: PrintedCall): Sql {
  const unit = truncUnits[requireText(call.inputs, 0, "date_trunc", "unit").toLowerCase()]
  const ts = arg(call, 1)
  if (!unit) return castTo(sql`NULL`, call.type)
  if (input(call, 1).type.kind === "date")
    return sql`spark_wall_to_ts(CAST(date_trunc(${textLiteral(unit)}, spark_day(${ts})) AS TIMESTAMP))`
  if (unit.endsWith("second")) return sql`date_trunc(${textLiteral(unit)}, ${ts})`
  const wall = sql`spark_wall(${ts})`
  const micros = unitMicros[unit]
  if (micros !== undefined) {
    return sql`make_timestamptz(epoch_us(${ts}) - ((epoch_us(${wall}) % ${micros}) + ${micros}) % ${micros})`
  }
  if (unit === "day") return sql`spark_trunc_day(${ts})`
  return sql`spark_wall_to_ts(date_trunc(${textLiteral(unit)}, ${wall}))`
}

function trunc(call: PrintedCall): Sql {
  const unit = truncUnits[requireText(call.inputs, 1, "trunc", "unit").toLowerCase()] ?? ""
  if (!dateUnits.includes(unit)) return castTo(sql`NULL`, types.date)
  return castTo(sql`date_trunc(${textLiteral(unit)}, ${arg(call, 0)})`, types.date)
}

const dayNames = ["mo", "tu", "we", "th", "fr", "sa", "su"]

function nextDay(call: PrintedCall): Sql {
  const name = requireText(call.inputs, 1, "next_day", "day").trim().toLowerCase()
  const full = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
  const index = full.findIndex((f, i) => name === f || name === f.slice(0, 3) || name === dayNames[i])
  if (index === -1) return raise("ILLEGAL_DAY_OF_WEEK", types.date)
  return sql`(${arg(call, 0)} + CAST((${index + 1} - isodow(${arg(call, 0)}) + 6) % 7 + 1 AS INTEGER))`
}

const withFormat = (rule: TypeRule): TypeRule => {
  return (args, name) => {
    const resolution = rule(args, name)
    timePattern(requireText(resolution.args, 1, name, "format"), name)
    return resolution
  }
}

/** Parses a text by a format of Java; one that does not fit raises, or gives null. */
function parsed(name: string, mode: "raise" | "null"): ScalarForm {
  return call => {
    const s = arg(call, 0)
    const { regex, format } = timePattern(requireText(call.inputs, 1, name, "format"), name)
    const strptime = mode === "raise" ? keyword("strptime") : keyword("try_strptime")
    const wall = sql`${strptime}(${s}, ${textLiteral(format)})`
    const value = call.type.kind === "date" ? castTo(wall, types.date) : sql`spark_wall_to_ts(${wall})`
    const failed = mode === "raise" ? raise("CANNOT_PARSE_TIMESTAMP", call.type) : sql`NULL`
    return sql`CASE WHEN ${isNullText(s)} THEN NULL WHEN regexp_full_match(${s}, ${textLiteral(regex)}) THEN ${value} ELSE ${failed} END`
  }
}

const formatRule: TypeRule = (args, name) => {
  const resolution = takes([instant, text], types.string)(args, name)
  timeFormat(requireText(resolution.args, 1, name, "format"), name)
  return resolution
}

/** `date_format`: years of four digits go to DuckDB as they are; Java writes others with a sign, or by their era. */
function dateFormat(call: PrintedCall): Sql {
  const pieces = timeFormat(requireText(call.inputs, 1, "date_format", "format"), "date_format")
  const ts = arg(call, 0)
  const wall = sql`spark_wall(${ts})`
  const short = formatted(pieces, ts, wall, true)
  if (!pieces.some(p => "letters" in p && p.letters === "yyyy")) return short
  const fits = sql`${wall} >= TIMESTAMP '0001-01-01' AND ${wall} < TIMESTAMP '10000-01-01'`
  return sql`CASE WHEN ${fits} THEN ${short} ELSE ${formatted(pieces, ts, wall, false)} END`
}

function formatted(pieces: readonly FormatPiece[], ts: Sql, wall: Sql, shortYears: boolean): Sql {
  const parts: Sql[] = []
  let run = ""
  const flush = () => {
    if (run !== "") parts.push(sql`strftime(${wall}, ${textLiteral(run)})`)
    run = ""
  }
  for (const piece of pieces) {
    if ("strftime" in piece) run += piece.strftime
    else if (piece.letters === "yyyy" && shortYears) run += "%Y"
    else {
      flush()
      parts.push(computedPiece(piece.letters, ts, wall))
    }
  }
  flush()
  if (parts.length === 0) return sql`CASE WHEN ${ts} IS NOT NULL THEN '' END`
  return parts.length === 1 ? (parts[0] ?? sql`''`) : sql`(${join(parts, sql` || `)})`
}

function computedPiece(letters: "yyyy" | "y" | "Q" | "XXX" | "VV", ts: Sql, wall: Sql): Sql {
  const ofEra = sql`CASE WHEN year(${wall}) > 0 THEN year(${wall}) ELSE 1 - year(${wall}) END`
  switch (letters) {
    case "y":
      return sql`CAST(${ofEra} AS VARCHAR)`
    case "yyyy":
      return sql`CASE WHEN year(${wall}) > 9999 THEN '+' || CAST(year(${wall}) AS VARCHAR) ELSE lpad(CAST(${ofEra} AS VARCHAR), 4, '0') END`
    case "Q":
      return sql`CAST(quarter(${wall}) AS VARCHAR)`
    case "VV":
      return sql`CASE WHEN ${ts} IS NOT NULL THEN current_setting('TimeZone') END`
    case "XXX":
      return sql`spark_offset_text((epoch_us(${wall}) - epoch_us(${ts})) // 1000000)`
  }
}

const zoneless: Parameter = {
  label: "a timestamp without a zone",
  accept: e => implicitCast(e, types.timestampNtz),
}

/** DuckDB cuts toward zero. */
const floorDivide = (micros: Sql, by: number) =>
  sql`CASE WHEN ${micros} < 0 THEN (${micros} - ${by - 1}) // ${by} ELSE ${micros} // ${by} END`

/** Dates and timestamps. */
export const timeFunctions = {
  year: scalar(partOfDate, part("year")),
  quarter: scalar(partOfDate, part("quarter")),
  month: scalar(partOfDate, part("month")),
  weekofyear: scalar(partOfDate, part("weekofyear")),
  dayofmonth: scalar(partOfDate, part("day")),
  dayofyear: scalar(partOfDate, part("dayofyear")),
  dayofweek: scalar(partOfDate, call => sql`CAST(dayofweek(${wallClockOf(call)}) + 1 AS INTEGER)`),
  weekday: scalar(partOfDate, call => sql`CAST(isodow(${wallClockOf(call)}) - 1 AS INTEGER)`),
  hour: scalar(partOfDay, part("hour")),
  minute: scalar(partOfDay, part("minute")),
  second: scalar(partOfDay, part("second")),
  date_part_second: scalar(
    takes([wallClock], { kind: "decimal", precision: 8, scale: 6 }),
    call =>
      sql`CAST(CAST(extract(microsecond FROM ${wallClockOf(call)}) AS DECIMAL(8,0)) * CAST(0.000001 AS DECIMAL(6,6)) AS DECIMAL(8,6))`,
    { spark: call => sql`date_part('SECOND', ${arg(call, 0)})` },
  ),
  dayname: scalar(takes([time], types.string), call => sql`left(dayname(${wallClockOf(call)}), 3)`),
  monthname: scalar(takes([time], types.string), call => sql`left(monthname(${wallClockOf(call)}), 3)`),
  date_trunc: scalar(truncRule, dateTrunc),
  trunc: scalar(takes([day, text], types.date), trunc),
  date_add: scalar(takes([day, int], types.date), call => sql`(${arg(call, 0)} + ${arg(call, 1)})`),
  date_sub: scalar(takes([day, int], types.date), call => sql`(${arg(call, 0)} - ${arg(call, 1)})`),
  datediff: scalar(takes([day, day], types.int32), call => sql`CAST(${arg(call, 0)} - ${arg(call, 1)} AS INTEGER)`),
  add_months: scalar(
    takes([day, int], types.date),
    call => sql`CAST(${arg(call, 0)} + to_months(${arg(call, 1)}) AS DATE)`,
  ),
  last_day: scalar(takes([day], types.date), "last_day"),
  next_day: scalar(takes([day, text], types.date), nextDay),
  to_date_format: scalar(withFormat(takes([text, text], types.date)), parsed("to_date", "raise"), { spark: "to_date" }),
  try_to_date_format: scalar(withFormat(takes([text, text], types.date)), parsed("try_to_date", "null"), {
    spark: "try_to_date",
  }),
  to_timestamp_format: scalar(withFormat(takes([text, text], types.timestamp)), parsed("to_timestamp", "raise"), {
    spark: "to_timestamp",
  }),
  try_to_timestamp_format: scalar(
    withFormat(takes([text, text], types.timestamp)),
    parsed("try_to_timestamp", "null"),
    {
      spark: "try_to_timestamp",
    },
  ),
  date_format: scalar(formatRule, dateFormat),
  unix_timestamp: scalar(takes([instant], types.int64), call => sql`(epoch_us(${arg(call, 0)}) // 1000000)`),
  from_unixtime: scalar(takes([bigint], types.string), call => {
    const wall = sql`spark_wall(make_timestamptz(${arg(call, 0)} * 1000000))`
    return sql`((CASE WHEN year(${wall}) > 9999 THEN '+' ELSE '' END) || strftime(${wall}, '%Y-%m-%d %H:%M:%S'))`
  }),
  from_utc_timestamp: scalar(
    takes([instant, text], types.timestamp),
    call => sql`timezone('UTC', ${wallIn(call, 1, arg(call, 0))})`,
  ),
  to_utc_timestamp: scalar(takes([instant, text], types.timestamp), call =>
    instantIn(call, 1, sql`timezone('UTC', ${arg(call, 0)})`),
  ),
  convert_timezone: scalar(takes([text, text, zoneless], types.timestampNtz), call =>
    wallIn(call, 1, instantIn(call, 0, arg(call, 2))),
  ),
  unix_seconds: scalar(takes([instant], types.int64), call => floorDivide(sql`epoch_us(${arg(call, 0)})`, 1_000_000)),
  unix_millis: scalar(takes([instant], types.int64), call => floorDivide(sql`epoch_us(${arg(call, 0)})`, 1000)),
  unix_micros: scalar(takes([instant], types.int64), "epoch_us"),
  unix_date: scalar(takes([day], types.int32), call => sql`CAST(${arg(call, 0)} - DATE '1970-01-01' AS INTEGER)`),
  date_from_unix_date: scalar(takes([int], types.date), call => sql`(DATE '1970-01-01' + ${arg(call, 0)})`),
  timestamp_seconds: scalar(
    takes([integral], types.timestamp),
    call => sql`make_timestamptz(CAST(${arg(call, 0)} AS BIGINT) * 1000000)`,
  ),
  timestamp_millis: scalar(takes([bigint], types.timestamp), call => sql`make_timestamptz(${arg(call, 0)} * 1000)`),
  timestamp_micros: scalar(takes([bigint], types.timestamp), "make_timestamptz"),
  months_between: scalar(monthsRule, monthsBetween),
  timestampadd: scalar(addRule, addUnits, { spark: withUnit("timestampadd") }),
  timestampdiff: scalar(diffRule, unitsBetween, { revision: 2, spark: withUnit("timestampdiff") }),
  make_timestamp: scalar(takes([int, int, int, int, int, seconds], types.timestamp), call =>
    unlessNull(
      call,
      sql`spark_wall_to_ts(make_timestamp(${call.args.map((a, i) => (i < 5 ? sql`CAST(${a} AS BIGINT)` : sql`CAST(${a} AS DOUBLE)`))}))`,
    ),
  ),
  make_date: scalar(takes([int, int, int], types.date), "make_date"),
} satisfies { readonly [name: string]: FunctionEntry }
