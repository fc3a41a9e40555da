const MICROS_PER_DAY = 86_400_000_000n
const MICROS_PER_SECOND = 1_000_000n
const MS_PER_DAY = 86_400_000

/** Spark's range of dates and timestamps. */
const MIN_YEAR = 1
const MAX_YEAR = 9999

const pad = (value: number | bigint, length: number) => String(value).padStart(length, "0")

function yearText(year: number): string {
  if (year >= 0 && year <= 9999) return pad(year, 4)
  return `${year < 0 ? "-" : "+"}${pad(Math.abs(year), 4)}`
}

/** `YYYY-MM-DD` of days since 1970-01-01; years outside 0 to 9999 carry a sign. */
export function dateText(days: number): string {
  const date = new Date(days * MS_PER_DAY)
  return `${yearText(date.getUTCFullYear())}-${pad(date.getUTCMonth() + 1, 2)}-${pad(date.getUTCDate(), 2)}`
}

function floorDivide(value: bigint, by: bigint): readonly [quotient: bigint, rest: bigint] {
  const rest = ((value % by) + by) % by
  return [(value - rest) / by, rest]
}

/** ISO text of microseconds since 1970-01-01, without a zone; six digits of a second's fraction where there is one. */
export function wallClockText(micros: bigint): string {
  const [days, within] = floorDivide(micros, MICROS_PER_DAY)
  const [seconds, fraction] = floorDivide(within, MICROS_PER_SECOND)
  const s = Number(seconds)
  const time = `${pad(Math.floor(s / 3600), 2)}:${pad(Math.floor(s / 60) % 60, 2)}:${pad(s % 60, 2)}`
  return `${dateText(Number(days))}T${time}${fraction === 0n ? "" : `.${pad(fraction, 6)}`}`
}

/** ISO text with `Z` of microseconds since the epoch. */
export function instantText(micros: bigint): string {
  return `${wallClockText(micros)}Z`
}

const datePattern = /^(\d{4})-(\d{2})-(\d{2})$/
const timePattern =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/

/** Days since 1970-01-01 of `YYYY-MM-DD`; undefined for what is not a date. */
export function parseDate(text: string): number | undefined {
  const found = datePattern.exec(text)
  if (!found) return undefined
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const exists = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return exists && year >= MIN_YEAR && year <= MAX_YEAR ? date.getTime() / MS_PER_DAY : undefined
}

/** A time as its text says it: microseconds of the wall clock, and how far that clock is from UTC. */
function parseTime(text: string): { readonly micros: bigint; readonly offset: bigint | undefined } | undefined {
  const found = timePattern.exec(text)
  const days = found ? parseDate(found[1] ?? "") : undefined
  if (!found || days === undefined) return undefined
  const [hour, minute, second] = [Number(found[2] ?? 0), Number(found[3] ?? 0), Number(found[4] ?? 0)]
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const fraction = BigInt((found[5] ?? "").padEnd(6, "0"))
  const micros =
    BigInt(days) * MICROS_PER_DAY + BigInt(hour * 3600 + minute * 60 + second) * MICROS_PER_SECOND + fraction
  return { micros, offset: parseOffset(found[6]) }
}

function parseOffset(zone: string | undefined): bigint | undefined {
  if (zone === undefined) return undefined
  if (zone === "Z") return 0n
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2)) * (zone.length > 3 ? 1 : 0)
  return BigInt(zone.startsWith("-") ? -minutes : minutes) * 60n * MICROS_PER_SECOND
}

/** Microseconds since the epoch of ISO text with a zone; undefined for what is not an instant. */
export function parseInstant(text: string): bigint | undefined {
  const time = parseTime(text)
  return time?.offset === undefined ? undefined : time.micros - time.offset
}

/** Microseconds of a wall clock from ISO text without a zone; undefined for what is not one. */
export function parseWallClock(text: string): bigint | undefined {
  const time = parseTime(text)
  return time && time.offset === undefined ? time.micros : undefined
}

/** Microseconds of a `Date`; undefined when it holds no time. */
export function microsOf(date: Date): bigint | undefined {
  const ms = date.getTime()
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1000n
}

/** Days of a `Date`, by its date in UTC. */
export function daysOf(date: Date): number | undefined {
  const ms = date.getTime()
  return Number.isNaN(ms) ? undefined : Math.floor(ms / MS_PER_DAY)
}
