import { openSession, type Session, t, Window } from "@assets/dataframe"
import * as f from "@assets/dataframe/functions"
import { duckdb } from "@assets/io-duckdb"
import { afterAll, beforeAll, expect, test } from "vitest"

// The meaning of each function is proven by the cases of Spark; here each wrapper is held to its types and arguments.

const columns = {
  i: t.int32,
  l: t.int64,
  x: t.float64,
  d: t.decimal(10, 2),
  s: t.string,
  b: t.boolean,
  bin: t.binary,
  day: t.date,
  at: t.timestamp,
  wall: t.timestampNtz,
  items: t.array(t.int32),
  m: t.map(t.string, t.int32),
  st: t.struct({ x: t.int32, y: t.string }),
}

const row = {
  i: 5,
  l: 7n,
  x: 2.5,
  d: "12.34",
  s: "Robert",
  b: true,
  bin: new TextEncoder().encode("hi"),
  day: "2024-02-29",
  at: "2024-02-29T10:20:30Z",
  wall: "2024-02-29T10:20:30",
  items: [3, 1, 2],
  m: new Map([["a", 1]]),
  st: { x: 1, y: "q" },
}

let session: Session
beforeAll(async () => {
  session = await openSession(duckdb({ threads: 1 }))
})
afterAll(() => session?.close())

const data = () => session.createDataFrame(columns, [row])

test("numbers", async () => {
  const made = data()
    .select(c => ({
      bround: f.bround(c.x),
      shiftleft: f.shiftleft(c.i, 2),
      shiftright: f.shiftright(c.l, 1),
      bucket: f.widthBucket(c.x, 0, 10, 5),
      log: f.log(2, 8),
      log1p: f.log1p(0),
      expm1: f.expm1(0),
      hypot: f.hypot(3, 4),
      asinh: f.asinh(0),
      acosh: f.acosh(1),
      atanh: f.atanh(0),
      cot: f.round(f.cot(1), 3),
      pi: f.round(f.pi(), 2),
      e: f.round(f.e(), 2),
      bitCount: f.bitCount(c.i),
      bin: f.bin(c.i),
      tryMod: f.tryMod(c.i, 0),
      negative: f.negative(c.i),
      positive: f.positive(c.i),
      ceiling: f.ceiling(c.x),
      power: f.power(2, 3),
      sign: f.sign(-2),
      nullifzero: f.nullifzero(c.i.minus(5)),
      zeroifnull: f.zeroifnull(f.nullifzero(c.i.minus(5))),
    }))
    .checked({
      bround: t.float64,
      shiftleft: t.int32,
      shiftright: t.int64,
      bucket: t.int64,
      log: t.float64,
      log1p: t.float64,
      expm1: t.float64,
      hypot: t.float64,
      asinh: t.float64,
      acosh: t.float64,
      atanh: t.float64,
      cot: t.float64,
      pi: t.float64,
      e: t.float64,
      bitCount: t.int32,
      bin: t.string,
      tryMod: t.int32,
      negative: t.int32,
      positive: t.int32,
      ceiling: t.int64,
      power: t.float64,
      sign: t.float64,
      nullifzero: t.int32,
      zeroifnull: t.int32,
    })
  expect(await made.first()).toEqual({
    bround: 2,
    shiftleft: 20,
    shiftright: 3n,
    bucket: 2n,
    log: 3,
    log1p: 0,
    expm1: 0,
    hypot: 5,
    asinh: 0,
    acosh: 0,
    atanh: 0,
    cot: 0.642,
    pi: 3.14,
    e: 2.72,
    bitCount: 2,
    bin: "101",
    tryMod: null,
    negative: -5,
    positive: 5,
    ceiling: 3n,
    power: 8,
    sign: -1,
    nullifzero: null,
    zeroifnull: 0,
  })
})

