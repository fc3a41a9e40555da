import type { DuckDBValue } from "@duckdb/node-api"
import type { DataType } from "../../../packages/dataframe/src/schema/data-type.ts"
import type { GoldenValue } from "./golden-file.ts"

/** A value that DuckDB gave, as the golden file writes it. */
export function goldenValue(value: DuckDBValue, type: DataType): GoldenValue {
  if (value === null) return null
  // The shapes below are those of @duckdb/node-api's value classes for the type.
  const v = value as unknown as {
    items: DuckDBValue[]
    entries: { key: DuckDBValue; value: DuckDBValue }[] & { [name: string]: DuckDBValue }
    bytes: Uint8Array
    days: number
    months: number
    micros: bigint
  }
  switch (type.kind) {
    case "float32":
    case "float64":
      return goldenNumber(value as number)
    case "boolean":
      return value as boolean
    case "int8":
    case "int16":
    case "int32":
      return Number(value)
    case "binary":
      return Buffer.from(v.bytes).toString("hex").toUpperCase()
    case "date":
      return dateText(v.days)
    case "timestamp":
      return `${isoText(v.micros)}Z`
    case "timestamp_ntz":
      return isoText(v.micros)
    case "day_time_interval":
      return { interval_us: String(v.micros + BigInt(v.days) * 86_400_000_000n) }
    case "array":
      return v.items.map(item => goldenValue(item, type.element))
    case "map":
      return { map: v.entries.map(e => [goldenValue(e.key, type.key), goldenValue(e.value, type.value)]) }
    case "struct":
      return { struct: type.fields.map(f => [f.name, goldenValue(v.entries[f.name] ?? null, f.type)]) }
    default:
      return String(value)
  }
}

function goldenNumber(value: number): GoldenValue {
  if (Object.is(value, -0)) return "-0.0"
  return Number.isFinite(value) ? value : String(value)
}

const daysOfCycle = 146_097

/** JavaScript's dates end before DuckDB's: a date is moved by whole cycles of 400 years. */
function dateText(days: number): string {
  const cycles = Math.floor(days / daysOfCycle)
  const text = isoText(BigInt(days - cycles * daysOfCycle) * 86_400_000_000n).slice(0, -9)
  const year = Number(text.slice(0, 4)) + cycles * 400
  const digits = String(Math.abs(year)).padStart(4, "0")
  return `${year < 0 ? "-" : year > 9999 ? "+" : ""}${digits}${text.slice(4)}`
}

function isoText(micros: bigint): string {
  const million = 1_000_000n
  const fraction = ((micros % million) + million) % million
  const text = new Date(Number((micros - fraction) / 1000n)).toISOString().replace(/\.\d+Z$/, "")
  const years = text.replace(/^\+0*(?=\d{5})/, "+").replace(/^-0*(?=\d{4,}-)/, "-")
  return fraction === 0n ? years : `${years}.${String(fraction).padStart(6, "0")}`
}

export interface Comparison {
  readonly tolerance?: number | undefined
  readonly zeroSignFree?: boolean | undefined
}

/** Whether two values are the same; numbers to the last bit, unless the case has a tolerance. */
export function sameValue(a: GoldenValue, b: GoldenValue, how: Comparison): boolean {
  if (a === b) return true
  if (isNumber(a) && isNumber(b)) return sameNumber(Number(a), Number(b), how)
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((v, i) => sameValue(v, b[i] ?? null, how))
  const [left, right] = [a, b] as { readonly [kind: string]: GoldenValue }[]
  if (left?.map && right?.map) return sameValue(sorted(left.map), sorted(right.map), how)
  return Object.keys(left ?? {}).every(k => sameValue(left?.[k] ?? null, right?.[k] ?? null, how))
}

function sorted(pairs: GoldenValue): GoldenValue {
  return [...(pairs as readonly GoldenValue[])].sort((x, y) => (JSON.stringify(x) < JSON.stringify(y) ? -1 : 1))
}

function isNumber(value: GoldenValue): boolean {
  return typeof value === "number" || (typeof value === "string" && /^-0\.0$/.test(value))
}

function sameNumber(a: number, b: number, { tolerance, zeroSignFree }: Comparison): boolean {
  if (Object.is(a, b)) return true
  if (zeroSignFree && a === 0 && b === 0) return true
  return tolerance !== undefined && Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b))
}
