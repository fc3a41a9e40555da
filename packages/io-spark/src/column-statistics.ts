import type { ColumnStatistics } from "@assets/core"
import { type DataType, dateText, decimalText, type Schema, typeName, wallClockText } from "@assets/dataframe"
import type { ColumnFooter, Extreme, FileFooter } from "./file-footer.ts"

/** Joins what the footers of all files of a write say of its columns. Of nested columns they say nothing. */
export function mergeFooters(schema: Schema, footers: readonly FileFooter[]): ColumnStatistics[] {
  return schema.columns.map(({ name, type }) => {
    const parts = footers.map(footer => footer.columns.get(name))
    const column = { name, type: typeName(type) }
    // Of files without rows there are no row groups.
    if (parts.some((part, i) => !part && footers[i]?.rows !== 0)) return column
    const chunks = parts.flatMap(part => part ?? [])
    const nulls = chunks.map(chunk => chunk.nullCount)
    const min = extremeOf(chunks, "min")
    const max = extremeOf(chunks, "max")
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
function extremeOf(chunks: readonly ColumnFooter[], side: "min" | "max"): Extreme | undefined {
  let best: Extreme | undefined
  for (const chunk of chunks) {
    if (chunk.nullCount === chunk.values) continue
    const value = chunk[side]
    if (value === undefined) return undefined
    if (best === undefined || (side === "min" ? compare(value, best) < 0 : compare(value, best) > 0)) best = value
  }
  return best
}

function compare(a: Extreme, b: Extreme): number {
  if (typeof a === "object" && typeof b === "object") return Buffer.compare(a, b)
  return a < b ? -1 : a > b ? 1 : 0
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