test("texts", async () => {
  const made = data().select(c => ({
    btrim: f.btrim(" a "),
    regexpInstr: f.regexpInstr(c.s, "b"),
    rlike: f.rlike(c.s, "^R"),
    like: f.like(c.s, "Rob%"),
    ilike: f.ilike(c.s, "rob%"),
    contains: f.contains(c.s, "ber"),
    startswith: f.startswith(c.s, "Ro"),
    endswith: f.endswith(c.s, "rt"),
    locate: f.locate("r", c.s, 2),
    position: f.position("b", c.s),
    levenshtein: f.levenshtein(c.s, "Rupert"),
    soundex: f.soundex(c.s),
    elt: f.elt(2, "a", "b"),
    index: f.substringIndex("a.b.c", ".", 2),
    overlay: f.overlay("abcdef", "X", 2, 3),
    find: f.findInSet("b", "a,b,c"),
    char: f.char(65),
    bits: f.bitLength("ab"),
    encode: f.encode("hi"),
    decode: f.decode(c.bin),
    base64: f.base64(c.bin),
    unbase64: f.unbase64("aGk="),
    unhex: f.unhex("6869"),
    sha2: f.left(f.sha2("a"), 6),
    url: f.urlEncode("a b&c"),
    mask: f.mask("Ab1-"),
    quote: f.quote("it's"),
    formatted: f.formatString("%s: %05d of %.1f%%", c.s, c.i, c.x),
    number: f.formatNumber(c.l.multiply(1234), 2),
    printf: f.printf("%x", c.i),
    chars: f.charLength(c.s),
    characters: f.characterLength(c.s),
    lcase: f.lcase(c.s),
    ucase: f.ucase(c.s),
    regexp: f.regexp(c.s, "x"),
    regexpLike: f.regexpLike(c.s, "e"),
    substr: f.substr(c.s, 2, 3),
  }))
  const bytes = new TextEncoder().encode("hi")
  expect(await made.first()).toEqual({
    btrim: "a",
    regexpInstr: 3,
    rlike: true,
    like: true,
    ilike: true,
    contains: true,
    startswith: true,
    endswith: true,
    locate: 5,
    position: 3,
    levenshtein: 2,
    soundex: "R163",
    elt: "b",
    index: "a.b",
    overlay: "aXef",
    find: 2,
    char: "A",
    bits: 16,
    encode: bytes,
    decode: "hi",
    base64: "aGk=",
    unbase64: bytes,
    unhex: bytes,
    sha2: "ca9781",
    url: "a+b%26c",
    mask: "Xxn-",
    quote: "'it\\'s'",
    formatted: "Robert: 00005 of 2.5%",
    number: "8,638.00",
    printf: "5",
    chars: 6,
    characters: 6,
    lcase: "robert",
    ucase: "ROBERT",
    regexp: false,
    regexpLike: true,
    substr: "obe",
  })
})

test("times", async () => {
  const made = data()
    .select(c => ({
      tryDate: f.tryToDate("no date"),
      tryAt: f.tryToTimestamp("2024-01-01 00:00:00"),
      wall: f.toTimestampNtz("2024-01-01 01:02:03"),
      seconds: f.unixTimestamp(c.at),
      from: f.fromUnixtime(f.lit(0n)),
      berlin: f.fromUtcTimestamp(c.at, "Europe/Berlin"),
      utc: f.toUtcTimestamp(c.at, "Europe/Berlin"),
      converted: f.convertTimezone("UTC", "Europe/Berlin", c.wall),
      months: f.monthsBetween("2024-03-31" as never, c.day as never),
      added: f.timestampAdd("month", 1, c.at),
      distance: f.timestampDiff("day", c.day, c.at),
      made: f.makeTimestamp(2024, 2, 29, 1, 2, 3.5),
      part: f.datePart("quarter", c.day),
      extract: f.extract("hour", c.at),
      datepart: f.datepart("year", c.at),
      zone: f.currentTimezone(),
      later: f.dateadd(c.day, 1),
      days: f.dateDiff(c.day, f.dateSub(c.day, 3)),
      day: f.day(c.day),
    }))
    .checked({
      tryDate: t.date,
      tryAt: t.timestamp,
      wall: t.timestampNtz,
      seconds: t.int64,
      from: t.string,
      berlin: t.timestamp,
      utc: t.timestamp,
      converted: t.timestampNtz,
      months: t.float64,
      added: t.timestamp,
      distance: t.int64,
      made: t.timestamp,
      part: t.int32,
      extract: t.int32,
      datepart: t.int32,
      zone: t.string,
      later: t.date,
      days: t.int32,
      day: t.int32,
    })
  expect(await made.first()).toEqual({
    tryDate: null,
    tryAt: "2024-01-01T00:00:00Z",
    wall: "2024-01-01T01:02:03",
    seconds: 1709202030n,
    from: "1970-01-01 00:00:00",
    berlin: "2024-02-29T11:20:30Z",
    utc: "2024-02-29T09:20:30Z",
    converted: "2024-02-29T11:20:30",
    months: 1,
    added: "2024-03-29T10:20:30Z",
    distance: 0n,
    made: "2024-02-29T01:02:03.500000Z",
    part: 1,
    extract: 10,
    datepart: 2024,
    zone: "UTC",
    later: "2024-03-01",
    days: 3,
    day: 29,
  })
})

