import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { duckdb } from "@assets/io-duckdb"
import { describe, expect, test } from "vitest"
import type { BoundDataFrame } from "../src/data-frame.ts"
import { frame } from "../src/frame.ts"

import * as f from "../src/functions.ts"
import { relationOf } from "../src/plan-frame.ts"
import { t } from "../src/schema/t.ts"
import { typeName } from "../src/schema/type-name.ts"
import { testOnEngines } from "../src/testing/index.ts"

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
} = f

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

/** The columns of every type, with one row. `checked` holds what tsc says to what the plan says. */
const types = {
  b: t.boolean,
  i: t.int32,
  n: t.int64,
  x: t.float64,
  d: t.decimal(10, 2),
  s: t.string,
  bin: t.binary,
  day: t.date,
  at: t.timestamp,
  list: t.array(t.int32),
  texts: t.array(t.string),
  lists: t.array(t.array(t.int32)),
  map: t.map(t.string, t.float64),
  st: t.struct({ a: t.int32, b: t.string }),
}
const row = {
  b: true,
  i: 3,
  n: 4,
  x: 0.5,
  d: "2.50",
  s: "a,b",
  bin: new Uint8Array([1]),
  day: "2024-01-31",
  at: "2024-01-31T10:20:30Z",
  list: [3, null, 1],
  texts: ["x", null],
  lists: [[1], [2, 3]],
  map: new Map([["k", 1.5]]),
  st: { a: 1, b: "q" },
}

