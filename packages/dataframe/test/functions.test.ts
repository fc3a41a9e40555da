import { describe, expect, test } from "vitest"
import { frame } from "../src/frame.ts"
import * as functions from "../src/functions.ts"
import { relationOf } from "../src/plan-frame.ts"
import { t } from "../src/schema/t.ts"
import { typeName } from "../src/schema/type-name.ts"

const {
  abs,
  avg,
  ceil,
  coalesce,
  concat,
  concatWs,
  count,
  countDistinct,
  countIf,
  currentDate,
  currentTimestamp,
  dateAdd,
  dateSub,
  dateTrunc,
  datediff,
  dayofmonth,
  dayofweek,
  exp,
  expr,
  first,
  floor,
  greatest,
  hour,
  initcap,
  instr,
  isnan,
  isnull,
  lastDay,
  least,
  length,
  lit,
  lower,
  lpad,
  ltrim,
  max,
  md5,
  min,
  minute,
  month,
  nullif,
  nvl,
  pow,
  regexpExtract,
  regexpReplace,
  replace,
  round,
  rpad,
  rtrim,
  second,
  signum,
  split,
  sqrt,
  stddev,
  substring,
  sum,
  toDate,
  toTimestamp,
  trim,
  upper,
  when,
  year,
} = functions

const input = frame({
  b: t.boolean,
  i8: t.int8,
  i: t.int32,
  n: t.int64,
  f: t.float32,
  x: t.float64,
  d: t.decimal(10, 2),
  s: t.string,
  bin: t.binary,
  day: t.date,
  at: t.timestamp,
  wall: t.timestampNtz,
  list: t.array(t.int32),
}).input("all")

const typesOf = (given: unknown) =>
  Object.fromEntries(relationOf(given, "test").schema.columns.map(({ name, type }) => [name, typeName(type)]))

