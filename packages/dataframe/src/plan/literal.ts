import { FrameError } from "../errors/frame-error.ts"
import type { DataType } from "../schema/data-type.ts"
import {
  dateText,
  daysOf,
  instantText,
  microsOf,
  parseDate,
  parseInstant,
  parseWallClock,
  wallClockText,
} from "../schema/temporal-text.ts"
import { typeName } from "../schema/type-name.ts"
import type { LiteralValue, Unresolved } from "./expression.ts"

/**
 * A JavaScript value as a literal of Spark's type for it: a whole number int (bigint from 32 bits on), another number
 * double, a `bigint` bigint, a `Date` timestamp.
 * @throws FrameError `FRAME_ARGUMENT_INVALID` for what is no literal
 */
export function literalOf(value: unknown): Unresolved {
  if (value === null) return { kind: "literal", value: null }
  if (typeof value === "boolean" || typeof value === "string") return { kind: "literal", value }
  if (typeof value === "number") return numberLiteral(value)
  if (typeof value === "bigint") return { kind: "literal", value: int64Text(value), type: { kind: "int64" } }
  if (value instanceof Date) return literalAs(value, { kind: "timestamp" })
  if (value instanceof Uint8Array) return literalAs(value, { kind: "binary" })
  throw notALiteral(value)
}

function numberLiteral(value: number): Unresolved {
  if (Object.is(value, -0)) return { kind: "literal", value: "-0.0", type: { kind: "float64" } }
  if (!Number.isFinite(value)) return { kind: "literal", value: String(value), type: { kind: "float64" } }
  const isLong = Number.isSafeInteger(value) && (value < -(2 ** 31) || value >= 2 ** 31)
  if (isLong) return { kind: "literal", value: String(value), type: { kind: "int64" } }
  return { kind: "literal", value }
}

const bits = { int8: 8n, int16: 16n, int32: 32n, int64: 64n } as const

function int64Text(value: bigint): string {
  if (BigInt.asIntN(64, value) !== value) throw wrongLiteral(value, { kind: "int64" })
  return String(value)
}

/**
 * A JavaScript value as a literal of a type.
 * @throws FrameError `FRAME_ARGUMENT_INVALID` when the value is not one of that type
 */
export function literalAs(value: unknown, type: DataType): Unresolved {
  const converted = value === null ? null : convert(value, type)
  if (converted === undefined) throw wrongLiteral(value, type)
  return { kind: "literal", value: converted, type }
}

function convert(value: unknown, type: DataType): LiteralValue | undefined {
  switch (type.kind) {
    case "boolean":
      return typeof value === "boolean" ? value : undefined
    case "string":
      return typeof value === "string" ? value : undefined
    case "int8":
    case "int16":
    case "int32":
    case "int64":
      return wholeNumber(value, type.kind)
    case "float32":
    case "float64":
      return typeof value === "number" ? floatValue(value) : undefined
    case "decimal":
      return decimalValue(value, type.precision, type.scale)
    case "binary":
      return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : undefined
    case "date":
      return map(
        value instanceof Date ? daysOf(value) : typeof value === "string" ? parseDate(value) : undefined,
        dateText,
      )
    case "timestamp":
      return map(value instanceof Date ? microsOf(value) : parseText(value, parseInstant), instantText)
    case "timestamp_ntz":
      return map(value instanceof Date ? microsOf(value) : parseText(value, parseWallClock), wallClockText)
    default:
      return undefined
  }
}

const map = <T, R>(value: T | undefined, to: (value: T) => R): R | undefined =>
  value === undefined ? undefined : to(value)

function parseText<T>(value: unknown, parse: (text: string) => T | undefined): T | undefined {
  return typeof value === "string" ? parse(value) : undefined
}

function wholeNumber(value: unknown, kind: keyof typeof bits): LiteralValue | undefined {
  if (typeof value !== "bigint" && !(typeof value === "number" && Number.isSafeInteger(value))) return undefined
  const whole = BigInt(value)
  if (BigInt.asIntN(Number(bits[kind]), whole) !== whole) return undefined
  return kind === "int64" ? String(whole) : Number(whole)
}

function floatValue(value: number): LiteralValue {
  if (Object.is(value, -0)) return "-0.0"
  return Number.isFinite(value) ? value : String(value)
}

/** The text of a decimal with exactly `scale` digits after the point; undefined when it has more, or too many in all. */
function decimalValue(value: unknown, precision: number, scale: number): string | undefined {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "bigint") return undefined
  const found = /^(-?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(String(value))
  if (!found) return undefined
  const [, sign = "", whole = "", fraction = ""] = found
  if (fraction.length > scale || whole.length > precision - scale) return undefined
  const text = `${whole || "0"}${scale === 0 ? "" : `.${fraction.padEnd(scale, "0")}`}`
  return /[1-9]/.test(text) ? `${sign}${text}` : text
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value)
  return typeof value === "object" && value !== null ? `a ${value.constructor?.name ?? "object"}` : String(value)
}

function wrongLiteral(value: unknown, type: DataType): FrameError {
  return new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `${shown(value)} is not a value of type ${typeName(type)}.`,
    why: "A literal with a type must be a value that the type can hold as it is.",
    fix: "Give a value of the type, or cast the literal: lit(value).cast(type).",
  })
}

function notALiteral(value: unknown): FrameError {
  return new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `${typeof value === "function" ? "A function" : shown(value)} stands where a column or a literal is expected.`,
    why: "Literals are numbers, bigints, texts, booleans, Dates and null.",
    fix: "Use a column of the callback's parameter, or a literal.",
  })
}
