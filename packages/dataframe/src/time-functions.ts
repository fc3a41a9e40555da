import type { DateDay, Float64, Int32, Int64, Utf8 } from "apache-arrow/type"
import type { Column, StringColumn } from "./column.ts"
import { type Count, call, type Text, type Time } from "./function-call.ts"
import type { Timestamp, TimestampNtz } from "./schema/t.ts"
import type { Integer, Numeric, TypedColumn } from "./schema/type-rules.ts"

export function year(time: Time): Column<Int32> {
  return call("year", time)
}

export function month(time: Time): Column<Int32> {
  return call("month", time)
}

export function dayofmonth(time: Time): Column<Int32> {
  return call("dayofmonth", time)
}

/** 1 is Sunday, 7 Saturday. */
export function dayofweek(time: Time): Column<Int32> {
  return call("dayofweek", time)
}

export function hour(time: Time): Column<Int32> {
  return call("hour", time)
}

export function minute(time: Time): Column<Int32> {
  return call("minute", time)
}

export function second(time: Time): Column<Int32> {
  return call("second", time)
}

export type TimeUnit = "year" | "quarter" | "month" | "week" | "day" | "hour" | "minute" | "second"

/** The start of the unit in the session's time zone, a timestamp. Weeks start on Monday. */
export function dateTrunc(unit: TimeUnit, time: Time): Column<Timestamp> {
  return call("date_trunc", unit, time)
}

/** The date of a time, or of a text; `format` is a Spark pattern, ISO when left out. */
export function toDate(value: Time | Text, format?: string): Column<DateDay> {
  return call("to_date", value, format)
}

/** The instant that a text or a time says; `format` is a Spark pattern, ISO when left out. */
export function toTimestamp(value: Time | Text, format?: string): Column<Timestamp> {
  return call("to_timestamp", value, format)
}

export function dateAdd(date: Time, days: Count): Column<DateDay> {
  return call("date_add", date, days)
}

export function dateSub(date: Time, days: Count): Column<DateDay> {
  return call("date_sub", date, days)
}

/** Days from `start` to `end`. */
export function datediff(end: Time, start: Time): Column<Int32> {
  return call("datediff", end, start)
}

/** The last day of the date's month. */
export function lastDay(date: Time): Column<DateDay> {
  return call("last_day", date)
}

/** The date of the run's `now` in the session's time zone: one for all steps of a run. */
export function currentDate(): Column<DateDay> {
  return call("current_date")
}

/** The run's `now`: one instant for all steps of a run. */
export function currentTimestamp(): Column<Timestamp> {
  return call("current_timestamp")
}

export function quarter(time: Time): Column<Int32> {
  return call("quarter", time)
}

/** ISO week of the year, from 1. */
export function weekofyear(time: Time): Column<Int32> {
  return call("weekofyear", time)
}

export function dayofyear(time: Time): Column<Int32> {
  return call("dayofyear", time)
}

/** 0 is Monday, 6 Sunday. */
export function weekday(time: Time): Column<Int32> {
  return call("weekday", time)
}

/** `Mon`, `Tue`, … */
export function dayname(time: Time): StringColumn {
  return call<Utf8>("dayname", time)
}

/** `Jan`, `Feb`, … */
export function monthname(time: Time): StringColumn {
  return call<Utf8>("monthname", time)
}

/** The first date of the unit. Weeks start on Monday. */
export function trunc(date: Time, unit: "year" | "quarter" | "month" | "week"): Column<DateDay> {
  return call("trunc", date, unit)
}

/** The date so many months later; the last day of the month where that has no such day. */
export function addMonths(date: Time, months: Count): Column<DateDay> {
  return call("add_months", date, months)
}

/** The next date that is this day of the week: `Mon`, `Tuesday`. */
export function nextDay(date: Time, day: string): Column<DateDay> {
  return call("next_day", date, day)
}

/** A time as text by a Spark pattern: `yyyy-MM-dd HH:mm`. */
export function dateFormat(time: Time, format: string): StringColumn {
  return call<Utf8>("date_format", time, format)
}

/** Whole seconds since 1970-01-01 UTC. */
export function unixSeconds(time: TypedColumn<Timestamp>): Column<Int64> {
  return call("unix_seconds", time)
}

/** Whole milliseconds since 1970-01-01 UTC. */
export function unixMillis(time: TypedColumn<Timestamp>): Column<Int64> {
  return call("unix_millis", time)
}

