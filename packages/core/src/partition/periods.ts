import { cronFault } from "../util/cron.ts"
import { didYouMean } from "../util/nearest-name.ts"
import { TimeZone } from "../util/time-zone.ts"
import { declarePartitions, partitionsFault } from "./faulty-partitions.ts"
import { KeyFormat } from "./key-format.ts"
import type { Partitions } from "./partitions.ts"
import { ticksIn } from "./ticks.ts"
import { TimePartitions, type TimeRule } from "./time-partitions.ts"
import { cronClock, evenly, monthlyOn, type WallClock } from "./wall-clock.ts"

const MINUTE = 60_000
const DAY = 86_400_000

/** What every rule of time windows takes. */
export interface TimePartitionOptions {
  /** The first window starts at or after it: a key, or a local date or time in ISO form, or an instant. */
  readonly start: string | Date
  /** The last window ends at or before it. Default: none. */
  readonly end?: string | Date
  /** IANA zone in which days begin and keys are read. Default `UTC`. */
  readonly timezone?: string
  /** Number of windows that exist beyond the last complete one; below 0, of complete ones that do not. Default 0. */
  readonly endOffset?: number
  /** Windows that there are not: by their keys or starts, or by cron expressions of their starts. */
  readonly exclude?: readonly (string | Date)[]
  /** Form of the keys, by `strftime`: `%Y %m %d %H %M %S %z`. */
  readonly format?: string
  /** Column of `returns` that gives a row its key. */
  readonly column?: string
}

export interface HourlyOptions extends TimePartitionOptions {
  /** Minute of the hour at which windows begin, 0 to 59. Default 0. */
  readonly minuteOffset?: number
}

export interface DailyOptions extends HourlyOptions {
  /** Hour of the day at which windows begin, 0 to 23. Default 0. */
  readonly hourOffset?: number
}

export interface WeeklyOptions extends DailyOptions {
  /** Day of the week on which windows begin, 0 (Sunday) to 6. Default 0. */
  readonly dayOffset?: number
}

export interface MonthlyOptions extends DailyOptions {
  /** Day of the month on which windows begin, 1 to 28. Default 1. */
  readonly dayOffset?: number
}

export interface CronOptions extends TimePartitionOptions {
  /** Five fields; windows begin at its ticks. */
  readonly cron: string
}

/** Windows of an hour; keys as `2024-01-05-13:00`. An hour that clocks show twice is two windows. */
export function hourly(options: HourlyOptions): Partitions {
  const { minuteOffset: minute = 0 } = options
  return timePartitions(options, "%Y-%m-%d-%H:%M", { minute }, () => [
    `${minute} * * * *`,
    evenly(60 * MINUTE, minute * MINUTE),
  ])
}

/** Windows of a day, from local midnight unless offset; keys as `2024-01-05`. */
export function daily(options: DailyOptions): Partitions {
  const { minuteOffset: minute = 0, hourOffset: hour = 0 } = options
  return timePartitions(options, "%Y-%m-%d", { minute, hour }, () => [
    `${minute} ${hour} * * *`,
    evenly(DAY, (hour * 60 + minute) * MINUTE),
  ])
}

/** Windows of a week, from Sunday unless offset; keys as `2024-01-07`. */
export function weekly(options: WeeklyOptions): Partitions {
  const { minuteOffset: minute = 0, hourOffset: hour = 0, dayOffset: weekday = 0 } = options
  // 1970-01-04 was a Sunday.
  return timePartitions(options, "%Y-%m-%d", { minute, hour, weekday }, () => [
    `${minute} ${hour} * * ${weekday}`,
    evenly(7 * DAY, (3 + weekday) * DAY + (hour * 60 + minute) * MINUTE),
  ])
}

/** Windows of a month, from its first day unless offset; keys as `2024-01-01`. */
export function monthly(options: MonthlyOptions): Partitions {
  const { minuteOffset: minute = 0, hourOffset: hour = 0, dayOffset: day = 1 } = options
  return timePartitions(options, "%Y-%m-%d", { minute, hour, day }, () => [
    `${minute} ${hour} ${day} * *`,
    monthlyOn(day, (hour * 60 + minute) * MINUTE),
  ])
}

/** Windows between the ticks of a cron expression; keys as `2024-01-05-13:00`, unless `format` says otherwise. */
export function cron(options: CronOptions): Partitions {
  return timePartitions(options, "%Y-%m-%d-%H:%M", {}, fault => {
    const wrong = cronFault(options.cron)
    if (wrong) throw fault(`has a bad cron expression '${options.cron}': ${wrong}`, "Write five fields: '0 6 * * *'.")
    return [options.cron, cronClock(options.cron)]
  })
}

type FaultOf = (what: string, fix: string) => Error

