import type { DataType } from "../schema/data-type.ts"
import { decimal } from "../schema/decimal-type.ts"
import type { Token } from "../schema/parse-tokens.ts"
import type { TokenReader } from "../schema/token-reader.ts"
import * as types from "../schema/type-family.ts"
import type { LiteralValue, Unresolved } from "./expression.ts"

function literal(value: LiteralValue, type: DataType): Unresolved {
  return { kind: "literal", value, type }
}

const suffixes: { readonly [suffix: string]: readonly [type: DataType, min: bigint, max: bigint] } = {
  Y: [types.int8, -(2n ** 7n), 2n ** 7n - 1n],
  S: [types.int16, -(2n ** 15n), 2n ** 15n - 1n],
  L: [types.int64, -(2n ** 63n), 2n ** 63n - 1n],
}

/** A number as Spark reads it: `1` is int, `1.5` decimal(2,1), `1e3` and `1.5D` double. */
export function numberLiteral(reader: TokenReader, token: Token, negative: boolean): Unresolved {
  const match = /^([\d.]+(?:E[+-]?\d+)?)(BD|[LSYDF])?$/.exec(token.text.toUpperCase())
  const digits = (negative ? "-" : "") + (match?.[1] ?? "")
  const suffix = match?.[2] ?? ""
  const whole = suffixes[suffix]
  if (suffix === "F") return literal(doubleValue(Math.fround(Number(digits))), types.float32)
  if (suffix === "D" || (suffix === "" && digits.includes("E")))
    return literal(doubleValue(Number(digits)), types.float64)
  if (suffix === "BD" || digits.includes(".")) return decimalLiteral(reader, token, digits)
  const value = BigInt(digits)
  if (whole) {
    const [type, min, max] = whole
    if (value < min || value > max) {
      throw reader.fault(
        `${digits} is outside the range of its suffix ${suffix}`,
        "Use a wider suffix, or none.",
        token,
      )
    }
    return literal(type.kind === "int64" ? value.toString() : Number(value), type)
  }
  if (value >= -(2n ** 31n) && value < 2n ** 31n) return literal(Number(value), types.int32)
  if (value >= -(2n ** 63n) && value < 2n ** 63n) return literal(value.toString(), types.int64)
  return decimalLiteral(reader, token, digits)
}

function decimalLiteral(reader: TokenReader, token: Token, digits: string): Unresolved {
  const [mantissa = "", exponent = "0"] = digits.split("E")
  const negative = mantissa.startsWith("-")
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".")
  let scale = fraction.length - Number(exponent)
  let all = (whole + fraction).replace(/^0+(?=\d)/, "")
  if (scale < 0) {
    all += "0".repeat(-scale)
    scale = 0
  }
  const precision = Math.max(all.length, scale)
  if (precision > 38) throw reader.fault(`${token.text} has more than 38 digits`, "Write it as a double: add D.", token)
  const padded = all.padStart(scale + 1, "0")
  const text = scale === 0 ? padded : `${padded.slice(0, -scale)}.${padded.slice(-scale)}`
  return literal(negative ? `-${text}` : text, decimal(Math.max(precision, 1), scale))
}

/** A double as a plan keeps it: what JSON cannot hold is text. */
export function doubleValue(value: number): LiteralValue {
  if (Object.is(value, -0)) return "-0.0"
  return Number.isFinite(value) ? value : String(value)
}

/** `DATE '…'`, `TIMESTAMP '…'`, `TIMESTAMP_NTZ '…'`, `X'…'`; undefined when the words are something else. */
export function typedLiteral(reader: TokenReader, name: Token): Unresolved | undefined {
  if (name.kind !== "name" || reader.peek().kind !== "text") return undefined
  switch (name.text.toLowerCase()) {
    case "date":
      return literal(dateValue(reader), types.date)
    case "timestamp":
    case "timestamp_ltz":
      // The text is a wall clock of the session's time zone, which the plan does not know: the engine reads it.
      return { kind: "cast", input: literal(reader.next().text, types.string), type: types.timestamp, mode: "ansi" }
    case "timestamp_ntz":
      return { kind: "cast", input: literal(reader.next().text, types.string), type: types.timestampNtz, mode: "ansi" }
    case "x": {
      const token = reader.next()
      const hex = token.text.length % 2 === 1 ? `0${token.text}` : token.text
      if (!/^[0-9a-fA-F]*$/.test(hex)) throw reader.fault("X'…' holds more than hex digits", "Use 0-9 and A-F.", token)
      return literal(hex.toLowerCase(), types.binary)
    }
    default:
      return undefined
  }
}

