import { describe, expect, test } from "vitest"
import { FrameError } from "../src/errors/frame-error.ts"
import type { Expression } from "../src/plan/expression.ts"
import { parseExpression } from "../src/plan/parse-expression.ts"
import { resolveExpression, type Scope } from "../src/plan/resolve-expression.ts"
import { parseDataType } from "../src/schema/parse-data-type.ts"
import { typeName } from "../src/schema/type-name.ts"

const types = {
  i: "int",
  l: "bigint",
  f: "float",
  d: "double",
  m: "decimal(10,2)",
  w: "decimal(38,10)",
  s: "string",
  p: "boolean",
  dd: "date",
  ts: "timestamp",
  tn: "timestamp_ntz",
  a: "array<int>",
  mp: "map<string,int>",
}
const columns = Object.entries(types).map(([name, type]) => ({ name, type: parseDataType(type) }))
const resolve = (text: string, scope: Scope = { columns }) => resolveExpression(parseExpression(text), scope)

function fault(text: string, scope?: Scope): FrameError {
  try {
    resolve(text, scope)
  } catch (error) {
    if (error instanceof FrameError) return error
  }
  throw new Error(`'${text}' was resolved`)
}

describe("types by Spark's ANSI rules", () => {
  test.each([
    ["i + 1", "int"],
    ["i + l", "bigint"],
    ["i + f", "double"],
    ["f + f", "float"],
    ["i / i", "double"],
    ["s + i", "bigint"],
    ["s * d", "double"],
    ["s + s", "double"],
    ["m + m", "decimal(11,2)"],
    ["m * m", "decimal(21,4)"],
    ["m / m", "decimal(23,13)"],
    ["m % m", "decimal(10,2)"],
    ["w + w", "decimal(38,9)"],
    ["w * w", "decimal(38,6)"],
    ["m + 1", "decimal(11,2)"],
    ["m + l", "decimal(23,2)"],
    ["m + d", "double"],
    ["m div i", "bigint"],
    ["coalesce(dd, ts)", "timestamp"],
    ["coalesce(dd, tn)", "timestamp_ntz"],
    ["coalesce(null, i)", "int"],
    ["coalesce(i, s)", "bigint"],
    ["case when p then i else d end", "double"],
    ["dd + 1", "date"],
    ["dd - dd", "interval day to second"],
    ["dd + interval '1' month", "date"],
    ["ts - interval '1' hour", "timestamp"],
    ["ts - ts", "interval day to second"],
    ["round(m, 1)", "decimal(10,1)"],
    ["ceil(d)", "bigint"],
    ["length(s)", "int"],
    ["sum(i)", "bigint"],
    ["sum(m)", "decimal(20,2)"],
    ["avg(m)", "decimal(14,6)"],
    ["avg(i)", "double"],
    ["count(*)", "bigint"],
    ["max(s)", "string"],
    ["split(s, ',')", "array<string>"],
    ["current_date()", "date"],
  ])("%s is %s", (text, type) => expect(typeName(resolve(text).type)).toBe(type))
})

test("implicit casts are written out", () => {
  const cast = { kind: "cast", mode: "ansi", type: { kind: "int64" } }
  expect(resolve("s = i")).toMatchObject({ name: "=", args: [cast, cast] })
})

test("names are found without regard to case, and get the column's spelling", () => {
  expect(resolve("TS")).toMatchObject({ kind: "column", name: "ts" })
})

test("other spellings of a function become one name", () => {
  expect(resolve("ucase(s)")).toEqual(resolve("UPPER(s)"))
  expect(resolve("nvl(i, 0)")).toEqual(resolve("coalesce(i, 0)"))
})

test("the time of a run is a parameter, so that all its steps have one", () => {
  expect(resolve("current_timestamp")).toEqual({ kind: "parameter", name: "run.now", type: { kind: "timestamp" } })
})

test("a join's condition says of which side a column is", () => {
  const scope: Scope = { left: columns.slice(0, 2), right: columns.slice(1, 3) }
  expect((resolve("i = f", scope) as Extract<Expression, { kind: "call" }>).args).toMatchObject([
    { input: { name: "i", side: "left" } },
    { input: { name: "f", side: "right" } },
  ])
  expect(fault("l = 1", scope).code).toBe("FRAME_COLUMN_AMBIGUOUS")
})

describe("faults", () => {
  test("an unknown column names the nearest ones", () => {
    const error = fault("tss + 1")
    expect(error.code).toBe("FRAME_COLUMN_UNKNOWN")
    expect(error.fix).toContain("'ts'")
  })

  test("an unknown function names the nearest ones", () => {
    const error = fault("uper(s)")
    expect(error.code).toBe("FRAME_FUNCTION_UNKNOWN")
    expect(error.fix).toBe("Did you mean 'upper'?")
  })

  test.each([
    ["i = p", "FRAME_TYPE_MISMATCH"],
    ["sum(p)", "FRAME_TYPE_MISMATCH"],
    ["cast(dd as int)", "FRAME_TYPE_MISMATCH"],
    ["i and p", "FRAME_TYPE_MISMATCH"],
    ["mp = mp", "FRAME_TYPE_MISMATCH"],
    ["upper()", "FRAME_ARGUMENT_INVALID"],
    ["upper(s, s)", "FRAME_ARGUMENT_INVALID"],
    ["upper(distinct s)", "FRAME_ARGUMENT_INVALID"],
    ["sum(sum(i))", "FRAME_ARGUMENT_INVALID"],
    ["row_number()", "FRAME_ARGUMENT_INVALID"],
    ["round(d, i)", "FRAME_ARGUMENT_INVALID"],
    ["s rlike s", "FRAME_ARGUMENT_INVALID"],
    ["s rlike '('", "FRAME_ARGUMENT_INVALID"],
    ["s like 'a\\\\b'", "FRAME_ARGUMENT_INVALID"],
    ["regexp_extract(s, 'a(b)', 2)", "FRAME_ARGUMENT_INVALID"],
    ["s rlike 'a(?=b)'", "FRAME_UNSUPPORTED"],
    ["s rlike '(.)\\\\1'", "FRAME_UNSUPPORTED"],
    ["regexp_replace(s, 'x*', '-')", "FRAME_UNSUPPORTED"],
    ["to_date(s, 'yyyy-QQ')", "FRAME_UNSUPPORTED"],
  ])("%s: %s", (text, code) => expect(fault(text).code).toBe(code))
})
