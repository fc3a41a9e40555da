import type { Column, DataType } from "./data-type.ts"
import { decimal } from "./decimal-type.ts"
import { TokenReader } from "./token-reader.ts"
import * as types from "./type-family.ts"

const names: { readonly [name: string]: DataType } = {
  boolean: types.boolean,
  tinyint: types.int8,
  byte: types.int8,
  smallint: types.int16,
  short: types.int16,
  int: types.int32,
  integer: types.int32,
  bigint: types.int64,
  long: types.int64,
  float: types.float32,
  real: types.float32,
  double: types.float64,
  string: types.string,
  binary: types.binary,
  date: types.date,
  timestamp: types.timestamp,
  timestamp_ltz: types.timestamp,
  timestamp_ntz: types.timestampNtz,
  void: types.voidType,
}

const timeUnits = ["day", "hour", "minute", "second"]

/** Parses Spark's text of a type: `decimal(10,2)`, `array<struct<x:int>>`. @throws FrameError `FRAME_EXPRESSION_SYNTAX` */
export function parseDataType(text: string): DataType {
  const reader = new TokenReader(text)
  const type = readDataType(reader)
  if (reader.peek().kind !== "end") throw reader.fault(`${reader.found()} follows the type`, "Take it away.")
  return type
}

/** Reads a type from the middle of an expression. */
export function readDataType(reader: TokenReader): DataType {
  const start = reader.peek()
  const name = reader.name("a type").toLowerCase()
  switch (name) {
    case "decimal":
    case "dec":
    case "numeric":
      return readDecimal(reader)
    case "array": {
      reader.expect("<")
      const element = readDataType(reader)
      closeAngle(reader)
      return { kind: "array", element }
    }
    case "map": {
      reader.expect("<")
      const key = readDataType(reader)
      reader.expect(",")
      const value = readDataType(reader)
      closeAngle(reader)
      return { kind: "map", key, value }
    }
    case "struct":
      return readStruct(reader)
    case "interval":
      return readInterval(reader)
  }
  const type = names[name]
  if (!type) throw reader.fault(`'${name}' is not a type`, `Use one of ${Object.keys(names).join(", ")}.`, start)
  return type
}

function readDecimal(reader: TokenReader): DataType {
  const start = reader.peek()
  if (!reader.take("(")) return decimal(10, 0)
  const precision = readInteger(reader)
  const scale = reader.take(",") ? readInteger(reader) : 0
  reader.expect(")")
  if (precision < 1 || precision > 38 || scale > precision) {
    const why = `decimal(${precision},${scale}) has a precision outside 1 to 38, or a scale above it`
    throw reader.fault(why, "Use decimal(38,18), for one.", start)
  }
  return decimal(precision, scale)
}

function readInteger(reader: TokenReader): number {
  const token = reader.next()
  if (token.kind !== "number" || !/^\d+$/.test(token.text)) {
    throw reader.fault("a whole number is missing", "Write it there.", token)
  }
  return Number(token.text)
}

function readStruct(reader: TokenReader): DataType {
  const fields: Column[] = []
  reader.expect("<")
  if (reader.take(">")) return { kind: "struct", fields }
  do {
    const name = reader.name("a field's name")
    reader.take(":")
    fields.push({ name, type: readDataType(reader) })
  } while (reader.take(","))
  closeAngle(reader)
  return { kind: "struct", fields }
}

function readInterval(reader: TokenReader): DataType {
  const first = reader.name("an interval's unit").toLowerCase()
  if (reader.take("to")) reader.name("an interval's unit")
  return timeUnits.includes(first) ? types.dayTimeInterval : types.yearMonthInterval
}

/** `>>` closes two types at once. */
function closeAngle(reader: TokenReader): void {
  if (!reader.closeAngle()) throw reader.fault(`'>' is missing before ${reader.found()}`, "Write > there.")
}
