const MICROS_PER_DAY = 86_400_000_000n
const MICROS_PER_SECOND = 1_000_000n
const MS_PER_DAY = 86_400_000
const DAYS_OF_CYCLE = 146_097

/** A year of more than four digits, or before 0, has a sign; microseconds of later ones pass 64 bits. */
const MAX_YEAR = 290_000

const pad = (value: number | bigint, length: number) => String(value).padStart(length, "0")

function yearText(year: number): string {
  if (year >= 0 && year <= 9999) return pad(year, 4)
  return `${year < 0 ? "-" : "+"}${pad(Math.abs(year), 4)}`
}

/** `YYYY-MM-DD` of days since 1970-01-01; years outside 0 to 9999 carry a sign. */
export function dateText(days: number): string {
  // JavaScript's dates end before those of the engines: the calendar is the same after 400 years.
  const cycles = Math.floor(days / DAYS_OF_CYCLE)
  const date = new Date((days - cycles * DAYS_OF_CYCLE) * MS_PER_DAY)
  return `${yearText(date.getUTCFullYear() + 400 * cycles)}-${pad(date.getUTCMonth() + 1, 2)}-${pad(date.getUTCDate(), 2)}`
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

const timePattern =
  /^((?:\d{4}|[+-]\d{4,6})-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/

/** The number that digits at a place of a text are; NaN for what are no digits. */
function digits(text: string, from: number, to: number): number {
  let value = 0
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function daysInMonth(year: number, month: number): number {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return leap ? 29 : (monthLengths[month - 1] ?? 0)
}

/** Days since 1970-01-01, by cycles of 400 years that begin in March. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1
  const cycle = Math.floor(y / 400)
  const yearOfCycle = y - cycle * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return (
    cycle * 146_097 +
    yearOfCycle * 365 +
    Math.floor(yearOfCycle / 4) -
    Math.floor(yearOfCycle / 100) +
    dayOfYear -
    719_468
  )
}

/** Days since 1970-01-01 of `YYYY-MM-DD`, the year also with a sign; undefined for what is not a date. */
export function parseDate(text: string): number | undefined {
  if (text.length === 10) return dateAtStart(text)
  const found = /^([+-]\d{4,6})-(\d{2})-(\d{2})$/.exec(text)
  return found ? dayOf(Number(found[1]), Number(found[2]), Number(found[3])) : undefined
}

function dateAtStart(text: string): number | undefined {
  if (text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH) return undefined
  return dayOf(digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10))
}

function dayOf(year: number, month: number, day: number): number | undefined {
  const exists = Math.abs(year) <= MAX_YEAR && month >= 1 && day >= 1 && day <= daysInMonth(year, month)
  return exists ? daysFromCivil(year, month, day) : undefined
}

const DASH = 45
const COLON = 58
const LETTER_T = 84

interface WallClock {
  readonly micros: bigint
  /** How far the clock is from UTC, in microseconds; undefined where the text does not say. */
  readonly offset: bigint | undefined
}

/** A time as its text says it. */
function parseTime(text: string): WallClock | undefined {
  return parsePlainTime(text) ?? parseAnyTime(text)
}

/** The form that rows give, `YYYY-MM-DDTHH:MM:SS[.ffffff][Z]`: read without a regular expression, since it is read often. */
function parsePlainTime(text: string): WallClock | undefined {
  const hasZone = text.endsWith("Z")
  const end = hasZone ? text.length - 1 : text.length
  if ((end !== 19 && end !== 26) || text.charCodeAt(10) !== LETTER_T) return undefined
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON) return undefined
  const days = dateAtStart(text)
  const [hour, minute, second] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)]
  const fraction = end === 26 ? digits(text, 20, 26) : 0
  const inRange = hour <= 23 && minute <= 59 && second <= 59 && fraction >= 0
  if (days === undefined || !inRange || (end === 26 && text[19] !== ".")) return undefined
  return { micros: microsAt(days, hour * 3600 + minute * 60 + second, fraction), offset: hasZone ? 0n : undefined }
}

function microsAt(days: number, seconds: number, fraction: number): bigint {
  return BigInt(days * 86_400 + seconds) * MICROS_PER_SECOND + BigInt(fraction)
}

function parseAnyTime(text: string): WallClock | undefined {
  const found = timePattern.exec(text)
  const days = found ? parseDate(found[1] ?? "") : undefined
  if (!found || days === undefined) return undefined
  const [hour, minute, second] = [Number(found[2] ?? 0), Number(found[3] ?? 0), Number(found[4] ?? 0)]
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const fraction = Number((found[5] ?? "").padEnd(6, "0"))
  return { micros: microsAt(days, hour * 3600 + minute * 60 + second, fraction), offset: parseOffset(found[6]) }
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
