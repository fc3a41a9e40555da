import type { Expression } from "../plan/expression.ts"
import * as types from "../schema/type-family.ts"
import { castTo } from "./duckdb-type.ts"
import { type FunctionEntry, type PrintedCall, scalar, type TypeRule } from "./function-entry.ts"
import { mismatch } from "./implicit-cast.ts"
import { arg, input, once, powerOfTen } from "./printed-call.ts"
import { halfEven } from "./round-sql.ts"
import { argument, int, numeric, requireInteger, requireText, takes, unsupported } from "./signature.ts"
import { join, type Sql, sql, textLiteral } from "./sql-fragment.ts"
import { doubledCharacters } from "./utf16.ts"

/** One piece of a format: a text, or how an argument is written. */
type Piece = string | Placeholder

interface Placeholder {
  readonly flags: string
  readonly width: number
  readonly precision: number | undefined
  readonly conversion: "d" | "s" | "f" | "x" | "X"
}

/** Java's format, as far as both engines write it alike. @throws FrameError `FRAME_UNSUPPORTED` */
function piecesOf(format: string, name: string): readonly Piece[] {
  const pieces: Piece[] = []
  let at = 0
  for (const match of format.matchAll(/%([-0,+ ]*)(\d*)(?:\.(\d+))?([a-zA-Z%])/g)) {
    const [whole, flags = "", width = "", precision, conversion = ""] = match
    if (match.index > at) pieces.push(literalPiece(format.slice(at, match.index), name))
    at = match.index + whole.length
    if (conversion === "%") pieces.push("%")
    else if (conversion === "n") pieces.push("\n")
    else pieces.push(placeholder({ flags, width, precision, conversion }, name))
  }
  if (at < format.length) pieces.push(literalPiece(format.slice(at), name))
  return pieces
}

function literalPiece(piece: string, name: string): string {
  if (piece.includes("%")) throw unsupported(name, `The format holds '${piece}'.`, "Use %d, %s, %f, %x and %%.")
  return piece
}

interface Found {
  readonly flags: string
  readonly width: string
  readonly precision: string | undefined
  readonly conversion: string
}

function placeholder({ flags, width, precision, conversion }: Found, name: string): Placeholder {
  if (!/^[dsfxX]$/.test(conversion)) {
    throw unsupported(name, `%${conversion} is not written alike by all engines.`, "Use %d, %s, %f or %x.")
  }
  return {
    flags,
    width: width === "" ? 0 : Number(width),
    precision: precision === undefined ? undefined : Number(precision),
    conversion: conversion as Placeholder["conversion"], // tested above
  }
}

const formatRule: TypeRule = (args, name) => {
  const format = requireText(args, 0, name, "format")
  const places = piecesOf(format, name).filter(piece => typeof piece !== "string")
  if (places.length !== args.length - 1) {
    throw mismatch(name, args, `the format has ${places.length} places for ${args.length - 1} values`)
  }
  places.forEach(({ conversion }, i) => {
    const { type } = argument(args, i + 1)
    const fits = conversion === "s" || (conversion === "f" ? types.isFloating(type) : types.isIntegral(type))
    if (!fits) throw mismatch(name, args, `%${conversion} does not take number ${i + 1}`)
  })
  return { args, type: types.string }
}

function formatted(call: PrintedCall): Sql {
  let next = 0
  const parts = piecesOf(requireText(call.inputs, 0, "format_string", "format"), "format_string").map(piece => {
    if (typeof piece === "string") return textLiteral(piece)
    next++
    return padded(piece, written(piece, arg(call, next), input(call, next)))
  })
  return parts.length === 0 ? sql`''` : sql`(${join(parts, sql` || `)})`
}

/** The text of a value, null for null. */
function written(place: Placeholder, value: Sql, of: Expression): Sql {
  const { conversion, flags, precision } = place
  if (conversion === "s") {
    const text = types.isFloating(of.type)
      ? sql`spark_${of.type.kind === "float32" ? sql`float` : sql`double`}_to_string(${value})`
      : sql`CAST(${value} AS VARCHAR)`
    return precision === undefined ? text : sql`left(${text}, ${precision})`
  }
  if (conversion === "d")
    return signed(flags, value, flags.includes(",") ? sql`format('{:,}', ${value})` : sql`CAST(${value} AS VARCHAR)`)
  if (conversion === "f") {
    const wide = of.type.kind === "float32" ? sql`CAST(${value} AS DOUBLE)` : value
    return once(wide, x => fixed(flags, x, precision ?? 6))
  }
  const digits = of.type.kind === "int64" ? 16 : of.type.kind === "int16" ? 4 : of.type.kind === "int8" ? 2 : 8
  const hex = sql`CASE WHEN ${value} < 0 THEN right(hex(CAST(${value} AS BIGINT)), ${digits}) ELSE hex(CAST(${value} AS BIGINT)) END`
  return conversion === "x" ? sql`lower(${hex})` : hex
}

function signed(flags: string, value: Sql, text: Sql): Sql {
  const sign = flags.includes("+") ? "+" : flags.includes(" ") ? " " : ""
  return sign === "" ? text : sql`CASE WHEN ${value} < 0 THEN ${text} ELSE ${textLiteral(sign)} || ${text} END`
}