const ranges: { readonly [offset: string]: readonly [option: string, least: number, most: number] } = {
  minute: ["minuteOffset", 0, 59],
  hour: ["hourOffset", 0, 23],
  weekday: ["dayOffset", 0, 6],
  day: ["dayOffset", 1, 28],
}

function timePartitions(
  options: TimePartitionOptions,
  defaultFormat: string,
  offsets: { readonly [offset: string]: number },
  clockOf: (fault: FaultOf) => readonly [rule: string, clock: WallClock],
): Partitions {
  const declaredAt = new Error("declared here")
  return declarePartitions("time", () => {
    const fault: FaultOf = (what, fix) =>
      partitionsFault(declaredAt, `A rule of time partitions ${what}.`, "Its keys follow from it.", fix)
    for (const [name, value] of Object.entries(offsets)) {
      const [option = "", least = 0, most = 0] = ranges[name] ?? []
      if (Number.isInteger(value) && value >= least && value <= most) continue
      throw fault(`has the ${option} ${value}`, `Write a whole number from ${least} to ${most}.`)
    }
    const zone = zoneOf(options.timezone ?? "UTC", fault)
    const format = formatOf(options.format ?? defaultFormat, fault)
    const [rule, clock] = clockOf(fault)
    const partitions = new TimePartitions(ruleOf(options, { zone, format, rule, ticks: ticksIn(zone, clock) }, fault))
    if (partitions.readsItsKeys()) return partitions
    throw fault(
      `has the format '${format.pattern}', which gives different windows the same key`,
      "Write a form that tells them apart, such as %Y-%m-%d-%H:%M.",
    )
  })
}

function ruleOf(
  options: TimePartitionOptions,
  known: Pick<TimeRule, "zone" | "format" | "rule" | "ticks">,
  fault: FaultOf,
): TimeRule {
  const { endOffset = 0, exclude = [], column } = options
  const read = (name: string, value: string | Date): number => {
    const instant = readTime(value, known.format, known.zone)
    if (instant !== undefined) return instant
    throw fault(
      `has the ${name} '${value}', which is no time`,
      `Write ${name}: "2024-01-01", or in the form of its keys, ${known.format.pattern}.`,
    )
  }
  if (options.start === undefined) throw fault("has no start", 'Write start: "2024-01-01".')
  const start = read("start", options.start)
  const end = options.end === undefined ? undefined : read("end", options.end)
  if (end !== undefined && end <= start) throw fault("ends before it starts", "Write an end after the start.")
  if (!Number.isInteger(endOffset)) throw fault(`has the endOffset ${endOffset}`, "Write a whole number.")
  const instants = new Set<number>()
  const ticks: TimeRule["ticks"][] = []
  for (const one of exclude) {
    if (one instanceof Date || !/\s|^@/.test(one)) instants.add(read("exclusion", one))
    else {
      const wrong = cronFault(one)
      if (wrong) throw fault(`excludes by a bad cron expression '${one}': ${wrong}`, "Write five fields: '0 0 * * 6'.")
      ticks.push(ticksIn(known.zone, cronClock(one)))
    }
  }
  const texts = exclude.map(one => (one instanceof Date ? one.toISOString() : one)).sort()
  return { ...known, start, end, endOffset, excluded: { instants, ticks, texts }, column }
}

function zoneOf(name: string, fault: FaultOf): TimeZone {
  try {
    return TimeZone.of(name)
  } catch {
    const known = Intl.supportedValuesOf("timeZone")
    throw fault(
      `has the timezone '${name}', which there is not`,
      didYouMean(name, known) ?? "Write a name such as 'Europe/Berlin'.",
    )
  }
}

function formatOf(pattern: string, fault: FaultOf): KeyFormat {
  try {
    return new KeyFormat(pattern)
  } catch (error) {
    const wrong = error instanceof Error ? error.message : String(error)
    throw fault(`has the format '${pattern}': ${wrong}`, "Write a form such as %Y-%m-%d.")
  }
}

const isoForm = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/

/** An instant from a `Date`, a key, or an ISO date or time; local unless it has an offset. */
function readTime(value: string | Date, format: KeyFormat, zone: TimeZone): number | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.getTime()
  const key = format.read(value)
  if (key) return key.offset === undefined ? zone.instant(key.local) : key.local - key.offset
  const [, , , , , , , offset] = isoForm.exec(value) ?? []
  if (!isoForm.test(value)) return undefined
  const date = offset === undefined ? `${value.slice(0, 10)}T${value.slice(11) || "00:00"}Z` : value
  const parsed = Date.parse(date)
  if (
    Number.isNaN(parsed) ||
    (offset === undefined && new Date(parsed).toISOString().slice(0, 10) !== value.slice(0, 10))
  ) {
    return undefined
  }
  return offset === undefined ? zone.instant(parsed) : parsed
}
