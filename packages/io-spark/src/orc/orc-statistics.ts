import type { DataType } from "@assets/dataframe"
import type { ColumnFooter, Extreme } from "../file-footer.ts"
import type { OrcMessage } from "./orc-message.ts"

/** The fields of `ColumnStatistics` in ORC's specification. */
const fields = { values: 1, ints: 2, doubles: 3, texts: 4, buckets: 5, decimals: 6, dates: 7, times: 9 }
const doubleFields = { min: 1, max: 2, sum: 3 }
const timeFields = { min: 3, max: 4, minNanos: 5, maxNanos: 6 }
const sides = { min: 1, max: 2 } as const

/** What the footer of a file of so many rows says of one column. */
export function orcStatistics(statistics: OrcMessage, type: DataType, rows: number): ColumnFooter {
  const filled = Number(statistics.unsigned(fields.values) ?? 0n)
  const [min, max] = filled === 0 ? [] : extremes(statistics, type)
  const isTold = min !== undefined && max !== undefined
  return { values: rows, nullCount: rows - filled, ...(isTold && { min, max }) }
}

type Extremes = readonly [] | readonly [min: Extreme | undefined, max: Extreme | undefined]

function extremes(statistics: OrcMessage, type: DataType): Extremes {
  switch (type.kind) {
    case "int8":
    case "int16":
    case "int32":
    case "int64":
    case "timestamp_ntz": {
      const ints = statistics.message(fields.ints)
      return [ints?.signed(sides.min), ints?.signed(sides.max)]
    }
    case "float32":
    case "float64":
      return ofDoubles(statistics.message(fields.doubles))
    case "boolean":
      return ofBooleans(statistics)
    case "string": {
      const texts = statistics.message(fields.texts)
      return [texts?.bytes(sides.min), texts?.bytes(sides.max)]
    }
    case "decimal": {
      const decimals = statistics.message(fields.decimals)
      const side = (field: number) => digitsOf(decimals?.text(field), type.scale)
      return [side(sides.min), side(sides.max)]
    }
    case "date":
      return ofDates(statistics.message(fields.dates))
    case "timestamp":
      return ofInstants(statistics.message(fields.times))
    default:
      return []
  }
}

/** The sum tells whether there is a NaN: least and greatest do not know of it. */
function ofDoubles(doubles: OrcMessage | undefined): Extremes {
  const sum = doubles?.double(doubleFields.sum)
  if (sum === undefined || Number.isNaN(sum)) return []
  return [doubles?.double(doubleFields.min), doubles?.double(doubleFields.max)]
}

/** How many are true is told. */
function ofBooleans(statistics: OrcMessage): Extremes {
  const [found] = statistics.message(fields.buckets)?.numbers(1) ?? []
  const filled = Number(statistics.unsigned(fields.values) ?? 0n)
  return found === undefined ? [] : [found === filled ? 1 : 0, found === 0 ? 0 : 1]
}

/** Of files that Spark writes what lies before is told by the Julian calendar. */
const firstDay = -141_427

function ofDates(dates: OrcMessage | undefined): Extremes {
  const [min, max] = [dates?.signed(sides.min), dates?.signed(sides.max)]
  return min === undefined || max === undefined || min < firstDay ? [] : [Number(min), Number(max)]
}

const firstMillis = BigInt(firstDay) * 86_400_000n

/** Milliseconds, and the digits beyond them one too high, so that none are told from nought. */
function ofInstants(times: OrcMessage | undefined): Extremes {
  const [min, max] = [times?.signed(timeFields.min), times?.signed(timeFields.max)]
  if (min === undefined || max === undefined || min < firstMillis) return []
  const micros = (field: number, otherwise: bigint) => ((times?.unsigned(field) ?? otherwise) - 1n) / 1000n
  return [min * 1000n + micros(timeFields.minNanos, 1n), max * 1000n + micros(timeFields.maxNanos, 1_000_000n)]
}

/** `-12.5` as -12500 for three digits behind the point; ORC leaves noughts at the end out. */
function digitsOf(text: string | undefined, scale: number): bigint | undefined {
  const [, sign, whole = "", fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text ?? "") ?? []
  if (sign === undefined || fraction.length > scale) return undefined
  const digits = BigInt(whole + fraction.padEnd(scale, "0"))
  return sign === "-" ? -digits : digits
}