/** The sign is written for what is rounded to zero, and for a negative zero, too. */
function fixed(flags: string, value: Sql, precision: number): Sql {
  const size = fixedSize(sql`abs(${value})`, precision)
  const text = flags.includes(",")
    ? sql`CASE WHEN isfinite(${value}) THEN ${grouped(size, precision)} ELSE ${size} END`
    : size
  const plus = textLiteral(flags.includes("+") ? "+" : flags.includes(" ") ? " " : "")
  const sign = sql`CASE WHEN ${value} < 0 THEN '-' WHEN isnan(${value}) THEN '' WHEN ${value} > 0 THEN ${plus} WHEN starts_with(CAST(${value} AS VARCHAR), '-') THEN '-' WHEN ${value} = 0 THEN ${plus} END`
  return sql`(${sign} || ${text})`
}

/** Java rounds the shortest decimal text of the double half up. */
function fixedSize(size: Sql, precision: number): Sql {
  const exact = sql`CAST(CAST(spark_plain(CAST(${size} AS VARCHAR)) AS DECIMAL(38,${precision})) AS VARCHAR)`
  const slow = sql`WHEN isfinite(${size}) THEN ${exact} ELSE spark_special_text(${size}) END`
  if (precision > 15) return sql`CASE ${slow}`
  // Away from a tie by more than the double may be off, rounding it is the same.
  const units = sql`${size} * CAST(${powerOfTen(precision)} AS DOUBLE)`
  const isClear = sql`${units} < 1e15 AND abs(${units} - floor(${units}) - 0.5e0) > 1e-6 + ${units} * 1e-15`
  return sql`CASE WHEN ${isClear} THEN CAST(CAST(${size} AS DECIMAL(18,${precision})) AS VARCHAR) ${slow}`
}

/** The digits before the point in threes. */
function grouped(text: Sql, precision: number): Sql {
  const whole = (digits: Sql) => sql`format('{:,}', CAST(${digits} AS HUGEINT))`
  if (precision === 0) return whole(text)
  return once(text, t => sql`(${whole(sql`left(${t}, ${-(precision + 1)})`)} || right(${t}, ${precision + 1}))`)
}

/** A null is the text `null`, cut to the precision, never filled with zeros. */
function padded({ flags, width, precision, conversion }: Placeholder, text: Sql): Sql {
  const nothing = conversion === "d" || conversion[0]?.toLowerCase() === "x" ? "null" : "null".slice(0, precision ?? 4)
  if (width === 0) return sql`coalesce(${text}, ${textLiteral(nothing)})`
  const fill = (value: Sql) => {
    const wanted = conversion === "s" ? sql`${width} - ${doubledCharacters(value)}` : sql`${width}`
    const size = sql`CAST(greatest(${wanted}, length(${value})) AS INTEGER)`
    if (flags.includes("-")) return sql`rpad(${value}, ${size}, ' ')`
    if (!flags.includes("0")) return sql`lpad(${value}, ${size}, ' ')`
    const filled = sql`CASE WHEN left(${value}, 1) IN ('-', '+') THEN left(${value}, 1) || lpad(substring(${value}, 2), ${size} - 1, '0') ELSE lpad(${value}, ${size}, '0') END`
    // `Infinity` and `NaN` are no digits.
    return conversion === "f"
      ? sql`CASE WHEN contains(${value}, 'n') OR contains(${value}, 'N') THEN lpad(${value}, ${size}, ' ') ELSE ${filled} END`
      : filled
  }
  return sql`coalesce(${once(text, fill)}, ${textLiteral(flags.includes("-") ? nothing.padEnd(width) : nothing.padStart(width))})`
}

const numberRule: TypeRule = (args, name) => {
  const cast = takes([numeric, int], types.string)(args, name)
  const digits = requireInteger(cast.args, 1, name, "number of digits")
  if (digits < 0 || digits > 18) throw unsupported(name, `${digits} digits cannot be written.`, "Give 0 to 18.")
  return cast
}

/** `1,234.57`: grouped by thousands, half to even. */
function formatNumber(call: PrintedCall): Sql {
  const [x, digits] = [arg(call, 0), requireInteger(call.inputs, 1, "format_number", "number of digits")]
  const { type } = input(call, 0)
  const form = textLiteral(`{:,.${digits}f}`)
  if (types.isIntegral(type)) {
    const zeros = digits === 0 ? sql`` : sql` || ${textLiteral(`.${"0".repeat(digits)}`)}`
    return sql`(format('{:,}', ${x})${zeros})`
  }
  if (types.isDecimal(type)) {
    const rounded = halfEven(x, digits)
    const sign = sql`CASE WHEN ${x} < 0 AND ${rounded} = 0 THEN '-' ELSE '' END`
    return sql`(${sign} || format(${form}, CAST(${rounded} AS DOUBLE)))`
  }
  const wide = castTo(x, types.float64)
  const special = sql`CASE WHEN isnan(${x}) THEN 'NaN' WHEN ${x} > 0 THEN '∞' ELSE '-∞' END`
  return sql`CASE WHEN NOT isfinite(${x}) THEN ${special} ELSE format(${form}, ${wide}) END`
}

/** Values as text by a format. */
export const formatFunctions = {
  format_string: scalar(formatRule, formatted, { revision: 3 }),
  format_number: scalar(numberRule, formatNumber, { revision: 2 }),
} satisfies { readonly [name: string]: FunctionEntry }