describe("what tsc says of a function's type is what the plan says, and it runs", () => {
  const on = (run: (frame: BoundDataFrame<typeof types>) => { take(rows: number): Promise<readonly object[]> }) =>
    testOnEngines([duckdb()], async session => {
      expect(await run(session.createDataFrame(types, [row])).take(2)).toHaveLength(1)
    })

  test("texts", () =>
    on(frame =>
      frame
        .select(c => ({
          left: f.left(c.s, 1),
          right: f.right(c.s, 1),
          repeat: f.repeat(c.s, 2),
          reverse: f.reverse(c.s),
          translate: f.translate(c.s, "a", "b"),
          ascii: f.ascii(c.s),
          part: f.splitPart(c.s, ",", 2),
          count: f.regexpCount(c.s, "[a-z]"),
          all: f.regexpExtractAll(c.s, "([a-z])"),
          sub: f.regexpSubstr(c.s, "b"),
          bytes: f.octetLength(c.s),
          sha1: f.sha1(c.s),
          hex: f.hex(c.n),
          nanvl: f.nanvl(c.x, 0),
          nvl2: f.nvl2(c.s, c.i, 0),
        }))
        .checked({
          left: t.string,
          right: t.string,
          repeat: t.string,
          reverse: t.string,
          translate: t.string,
          ascii: t.int32,
          part: t.string,
          count: t.int32,
          all: t.array(t.string),
          sub: t.string,
          bytes: t.int32,
          sha1: t.string,
          hex: t.string,
          nanvl: t.float64,
          nvl2: t.int32,
        }),
    ))

  test("numbers", () =>
    on(frame => {
      const doubles = frame.select(c => ({
        a: f.cbrt(c.x),
        b: f.ln(c.x),
        c: f.log10(c.i),
        d: f.log2(c.x),
        e: f.sin(c.x),
        g: f.cos(c.x),
        h: f.tan(c.x),
        i: f.asin(c.x),
        j: f.acos(c.x),
        k: f.atan(c.x),
        l: f.sinh(c.x),
        m: f.cosh(c.x),
        n: f.tanh(c.x),
        o: f.degrees(c.x),
        p: f.radians(c.x),
        q: f.rint(c.x),
        r: f.atan2(c.x, c.i),
      }))
      expect(new Set(Object.values(typesOf(doubles)))).toEqual(new Set(["double"]))
      return doubles.crossJoin(
        frame
          .select(c => ({
            factorial: f.factorial(c.i),
            pmod: f.pmod(c.n, 3),
            added: f.tryAdd(c.i, c.n),
            subtracted: f.trySubtract(c.i, 1),
            multiplied: f.tryMultiply(c.n, 2),
            divided: f.tryDivide(c.i, 0),
          }))
          .checked({
            factorial: t.int64,
            pmod: t.int64,
            added: t.int64,
            subtracted: t.int32,
            multiplied: t.int64,
            divided: t.float64,
          }),
      )
    }))

  test("dates and times", () =>
    on(frame =>
      frame
        .select(c => ({
          quarter: f.quarter(c.day),
          week: f.weekofyear(c.at),
          ofYear: f.dayofyear(c.day),
          weekday: f.weekday(c.day),
          dayname: f.dayname(c.day),
          monthname: f.monthname(c.day),
          trunc: f.trunc(c.day, "month"),
          added: f.addMonths(c.day, 1),
          next: f.nextDay(c.day, "Mon"),
          text: f.dateFormat(c.at, "yyyy-MM"),
          seconds: f.unixSeconds(c.at),
          millis: f.unixMillis(c.at),
          micros: f.unixMicros(c.at),
          days: f.unixDate(c.day),
          back: f.dateFromUnixDate(c.i),
          ofSeconds: f.timestampSeconds(c.n),
          ofMillis: f.timestampMillis(c.n),
          ofMicros: f.timestampMicros(c.n),
          made: f.makeDate(2024, c.i, 1),
        }))
        .checked({
          quarter: t.int32,
          week: t.int32,
          ofYear: t.int32,
          weekday: t.int32,
          dayname: t.string,
          monthname: t.string,
          trunc: t.date,
          added: t.date,
          next: t.date,
          text: t.string,
          seconds: t.int64,
          millis: t.int64,
          micros: t.int64,
          days: t.int32,
          back: t.date,
          ofSeconds: t.timestamp,
          ofMillis: t.timestamp,
          ofMicros: t.timestamp,
          made: t.date,
        }),
    ))

  test("arrays, maps and structs", () =>
    on(frame =>
      frame
        .select(c => ({
          size: f.size(c.list),
          sizeOfMap: f.size(c.map),
          array: f.array(c.i, c.n),
          contains: f.arrayContains(c.list, 3),
          position: f.arrayPosition(c.list, 1),
          removed: f.arrayRemove(c.list, 3),
          distinct: f.arrayDistinct(c.list),
          compact: f.arrayCompact(c.list),
          union: f.arrayUnion(c.list, c.list),
          intersect: f.arrayIntersect(c.list, c.list),
          except: f.arrayExcept(c.list, c.list),
          max: f.arrayMax(c.list),
          min: f.arrayMin(c.list),
          sorted: f.sortArray(c.list, false),
          joined: f.arrayJoin(c.texts, "-"),
          flat: f.flatten(c.lists),
          keys: f.mapKeys(c.map),
          values: f.mapValues(c.map),
          has: f.mapContainsKey(c.map, "k"),
          item: c.list.getItem(0),
          entry: c.map.getItem("k"),
          field: c.st.getField("b"),
        }))
        .checked({
          size: t.int32,
          sizeOfMap: t.int32,
          array: t.array(t.int64),
          contains: t.boolean,
          position: t.int64,
          removed: t.array(t.int32),
          distinct: t.array(t.int32),
          compact: t.array(t.int32),
          union: t.array(t.int32),
          intersect: t.array(t.int32),
          except: t.array(t.int32),
          max: t.int32,
          min: t.int32,
          sorted: t.array(t.int32),
          joined: t.string,
          flat: t.array(t.int32),
          keys: t.array(t.string),
          values: t.array(t.float64),
          has: t.boolean,
          item: t.int32,
          entry: t.float64,
          field: t.string,
        }),
    ))

  test("aggregates", () =>
    on(frame =>
      frame
        .agg(c => ({
          distinct: f.sumDistinct(c.i),
          stddev: f.stddevPop(c.x),
          variance: f.variance(c.x),
          varPop: f.varPop(c.n),
          every: f.boolAnd(c.b),
          some: f.boolOr(c.b),
          list: f.collectList(c.s),
          set: f.collectSet(c.i),
          last: f.last(c.day),
          any: f.anyValue(c.at),
        }))
        .checked({
          distinct: t.int64,
          stddev: t.float64,
          variance: t.float64,
          varPop: t.float64,
          every: t.boolean,
          some: t.boolean,
          list: t.array(t.string),
          set: t.array(t.int32),
          last: t.date,
          any: t.timestamp,
        }),
    ))
})

test("every exported function is tried here or in the tests beside", () => {
  const files = ["functions.test.ts", "functions-breadth.test.ts", "nested-functions.test.ts", "hints.test.ts"]
  const text = files.map(file => readFileSync(fileURLToPath(new URL(file, import.meta.url)), "utf8")).join("\n")
  const untried = Object.keys(f).filter(name => !new RegExp(`[ .(]${name}\\(`).test(text))
  expect(untried).toEqual([])
})