function dateValue(reader: TokenReader): string {
  const token = reader.next()
  const match = /^\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*$/.exec(token.text)
  const [, year = "", month = "", day = ""] = match ?? []
  const text = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`
  const time = match ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(time) || !new Date(time).toISOString().startsWith(text)) {
    throw reader.fault(`'${token.text}' is not a date`, "Write it as DATE '2024-01-31'.", token)
  }
  return text
}

const unitMicros: { readonly [unit: string]: bigint } = {
  microsecond: 1n,
  millisecond: 1_000n,
  second: 1_000_000n,
  minute: 60_000_000n,
  hour: 3_600_000_000n,
  day: 86_400_000_000n,
  week: 7n * 86_400_000_000n,
}
const unitMonths: { readonly [unit: string]: number } = { month: 1, quarter: 3, year: 12 }

/** Whether `interval` at the reader's place begins a literal, and is not a column of that name. */
export function atInterval(reader: TokenReader): boolean {
  if (!reader.at("interval")) return false
  const next = reader.peek(1)
  return next.kind === "text" || next.kind === "number" || (next.text === "-" && reader.peek(2).kind === "number")
}

/** Reads what follows the word `interval`: `'1' DAY`, `1 DAY 2 HOURS`, `'1-2' YEAR TO MONTH`, `'1 02:03:04' DAY TO SECOND`. */
export function intervalLiteral(reader: TokenReader): Unresolved {
  const start = reader.peek()
  let micros = 0n
  let months = 0
  let hasMonths = false
  let hasMicros = false
  do {
    const negative = reader.take("-")
    const amount = reader.next().text.trim()
    const unit = reader.name("an interval's unit").toLowerCase().replace(/s$/, "")
    if (reader.take("to")) {
      reader.name("an interval's unit")
      const whole = unit === "year" ? yearMonths(amount) : undefined
      if (whole === undefined) micros += compoundMicros(reader, amount, unit, start)
      months += whole ?? 0
      hasMonths ||= whole !== undefined
      hasMicros ||= whole === undefined
    } else if (unit in unitMonths) {
      months += (unitMonths[unit] ?? 0) * wholeAmount(reader, amount, start) * (negative ? -1 : 1)
      hasMonths = true
    } else {
      const size = unitMicros[unit]
      if (size === undefined) throw reader.fault(`'${unit}' is not a unit of time`, "Use DAY or HOUR, for one.", start)
      const value = scaledMicros(reader, amount, size, start)
      micros += negative ? -value : value
      hasMicros = true
    }
  } while (reader.peek().kind === "number" || reader.peek().kind === "text")
  if (hasMonths && hasMicros) {
    throw reader.fault(
      "an interval has either years and months, or days and smaller units",
      "Add two intervals.",
      start,
    )
  }
  return hasMonths ? literal(months, types.yearMonthInterval) : literal(micros.toString(), types.dayTimeInterval)
}

function wholeAmount(reader: TokenReader, amount: string, start: Token): number {
  if (!/^[+-]?\d+$/.test(amount)) throw reader.fault(`'${amount}' is not a whole number`, "Write one.", start)
  return Number(amount)
}

function yearMonths(amount: string): number | undefined {
  const match = /^([+-]?)(\d+)-(\d{1,2})$/.exec(amount)
  return match ? (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 12 + Number(match[3])) : undefined
}

function scaledMicros(reader: TokenReader, amount: string, size: bigint, start: Token): bigint {
  const match = /^([+-]?)(\d+)(?:\.(\d{1,6}))?$/.exec(amount)
  if (!match) throw reader.fault(`'${amount}' is not an amount of time`, "Write a number.", start)
  const fraction = BigInt((match[3] ?? "").padEnd(6, "0"))
  const value = BigInt(match[2] ?? "0") * size + (fraction * size) / 1_000_000n
  return match[1] === "-" ? -value : value
}

/** `1 02:03:04.5` from days, `02:03:04` from hours, `03:04` from minutes. */
function compoundMicros(reader: TokenReader, amount: string, from: string, start: Token): bigint {
  const match = /^([+-]?)(?:(\d+)(?:\s+(?=\d)|$))?([\d:.]*)$/.exec(amount)
  const parts = (match?.[3] ?? "").split(":").filter(p => p !== "")
  if (!match || parts.length > 3)
    throw reader.fault(`'${amount}' is not an amount of time`, "Write '1 02:03:04'.", start)
  const units = from === "minute" ? ["minute", "second"] : ["hour", "minute", "second"]
  let total = BigInt(match[2] ?? "0") * (unitMicros.day ?? 0n)
  for (const [i, part] of parts.entries()) {
    total += scaledMicros(reader, part, unitMicros[units[i] ?? "second"] ?? 0n, start)
  }
  return match[1] === "-" ? -total : total
}