test("the run's instant is one for all rows", async () => {
  const made = data().select(() => ({
    same: f.now().equalTo(f.currentTimestamp()),
    day: f.curdate().equalTo(f.currentDate()),
    wall: f.localtimestamp().isNotNull(),
  }))
  expect(await made.first()).toEqual({ same: true, day: true, wall: true })
})

test("aggregates", async () => {
  const numbers = session.createDataFrame({ n: t.int32, w: t.float64, s: t.string, b: t.boolean }, [
    { n: 1, w: 2, s: "b", b: true },
    { n: 2, w: 4.5, s: "a", b: true },
    { n: 3, w: 5.5, s: null, b: false },
    { n: 3, w: 7, s: "c", b: true },
  ])
  const made = numbers.agg(c => ({
    trySum: f.trySum(c.n),
    tryAvg: f.tryAvg(c.n),
    mean: f.mean(c.n),
    mode: f.mode(c.n),
    maxBy: f.maxBy(c.s, c.w),
    minBy: f.minBy(c.s, c.w),
    bitAnd: f.bitAnd(c.n),
    bitOr: f.bitOr(c.n),
    bitXor: f.bitXor(c.n),
    listed: f.listagg(c.s, ",", c.s.desc()),
    joined: f.stringAgg(c.s, "-", c.s.asc()),
    every: f.every(c.b),
    some: f.some(c.b),
    all: f.size(f.arrayAgg(c.n)),
    first: f.firstValue(c.s, true).isNotNull(),
    last: f.lastValue(c.s, true).isNotNull(),
    median: f.median(c.n),
    share: f.percentile(c.n, 0.5),
    approx: f.percentileApprox(c.n, 0.5),
    approximate: f.approxPercentile(c.n, 0.5),
    distinct: f.approxCountDistinct(c.n),
    corr: f.round(f.corr(c.n, c.w), 4),
    covarSamp: f.round(f.covarSamp(c.n, c.w), 4),
    covarPop: f.round(f.covarPop(c.n, c.w), 4),
    slope: f.round(f.regrSlope(c.w, c.n), 4),
    pairs: f.regrCount(c.w, c.n),
    skewness: f.round(f.skewness(c.n), 4),
    kurtosis: f.round(f.kurtosis(c.n), 4),
    std: f.round(f.std(c.n), 4),
    stddevSamp: f.round(f.stddevSamp(c.n), 4),
    varSamp: f.round(f.varSamp(c.n), 4),
  }))
  expect(await made.first()).toEqual({
    trySum: 9n,
    tryAvg: 2.25,
    mean: 2.25,
    mode: 3,
    maxBy: "c",
    minBy: "b",
    bitAnd: 0,
    bitOr: 3,
    bitXor: 3,
    listed: "c,b,a",
    joined: "a-b-c",
    every: false,
    some: true,
    all: 4,
    first: true,
    last: true,
    median: 2.5,
    share: 2.5,
    approx: 2,
    approximate: 2,
    distinct: 3n,
    corr: 0.9526,
    covarSamp: 1.9167,
    covarPop: 1.4375,
    slope: 2.0909,
    pairs: 4n,
    skewness: -0.4934,
    kurtosis: -1.3719,
    std: 0.9574,
    stddevSamp: 0.9574,
    varSamp: 0.9167,
  })
})

test("groupings tell their rows apart", async () => {
  const sold = session.createDataFrame({ shop: t.string, n: t.int32 }, [
    { shop: "a", n: 1 },
    { shop: "b", n: 2 },
  ])
  const made = sold.rollup("shop").agg(c => ({ total: f.sum(c.n), all: f.grouping(c.shop), id: f.groupingId() }))
  expect(await made.orderBy(c => c.shop.ascNullsLast()).take(9)).toEqual([
    { shop: "a", total: 1n, all: 0, id: 0n },
    { shop: "b", total: 2n, all: 0, id: 0n },
    { shop: null, total: 3n, all: 1, id: 1n },
  ])
  expect(() => sold.groupBy("shop").agg(c => ({ all: f.grouping(c.shop) }))).toThrow("grouping")
})

