import { DataType as Arrow, Decimal, Int64, List, Map_, Struct, TimestampMicrosecond, Utf8 } from "apache-arrow"
import { describe, expect, test } from "vitest"
import { FrameError } from "../src/errors/frame-error.ts"
import { arrowTypeOf, dataTypeOf, schemaOf, typeFrom } from "../src/schema/arrow-type.ts"
import { parseDataType } from "../src/schema/parse-data-type.ts"
import { t } from "../src/schema/t.ts"
import { typeName } from "../src/schema/type-name.ts"

const all = {
  boolean: t.boolean,
  tinyint: t.int8,
  smallint: t.int16,
  int: t.int32,
  bigint: t.int64,
  float: t.float32,
  double: t.float64,
  "decimal(10,2)": t.decimal(10, 2),
  "decimal(38,0)": t.decimal(38, 0),
  string: t.string,
  binary: t.binary,
  date: t.date,
  timestamp: t.timestamp,
  timestamp_ntz: t.timestampNtz,
  "array<string>": t.array(t.string),
  "struct<a:int,b:array<double>>": t.struct({ a: t.int32, b: t.array(t.float64) }),
  "map<string,decimal(5,1)>": t.map(t.string, t.decimal(5, 1)),
} as const

describe("t", () => {
  test("gives instances of Arrow's own classes", () => {
    expect(t.int64).toBeInstanceOf(Int64)
    expect(t.string).toBeInstanceOf(Utf8)
    expect(t.timestamp).toBeInstanceOf(TimestampMicrosecond)
    expect(t.decimal(10, 2)).toBeInstanceOf(Decimal)
    expect(t.array(t.string)).toBeInstanceOf(List)
    expect(t.struct({ a: t.int32 })).toBeInstanceOf(Struct)
    expect(t.map(t.string, t.int32)).toBeInstanceOf(Map_)
    expect(Object.values(all).every(type => Arrow.isDataType(type))).toBe(true)
  })

  for (const [name, arrow] of Object.entries(all)) {
    test(`${name} is the same type in Arrow, in the plan and as text`, () => {
      const type = dataTypeOf(arrow)
      if (!type) throw new Error("no type")
      expect(typeName(type)).toBe(name)
      expect(parseDataType(name)).toEqual(type)
      expect(dataTypeOf(arrowTypeOf(type))).toEqual(type)
    })
  }

  test("a decimal has at most 38 digits, and not more of them after the point", () => {
    for (const [precision, scale] of [
      [39, 2],
      [0, 0],
      [5, 6],
      [5, -1],
    ]) {
      expect(() => t.decimal(precision ?? 0, scale ?? 0)).toThrow(FrameError)
    }
  })

  test("what is no type is refused by name", () => {
    expect(() => typeFrom("bigint")).toThrow(/bigint is not a type/)
    expect(() => schemaOf({ id: undefined as never })).toThrow(
      expect.objectContaining({ code: "FRAME_ARGUMENT_INVALID" }),
    )
  })
})