/** Microseconds since 1970-01-01 UTC. */
export function unixMicros(time: TypedColumn<Timestamp>): Column<Int64> {
  return call("unix_micros", time)
}

/** Days since 1970-01-01. */
export function unixDate(date: TypedColumn<DateDay>): Column<Int32> {
  return call("unix_date", date)
}

/** The date so many days after 1970-01-01. */
export function dateFromUnixDate(days: TypedColumn<Integer>): Column<DateDay> {
  return call("date_from_unix_date", days)
}

/** The instant so many seconds after 1970-01-01 UTC. */
export function timestampSeconds(seconds: TypedColumn<Numeric>): Column<Timestamp> {
  return call("timestamp_seconds", seconds)
}

/** The instant so many milliseconds after 1970-01-01 UTC. */
export function timestampMillis(milliseconds: TypedColumn<Integer>): Column<Timestamp> {
  return call("timestamp_millis", milliseconds)
}

/** The instant so many microseconds after 1970-01-01 UTC. */
export function timestampMicros(microseconds: TypedColumn<Integer>): Column<Timestamp> {
  return call("timestamp_micros", microseconds)
}

export function makeDate(year: Count, month: Count, day: Count): Column<DateDay> {
  return call("make_date", year, month, day)
}

/** The date of a text; null where it is none. */
export function tryToDate(value: Text, format?: string): Column<DateDay> {
  return call("try_to_date", value, format)
}

/** The instant that a text says; null where it says none. */
export function tryToTimestamp(value: Text, format?: string): Column<Timestamp> {
  return call("try_to_timestamp", value, format)
}

/** The wall clock that a text says. */
export function toTimestampNtz(value: Text): Column<TimestampNtz> {
  return call("to_timestamp_ntz", value)
}

/** Seconds since 1970 of a time, or of a text in a format. */
export function unixTimestamp(value: Time | Text, format?: string): Column<Int64> {
  return call("unix_timestamp", value, format)
}

/** The time of some seconds since 1970, as `yyyy-MM-dd HH:mm:ss` in the session's zone. */
export function fromUnixtime(seconds: TypedColumn<Integer>): StringColumn {
  return call<Utf8>("from_unixtime", seconds)
}

/** A wall clock of UTC as that of a zone, kept as an instant. */
export function fromUtcTimestamp(time: Time, zone: string): Column<Timestamp> {
  return call("from_utc_timestamp", time, zone)
}

/** A wall clock of a zone as that of UTC, kept as an instant. */
export function toUtcTimestamp(time: Time, zone: string): Column<Timestamp> {
  return call("to_utc_timestamp", time, zone)
}

/** A wall clock of one zone as that of another. */
export function convertTimezone(from: string, to: string, time: TypedColumn<TimestampNtz>): Column<TimestampNtz> {
  return call("convert_timezone", from, to, time)
}

/** Months from the second to the first, parts of a month by 31 days; rounded to 8 digits unless told otherwise. */
export function monthsBetween(end: Time, start: Time, roundOff = true): Column<Float64> {
  return call("months_between", end, start, roundOff)
}

/** A time some units later. Days and more are those of the calendar. */
export function timestampAdd(unit: TimeUnit, count: TypedColumn<Integer> | number, time: Time): Column<Timestamp> {
  return call("timestampadd", unit, count, time)
}

/** Whole units from the first to the second. */
export function timestampDiff(unit: TimeUnit, start: Time, end: Time): Column<Int64> {
  return call("timestampdiff", unit, start, end)
}

/** The instant of a wall clock of the session's zone; seconds may have a fraction. */
export function makeTimestamp(
  year: Count,
  month: Count,
  day: Count,
  hour: Count,
  minute: Count,
  second: TypedColumn<Numeric> | number,
): Column<Timestamp> {
  return call("make_timestamp", year, month, day, hour, minute, second)
}

export type DatePart = "year" | "quarter" | "month" | "week" | "day" | "dayofweek" | "doy" | "hour" | "minute"

/** A part of a time. */
export function datePart(part: DatePart, time: Time): Column<Int32> {
  return call("date_part", part, time)
}

/** The wall clock of the run, in the session's zone. */
export function localtimestamp(): Column<TimestampNtz> {
  return call("localtimestamp")
}

/** The session's zone. */
export function currentTimezone(): StringColumn {
  return call<Utf8>("current_timezone")
}

export {
  currentDate as curdate,
  currentTimestamp as now,
  dateAdd as dateadd,
  datediff as dateDiff,
  datePart as datepart,
  datePart as extract,
  dayofmonth as day,
}