describe("each function has a row in the function table, and Spark's type", () => {
  test("values and conditions", () => {
    expect(
      typesOf(
        input.select(c => ({
          lit: lit(1),
          litDouble: lit(1.5),
          litLong: lit(1n),
          litTyped: lit("9.99", t.decimal(5, 2)),
          litNull: lit(null, t.date),
          litDate: lit(new Date(0)),
          litLarge: lit(2 ** 40),
          expr: expr("i + 1", t.int32),
          when: when(c.b, c.i).otherwise(c.n),
          coalesce: coalesce(c.i, c.n, 1.5),
          isnull: isnull(c.s),
          isnan: isnan(c.x),
          nullif: nullif(c.s, "x"),
          nvl: nvl(c.i, 0),
          greatest: greatest(c.i, c.x),
          least: least(c.day, "2024-01-01"),
        })),
      ),
    ).toEqual({
      lit: "int",
      litDouble: "double",
      litLong: "bigint",
      litTyped: "decimal(5,2)",
      litNull: "date",
      litDate: "timestamp",
      litLarge: "bigint",
      expr: "int",
      when: "bigint",
      coalesce: "double",
      isnull: "boolean",
      isnan: "boolean",
      nullif: "string",
      nvl: "int",
      greatest: "double",
      least: "date",
    })
  })

  test("text", () => {
    const types = typesOf(
      input.select(c => ({
        concat: concat(c.s, " ", c.s),
        concatWs: concatWs(", ", c.s, "b"),
        upper: upper(c.s),
        lower: lower(c.s),
        initcap: initcap(c.s),
        trim: trim(c.s),
        ltrim: ltrim(c.s),
        rtrim: rtrim(c.s),
        trimmed: trim(c.s, "x"),
        length: length(c.s),
        bytes: length(c.bin),
        substring: substring(c.s, 1, 2),
        lpad: lpad(c.s, 5, " "),
        rpad: rpad(c.s, 5, " "),
        replace: replace(c.s, "a", "b"),
        removed: replace(c.s, "a"),
        instr: instr(c.s, "a"),
        regexpReplace: regexpReplace(c.s, "(a)b", "$1"),
        regexpExtract: regexpExtract(c.s, "(a)"),
        split: split(c.s, ","),
        limited: split(c.s, ",", 2),
        md5: md5(c.s),
        md5Bytes: md5(c.bin),
      })),
    )
    expect(types.length).toBe("int")
    expect(types.instr).toBe("int")
    expect([types.split, types.limited]).toEqual(["array<string>", "array<string>"])
    const { length: _, bytes, instr: __, split: ___, limited, ...texts } = types
    expect(bytes).toBe("int")
    expect(new Set(Object.values(texts))).toEqual(new Set(["string"]))
  })

  test("numbers", () => {
    expect(
      typesOf(
        input.select(c => ({
          abs: abs(c.i8),
          round: round(c.x, 2),
          rounded: round(c.i),
          roundDecimal: round(c.d, 1),
          floor: floor(c.x),
          ceil: ceil(c.i),
          floorDecimal: floor(c.d),
          sqrt: sqrt(c.n),
          exp: exp(c.i),
          pow: pow(c.x, 2),
          signum: signum(c.d),
        })),
      ),
    ).toEqual({
      abs: "tinyint",
      round: "double",
      rounded: "int",
      roundDecimal: "decimal(10,1)",
      floor: "bigint",
      ceil: "bigint",
      floorDecimal: "decimal(9,0)",
      sqrt: "double",
      exp: "double",
      pow: "double",
      signum: "double",
    })
  })

  test("dates and times", () => {
    expect(
      typesOf(
        input.select(c => ({
          year: year(c.day),
          month: month(c.at),
          dayofmonth: dayofmonth(c.wall),
          dayofweek: dayofweek(c.day),
          hour: hour(c.wall),
          minute: minute(c.at),
          second: second(c.at),
          dateTrunc: dateTrunc("month", c.at),
          toDate: toDate(c.wall),
          parsed: toDate(c.s, "yyyy-MM-dd"),
          toTimestamp: toTimestamp(c.s),
          dateAdd: dateAdd(c.day, 1),
          dateSub: dateSub(c.day, c.i),
          datediff: datediff(c.day, c.day),
          lastDay: lastDay(c.day),
          currentDate: currentDate(),
          currentTimestamp: currentTimestamp(),
        })),
      ),
    ).toEqual({
      year: "int",
      month: "int",
      dayofmonth: "int",
      dayofweek: "int",
      hour: "int",
      minute: "int",
      second: "int",
      dateTrunc: "timestamp",
      toDate: "date",
      parsed: "date",
      toTimestamp: "timestamp",
      dateAdd: "date",
      dateSub: "date",
      datediff: "int",
      lastDay: "date",
      currentDate: "date",
      currentTimestamp: "timestamp",
    })
  })

  test("aggregates", () => {
    expect(
      typesOf(
        input.agg(c => ({
          count: count(),
          counted: count(c.s),
          countDistinct: countDistinct(c.s, c.i),
          countIf: countIf(c.b),
          sum: sum(c.i),
          sumFloat: sum(c.f),
          sumDecimal: sum(c.d),
          avg: avg(c.i),
          avgDecimal: avg(c.d),
          min: min(c.day),
          max: max(c.s),
          stddev: stddev(c.x),
          first: first(c.at),
          ratio: sum(c.i).divide(count()),
        })),
      ),
    ).toEqual({
      count: "bigint",
      counted: "bigint",
      countDistinct: "bigint",
      countIf: "bigint",
      sum: "bigint",
      sumFloat: "double",
      sumDecimal: "decimal(20,2)",
      avg: "double",
      avgDecimal: "decimal(14,6)",
      min: "date",
      max: "string",
      stddev: "double",
      first: "timestamp",
      ratio: "double",
    })
  })

  test("every exported function is tried above", () => {
    expect(Object.keys(functions)).toHaveLength(61)
  })
})

test("column methods have Spark's types", () => {
  expect(
    typesOf(
      input.select(c => ({
        plus: c.i8.plus(c.i8),
        wider: c.i8.plus(c.n),
        half: c.i.divide(2),
        exact: c.d.multiply(c.d),
        mod: c.n.mod(7),
        like: c.s.like("a%"),
        sub: c.s.substr(1, 2),
        cast: c.s.cast(t.int32),
        tried: c.s.tryCast(t.date),
        between: c.day.between("2024-01-01", new Date()),
        isin: c.s.isin("a", "b"),
        same: c.s.eqNullSafe("a"),
        not: c.b.not().and(true).or(c.b),
        starts: c.s.startsWith("a"),
        rlike: c.s.rlike("a+"),
      })),
    ),
  ).toEqual({
    plus: "tinyint",
    wider: "bigint",
    half: "double",
    exact: "decimal(21,4)",
    mod: "bigint",
    like: "boolean",
    sub: "string",
    cast: "int",
    tried: "date",
    between: "boolean",
    isin: "boolean",
    same: "boolean",
    not: "boolean",
    starts: "boolean",
    rlike: "boolean",
  })
})

test.fails("getItem and getField: their rows in the function table come with the nested functions", () => {
  input.select(c => ({ item: c.list.getItem(0) }))
})
