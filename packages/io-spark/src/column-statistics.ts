import type { ColumnStatistics } from "@assets/core"
import { type DataType, dateText, decimalText, type Schema, typeName, wallClockText } from "@assets/dataframe"
import type { ColumnFooter, ParquetFooter } from "./parquet-footer.ts"

/** A least or greatest value, in a form that compares. */
type Extreme = number | bigint | Buffer

/** Joins what the footers of all files of a write say of its columns. Of nested columns they say nothing. */
export function mergeFooters(schema: Schema, footers: readonly ParquetFooter[]): ColumnStatistics[] {
  return schema.columns.map(({ name, type }) => {
    const parts = footers.map(footer => footer.columns.get(name))
    const column = { name, type: typeName(type) }
    // Of files without rows there are no row groups.
    if (parts.some((part, i) => !part && footers[i]?.rows !== 0)) return column
    const chunks = parts.flatMap(part => part ?? [])
    const nulls = chunks.map(chunk => chunk.nullCount)
    const min = extremeOf(chunks, type, "min")
    const max = extremeOf(chunks, type, "max")
    return {
      ...column,
      ...(nulls.every(count => count !== undefined) && {
        nullCount: nulls.reduce((sum: number, count) => sum + (count ?? 0), 0),
      }),
      ...(min !== undefined && { min: textOf(min, type) }),
      ...(max !== undefined && { max: textOf(max, type) }),
    }
  })
}

/** The extreme of all chunks; undefined when one that has values does not tell its own. */
function extremeOf(chunks: readonly ColumnFooter[], type: DataType, side: "min" | "max"): Extreme | undefined {
  let best: Extreme | undefined
  for (const chunk of chunks) {
    if (chunk.nullCount === chunk.values) continue
    const bytes = chunk[side]
    const value = bytes && decoded(Buffer.from(bytes), type)
    if (value === undefined) return undefined
    if (best === undefined || (side === "min" ? compare(value, best) < 0 : compare(value, best) > 0)) best = value
  }
  return best
}

function compare(a: Extreme, b: Extreme): number {
  if (typeof a === "object" && typeof b === "object") return Buffer.compare(a, b)
  return a < b ? -1 : a > b ? 1 : 0
}

/** A value as Spark stores it; undefined for types whose bytes have no order that is told. */
function decoded(bytes: Buffer, type: DataType): Extreme | undefined {
  switch (type.kind) {
    case "boolean":
      return bytes[0]
    case "int8":
    case "int16":
    case "int32":
    case "date":
      return bytes.readInt32LE()
    case "int64":
    case "timestamp":
    case "timestamp_ntz":
      return bytes.readBigInt64LE()
    case "float32":
      return bytes.readFloatLE()
    case "float64":
      return bytes.readDoubleLE()
    case "string":
      return bytes
    case "decimal":
      return unscaled(bytes, type.precision)
    default:
      return undefined
  }
}

/** Up to 9 digits in 32 bits, up to 18 in 64, more as big-endian bytes. */
function unscaled(bytes: Buffer, precision: number): bigint {
  if (precision <= 9) return BigInt(bytes.readInt32LE())
  if (precision <= 18) return bytes.readBigInt64LE()
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString("hex")}`))
}

function textOf(value: Extreme, type: DataType): string {
  if (typeof value === "object") return value.toString("utf8")
  switch (type.kind) {
    case "boolean":
      return value === 1 ? "true" : "false"
    case "date":
      return dateText(Number(value))
    case "timestamp":
      return `${timeText(BigInt(value))}+00`
    case "timestamp_ntz":
      return timeText(BigInt(value))
    case "decimal":
      return decimalText(BigInt(value), type.scale)
    default:
      return Object.is(value, -0) ? "-0.0" : String(value)
  }
}

/** `YYYY-MM-DD HH:MM:SS[.fff…]` */
function timeText(micros: bigint): string {
  const [whole, fraction = ""] = wallClockText(micros).replace("T", " ").split(".")
  const digits = fraction.replace(/0+$/, "")
  return digits === "" ? `${whole}` : `${whole}.${digits}`
}