test("JSON is written, read and looked into", async () => {
  const made = data().select(c => ({
    struct: f.toJson(c.st),
    array: f.toJson(c.items),
    map: f.toJson(c.m),
    read: f.fromJson('{"a": 1, "b": ["x"]}', t.struct({ a: t.int32, b: t.array(t.string) })),
    list: f.fromJson("[1, 2]", t.array(t.int32)),
    none: f.fromJson("no json", t.struct({ a: t.int32 })),
    part: f.getJsonObject('{"a": {"b": [1, 2]}}', "$.a.b[1]"),
    length: f.jsonArrayLength("[1, 2, 3]"),
    keys: f.jsonObjectKeys('{"a": 1}'),
  }))
  expect(await made.first()).toEqual({
    struct: '{"x":1,"y":"q"}',
    array: "[3,1,2]",
    map: '{"a":1}',
    read: { a: 1, b: ["x"] },
    list: [1, 2],
    none: { a: null },
    part: "2",
    length: 3,
    keys: ["a"],
  })
  expect(() => data().select(c => ({ all: f.getJsonObject(c.s, "$.a[*]") }))).toThrow("get_json_object")
})

test("arrays and maps", async () => {
  const made = data().select(c => ({
    at: f.get(c.items, 0),
    first: f.elementAt(c.items, 1),
    last: f.tryElementAt(c.items, -1),
    more: f.arrayAppend(c.items, 9),
    before: f.arrayPrepend(c.items, 9),
    sorted: f.arraySort(c.items),
    days: f.sequenceDays(c.day, f.dateAdd(c.day, 1)),
    map: f.createMap(f.lit("k"), c.i),
    arrays: f.mapFromArrays(f.array(c.s), f.array(c.i)),
    size: f.arraySize(c.items),
    count: f.cardinality(c.m),
    struct: f.struct({ a: c.i }),
    text: f.strToMap("a=1;b=2", ";", "="),
  }))
  expect(await made.first()).toEqual({
    at: 3,
    first: 3,
    last: 2,
    more: [3, 1, 2, 9],
    before: [9, 3, 1, 2],
    sorted: [1, 2, 3],
    days: ["2024-02-29", "2024-03-01"],
    map: new Map([["k", 5]]),
    arrays: new Map([["Robert", 5]]),
    size: 3,
    count: 1,
    struct: { a: 5 },
    text: new Map([
      ["a", "1"],
      ["b", "2"],
    ]),
  })
})

test("nulls and chance", async () => {
  const made = data().select(c => ({
    some: f.isnotnull(c.s),
    equal: f.equalNull(f.lit(null, t.int32), f.lit(null, t.int32)),
    other: f.ifnull(f.lit(null, t.int32), 3),
    rand: f.rand().between(0, 1),
    uuid: f.length(f.uuid()),
    id: f.monotonicallyIncreasingId(),
  }))
  expect(await made.first()).toEqual({ some: true, equal: true, other: 3, rand: true, uuid: 36, id: 0n })
})

test("windows of rows and of time", async () => {
  const days = session.createDataFrame({ shop: t.string, day: t.int32, n: t.int32 }, [
    { shop: "a", day: 1, n: 10 },
    { shop: "a", day: 2, n: 20 },
    { shop: "a", day: 4, n: 40 },
  ])
  const made = days.select("day", c => {
    const w = Window.partitionBy(c.shop).orderBy(c.day)
    return {
      number: f.rowNumber().over(w),
      rank: f.rank().over(w),
      dense: f.denseRank().over(w),
      percent: f.percentRank().over(w),
      share: f.round(f.cumeDist().over(w), 2),
      half: f.ntile(2).over(w),
      before: f.lag(c.n).over(w),
      after: f.lead(c.n, 1, 0).over(w),
      second: f.nthValue(c.n, 2).over(w),
      running: f.sum(c.n).over(w),
      two: f.sum(c.n).over(w.rowsBetween(-1, Window.currentRow)),
      near: f.sum(c.n).over(w.rangeBetween(-1, 0)),
      all: f.sum(c.n).over(w.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)),
    }
  })
  expect(await made.orderBy(c => c.day.desc()).first()).toEqual({
    day: 4,
    number: 3,
    rank: 3,
    dense: 3,
    percent: 1,
    share: 1,
    half: 2,
    before: 20,
    after: 0,
    second: 20,
    running: 70n,
    two: 60n,
    near: 40n,
    all: 70n,
  })
  const hours = data().select(c => ({ w: f.window(c.at, "1 hour") }))
  expect(await hours.first()).toEqual({ w: { start: "2024-02-29T10:00:00Z", end: "2024-02-29T11:00:00Z" } })
  expect(() => data().select(c => ({ w: f.window(c.at, "1 month") }))).toThrow("1 month")
})
