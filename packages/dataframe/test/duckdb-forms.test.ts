import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"
import fc from "fast-check"
import { afterAll, beforeAll, expect, test } from "vitest"
import { textLiteral } from "../src/function/sql-fragment.ts"
import { duckdbPrelude } from "../src/sql/compile-sql.ts"
import { printedForm } from "./printed-form.ts"

// Forms that take a short way for everyday values and a long one for the others, held to a rule in TypeScript or to the
// long way alone, on many values of both kinds.

let instance: DuckDBInstance
let connection: DuckDBConnection

beforeAll(async () => {
  instance = await DuckDBInstance.create(":memory:", { threads: "1" })
  connection = await instance.connect()
  for (const statement of duckdbPrelude) await connection.run(statement)
})

afterAll(() => {
  connection.closeSync()
  instance.closeSync()
})

const seed = 20_240_601

async function texts(sql: string): Promise<(string | null)[]> {
  const result = await connection.runAndReadAll(sql)
  return result.getRows().map(([value]) => (value === null || value === undefined ? null : String(value)))
}

/** What a form answers for each text, as text. */
async function answers(
  expression: string,
  values: readonly (string | null)[],
  type = "string",
): Promise<(string | null)[]> {
  const rows = values.map((value, i) => `(${i}, ${value === null ? "NULL" : textLiteral(value).text})`)
  const cast = type === "string" ? "VARCHAR" : type
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE given AS SELECT i, CAST(v AS ${cast}) AS s FROM (VALUES ${rows}) t(i, v)`,
  )
  return texts(`SELECT CAST(${printedForm(expression, { s: type })} AS VARCHAR) FROM given ORDER BY i`)
}

async function agrees(
  expression: string,
  values: readonly string[],
  rule: (value: string) => string | null,
): Promise<void> {
  expect(await answers(expression, values)).toEqual(values.map(rule))
}

const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns = 1000): readonly T[] => fc.sample(arbitrary, { seed, numRuns })
const asciiTexts = sample(fc.string({ unit: fc.integer({ min: 1, max: 127 }).map(c => String.fromCharCode(c)) }))
const wordTexts = sample(fc.string({ unit: fc.constantFrom(..."aBbFfHhwWCkSzrLMnTde -3é\n"), maxLength: 12 }))

test("soundex is as its rule tells", async () => {
  const codes = "01230127022455012623017202"
  const code = (letter: string) => codes[letter.toUpperCase().charCodeAt(0) - 65] ?? "0"
  await agrees("soundex(s)", [...asciiTexts, ...wordTexts], s => {
    if (!/^[A-Za-z]/.test(s)) return s
    let last = code(s.charAt(0))
    let sounds = ""
    for (const letter of s.slice(1)) {
      const found = /[A-Za-z]/.test(letter) ? code(letter) : "0"
      if (found === "7") continue
      if (found !== "0" && found !== last) sounds += found
      last = found
    }
    return (s.charAt(0).toUpperCase() + sounds).slice(0, 4).padEnd(4, "0")
  })
})

test("mask hides letters and digits, and ltrim takes blanks away", async () => {
  const values = [...asciiTexts, ...wordTexts, "ÉéΣ٣", "\r\na", ""]
  await agrees("mask(s)", values, s =>
    s
      .replace(/\p{Lu}/gu, "X")
      .replace(/\p{Ll}/gu, "x")
      .replace(/\p{Nd}/gu, "n"),
  )
  await agrees("ltrim(s)", [...values, "  a", " ", "\t a", "\u00a0a"], s => s.replace(/^ +/, ""))
})

test("initcap lowers all but the first letter of a word", async () => {
  await agrees("initcap(s)", asciiTexts, s =>
    s
      .toLowerCase()
      .split(" ")
      .map(word => word.charAt(0).toUpperCase() + word.slice(1))
      .join(" "),
  )
  const special = { "ΟΔΥΣΣΕΥΣ ΑΣ": "Οδυσσευς Ας", "İSTANBUL ßA": "İstanbul Ssa", "ΑΣ· Σ": "Ας· Σ", "": "" }
  expect(await answers("initcap(s)", Object.keys(special))).toEqual(Object.values(special))
  expect(
    await texts(`SELECT ${printedForm("initcap(s)", { s: "string" })} FROM (SELECT CAST(NULL AS VARCHAR) s)`),
  ).toEqual([null])
})

const numberTexts = sample(
  fc
    .tuple(
      fc.constantFrom("", "-", "+"),
      fc.string({ unit: fc.constantFrom(..."0123456789"), maxLength: 20 }),
      fc.option(fc.string({ unit: fc.constantFrom(..."0123456789"), maxLength: 22 })),
    )
    .map(([sign, whole, behind]) => `${sign}${whole}${behind === null ? "" : `.${behind}`}`),
)

/** The decimal that a text writes, rounded half up; null for what is none or has too many digits. */
function decimalOfText(text: string, precision: number, scale: number): string | null {
  const [, sign = "", whole = "", behind = ""] = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text) ?? []
  if (whole === "" && behind === "") return null
  const units = BigInt(whole + behind.slice(0, scale).padEnd(scale, "0")) + (Number(behind[scale] ?? 0) >= 5 ? 1n : 0n)
  if (units >= 10n ** BigInt(precision)) return null
  const written = units.toString().padStart(scale === precision ? scale : scale + 1, "0")
  const point = written.length - scale
  const value = scale > 0 ? `${written.slice(0, point)}.${written.slice(point)}` : written
  return sign === "-" && units > 0n ? `-${value}` : value
}

test.each([
  [38, 18],
  [38, 0],
  [38, 30],
  [20, 10],
  [19, 2],
  [20, 20],
  [10, 2],
])("a text is the decimal(%i,%i) that it writes, rounded half up", async (precision, scale) => {
  const values = [...numberTexts, "-0.5", "-0", "5.", ".5", "-.5", ".", "-", "", "0.00000000000000000049999999999"]
  await agrees(`try_cast(s as decimal(${precision},${scale}))`, values, text => decimalOfText(text, precision, scale))
})

const upToDigits = (most: number) =>
  fc.tuple(fc.nat(most - 1), fc.bigInt(0n, 10n ** BigInt(most))).map(([cut, n]) => n / 10n ** BigInt(cut))
const signed = (positive: fc.Arbitrary<bigint>) =>
  fc.tuple(positive, fc.boolean()).map(([n, minus]) => (minus ? -n : n))
const size = (n: bigint) => (n < 0n ? -n : n)

/** Dividend and divisor: any, and those whose quotient is a middle or next to one. */
const anyDivision = fc.tuple(signed(upToDigits(38)), signed(upToDigits(37)))
const middle = fc
  .tuple(upToDigits(38), signed(upToDigits(37)), fc.bigInt(-1n, 1n))
  .map(([n, half, by]) => [n - (n % (half || 1n)) + by, half * 2n] as const)
const divisions = sample(fc.oneof(anyDivision, middle), 5000).filter(
  ([n, d]) => d !== 0n && size(n) <= 10n ** 38n && size(d) <= 10n ** 37n,
)

test.each([
  ["spark_divide_half_up(n, d)", 0],
  ["spark_divide_long(n, d, CAST(100 AS HUGEINT))", 2],
])("%s is exact up to the last whole number of 128 bits", async (form, shift) => {
  const most = 10n ** BigInt(38 - shift)
  // In more than 128 bits the rest raises.
  const pairs = divisions.filter(([n, d]) => size(n / d) < most && size(n % d) < most)
  const rows = pairs.map(([n, d], i) => `(${i}, CAST('${n}' AS HUGEINT), CAST('${d}' AS HUGEINT))`)
  const wanted = pairs.map(([n, d]) => {
    const whole = (size(n) * 10n ** BigInt(shift) * 2n + size(d)) / (size(d) * 2n)
    return String(n < 0n === d < 0n ? whole : -whole)
  })
  expect(await texts(`SELECT CAST(${form} AS VARCHAR) FROM (VALUES ${rows}) t(i, n, d) ORDER BY i`)).toEqual(wanted)
})

test.each([
  [38, 18],
  [38, 6],
  [14, 3],
])("an instant is the decimal(%i,%i) of the shortest text of its seconds", async (precision, scale) => {
  const border = 2n ** 33n * 1_000_000n
  const micros = [
    ...sample(fc.bigInt({ min: -border, max: border })),
    ...sample(fc.bigInt({ min: -10_000_000n, max: 10_000_000n })),
    ...[border, -border].flatMap(at => Array.from({ length: 40 }, (_, i) => at + BigInt(i) - 20n)),
    9_007_199_254_740_993n,
    -62_135_596_800_000_000n,
    253_402_300_799_999_999n,
  ]
  const form = `try_cast(timestamp_micros(s) as decimal(${precision},${scale}))`
  const wanted = micros.map(us => decimalOfText(String(Number(us) / 1e6), precision, scale))
  expect(await answers(form, micros.map(String), "bigint")).toEqual(wanted)
})

test("%f rounds the shortest text of a double half up", async () => {
  const doubles = [
    ...sample(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 })),
    ...sample(fc.integer({ min: -10_000_000, max: 10_000_000 })).map(n => n / 1000),
    ...sample(fc.integer({ min: -10_000_000, max: 10_000_000 })).map(n => n / 2048),
    0.005,
    1.005,
    2.675,
    -1.005,
    0.4999999999999999,
    0.00499999999999,
    9.995,
    0,
  ].filter(x => Math.abs(x) >= 1e-6 || x === 0) // JavaScript writes smaller ones with an exponent
  const rule = (x: number): string => {
    const [, sign = "", whole = "", behind = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(x)) ?? []
    const units = BigInt(whole + behind.slice(0, 2).padEnd(2, "0")) + (Number(behind[2] ?? 0) >= 5 ? 1n : 0n)
    const written = units.toString().padStart(3, "0")
    return `${sign}${written.slice(0, -2)}.${written.slice(-2)}`
  }
  expect(await answers("format_string('%.2f', s)", doubles.map(String), "double")).toEqual(doubles.map(rule))
})

/** What Spark 4.1 gave. */
test.each([
  ["%.2f", ["-0.00", "-0.00", "0.00", "1234567.90", "-1234567.90", "NaN", "Infinity", "-Infinity", "nu"]],
  [
    "%08.1f",
    ["-00000.0", "-00000.0", "000000.0", "1234567.9", "-1234567.9", "     NaN", "Infinity", "-Infinity", "       n"],
  ],
  ["%,.2f", ["-0.00", "-0.00", "0.00", "1,234,567.90", "-1,234,567.90", "NaN", "Infinity", "-Infinity", "nu"]],
  ["%+.1f", ["-0.0", "-0.0", "+0.0", "+1234567.9", "-1234567.9", "NaN", "+Infinity", "-Infinity", "n"]],
  ["% .1f", ["-0.0", "-0.0", " 0.0", " 1234567.9", "-1234567.9", "NaN", " Infinity", "-Infinity", "n"]],
  ["%,.0f", ["-0", "-0", "0", "1,234,568", "-1,234,568", "NaN", "Infinity", "-Infinity", ""]],
  [
    "%-+8.1f",
    ["-0.0    ", "-0.0    ", "+0.0    ", "+1234567.9", "-1234567.9", "NaN     ", "+Infinity", "-Infinity", "n       "],
  ],
])("format_string %s writes signs, groups and what is no number as Java does", async (format, wanted) => {
  const values = ["-0.001", "-0.0", "0", "1234567.895", "-1234567.895", "NaN", "Infinity", "-Infinity", null]
  expect(await answers(`format_string('${format}', s)`, values, "double")).toEqual(wanted)
})

test("format_string writes a float as the double that it is", async () => {
  expect(await answers("format_string('%.2f', s)", ["1234567.891", "1e20", "-0.001"], "float")).toEqual([
    "1234567.88",
    "100000002004087730000.00",
    "-0.00",
  ])
})

const decimalTexts = (precision: number, scale: number) =>
  sample(
    fc
      .tuple(
        fc.bigInt({ min: -(10n ** BigInt(precision)) + 1n, max: 10n ** BigInt(precision) - 1n }),
        fc.nat(precision),
      )
      .map(([digits, cut]) => {
        const [sign, all] = [digits < 0n ? "-" : "", String(digits < 0n ? -digits : digits)]
        const some = all.slice(0, Math.max(1, all.length - cut)).padStart(scale + 1, "0")
        return `${sign}${some.slice(0, some.length - scale)}${scale > 0 ? `.${some.slice(-scale)}` : ""}`
      }),
  )

test.each([
  [9, 2],
  [15, 0],
  [16, 3],
  [18, 6],
  [20, 0],
  [38, 18],
  [38, 30],
])("a decimal(%i,%i) is the double next to it", async (precision, scale) => {
  const values = [...decimalTexts(precision, scale)]
  const given = await answers("cast(s as double)", values, `decimal(${precision}, ${scale})`)
  expect(given.map(Number)).toEqual(values.map(value => Number(value) + 0))
})

test("a decimal is the float next to it, not next to a double", async () => {
  // Halfway between two floats but for its last digit, which a double does not hold.
  const given = await answers("cast(s as float)", ["16777217.00000000001", "16777217.00000000000"], "decimal(20, 11)")
  expect(given.map(Number)).toEqual([16777218, 16777216])
})

test("bround goes to one digit more at the limit of a type", async () => {
  const values = ["999999999999.999988", "-999999999999.999999"]
  expect(await answers("bround(s, 0)", values, "decimal(18, 6)")).toEqual(["1000000000000", "-1000000000000"])
  expect(await answers("bround(s, -1)", values, "decimal(18, 6)")).toEqual(["1000000000000", "-1000000000000"])
})

test("what cannot be is raised where the answer would be an array of texts, too", async () => {
  await expect(answers("slice(split(s, ','), 0, 1)", ["a,b"])).rejects.toThrow("INVALID_PARAMETER_VALUE.START")
  await expect(answers("slice(split(s, ','), 1, -1)", ["a,b"])).rejects.toThrow("INVALID_PARAMETER_VALUE.LENGTH")
  expect(await answers("slice(split(s, ','), 2, 1)", ["a,b"])).toEqual(["[b]"])
})

test("hex takes whole numbers, texts and binaries alone, as Spark does", () => {
  expect(() => printedForm("hex(d)", { d: "double" })).toThrow("hex")
  expect(() => printedForm("hex(d)", { d: "array<decimal(4,2)>" })).toThrow("hex")
})

test("format_string refuses %f of a decimal, at which Spark fails", async () => {
  await expect(answers("format_string('%.2f', s)", ["1"], "decimal(10, 2)")).rejects.toMatchObject({
    code: "FRAME_TYPE_MISMATCH",
  })
})

/** What Spark 4.1 gave for each after `2024-01-01 00:00:00`; null where it is no zone. */
test("a text with an offset or a zone is the instant that Spark reads", async () => {
  const given: readonly (readonly [zone: string, instant: string | null])[] = [
    ["Z", "2024-01-01T00:00:00Z"],
    [" Z", "2024-01-01T00:00:00Z"],
    ["UTC", "2024-01-01T00:00:00Z"],
    ["+05", "2023-12-31T19:00:00Z"],
    ["+5", "2023-12-31T19:00:00Z"],
    ["-5", "2024-01-01T05:00:00Z"],
    ["+05:3", "2023-12-31T18:57:00Z"],
    ["+5:30", "2023-12-31T18:30:00Z"],
    ["+0530", "2023-12-31T18:30:00Z"],
    ["+053", null],
    ["+053015", "2023-12-31T18:29:45Z"],
    ["+05:30:15", "2023-12-31T18:29:45Z"],
    ["+5:3:1", null],
    ["UTC+5", "2023-12-31T19:00:00Z"],
    ["UTC+05", "2023-12-31T19:00:00Z"],
    ["UTC+05:30", "2023-12-31T18:30:00Z"],
    ["GMT-3", "2024-01-01T03:00:00Z"],
    ["UT+1", "2023-12-31T23:00:00Z"],
    ["GMT0", "2024-01-01T00:00:00Z"],
    ["UTC+0530", "2023-12-31T18:30:00Z"],
    [" EST", "2024-01-01T05:00:00Z"],
    ["PST", "2024-01-01T08:00:00Z"],
    [" CST", "2024-01-01T06:00:00Z"],
    [" America/New_York", "2024-01-01T05:00:00Z"],
    ["Europe/Berlin", "2023-12-31T23:00:00Z"],
    ["+18:00", "2023-12-31T06:00:00Z"],
    ["+18:01", null],
    ["+19", null],
    ["-18", "2024-01-01T18:00:00Z"],
    ["z", null],
    [" utc", null],
    ["+05:", null],
    ["++5", null],
    ["+", null],
    ["MST", "2024-01-01T07:00:00Z"],
    [" HST", "2024-01-01T10:00:00Z"],
    ["IST", "2023-12-31T18:30:00Z"],
    ["ECT", "2023-12-31T23:00:00Z"],
    [" GMT+05:30", "2023-12-31T18:30:00Z"],
    ["+05:60", null],
    ["+05:59:59", "2023-12-31T18:00:01Z"],
    ["+05:59:60", null],
    ["Etc/GMT+5", "2024-01-01T05:00:00Z"],
    ["UTC+5:30", "2023-12-31T18:30:00Z"],
    ["UTC+5:3", "2023-12-31T18:57:00Z"],
    ["Zulu", "2024-01-01T00:00:00Z"],
    ["U", null],
    ["JST", "2023-12-31T15:00:00Z"],
    ["ACT", "2023-12-31T14:30:00Z"],
    ["europe/berlin", null],
    ["+00", "2024-01-01T00:00:00Z"],
    ["-00:00", "2024-01-01T00:00:00Z"],
    ["-0", "2024-01-01T00:00:00Z"],
    [" America/Port-au-Prince", "2024-01-01T05:00:00Z"],
  ]
  const texts = given.map(([zone]) => `2024-01-01 00:00:00${zone}`)
  const instants = await answers("date_format(try_cast(s as timestamp), 'yyyy-MM-dd HH:mm:ss')", texts)
  expect(instants).toEqual(given.map(([, instant]) => instant?.replace("T", " ").replace("Z", "") ?? null))
  const clocks = await answers("date_format(try_cast(s as timestamp_ntz), 'yyyy-MM-dd HH:mm:ss')", texts)
  expect(clocks).toEqual(given.map(([, instant]) => instant && "2024-01-01 00:00:00"))
})

/** Zones that are set forward at midnight, by half an hour, or left a day out. */
const zones = [
  "UTC",
  "Europe/Berlin",
  "America/Sao_Paulo",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Asia/Manila",
  "Pacific/Kiritimati",
  "Pacific/Kwajalein",
]

/** Years in which clocks were set, and those in which a zone left a day out. */
const years = [
  ["1844-12-01", "1845-02-01"],
  ["1993-06-01", "1995-06-01"],
  ["2010-12-01", "2012-02-01"],
] as const

async function differing(long: string, short: string, from: string): Promise<(string | null)[]> {
  return texts(`SELECT CAST(x AS VARCHAR) FROM ${from} WHERE (${long}) IS DISTINCT FROM (${short})`)
}

test.each(zones)("every hour by the clock of %s is the instant that java.time gives", async zone => {
  await connection.run(`SET TimeZone = '${zone}'`)
  const hours = `(${years.map(([from, to]) => `SELECT unnest(generate_series(TIMESTAMP '${from}', TIMESTAMP '${to}', INTERVAL 30 MINUTE)) AS x`).join(" UNION ALL ")})`
  const back = (ts: string) => `timezone('${zone}', ${ts})`
  const early = `make_timestamptz(epoch_us(${back("x - INTERVAL 1 DAY")}) + 86400000000)`
  const long = `CASE WHEN ${back(early)} = x OR ${back(back("x"))} <> x THEN ${early} ELSE ${back("x")} END`
  expect(await differing(long, `spark_local_to_ts(x, '${zone}')`, hours)).toEqual([])
})

test.each(zones)("dates by the clock of %s are as the instants that they begin at", async zone => {
  await connection.run(`SET TimeZone = '${zone}'`)
  const days = `(${years.map(([from, to]) => `SELECT CAST(unnest(generate_series(DATE '${from}', DATE '${to}', INTERVAL 1 DAY)) AS DATE) AS x`).join(" UNION ALL ")})`
  for (const expression of [
    "date_trunc('year', @)",
    "date_trunc('month', @)",
    "date_trunc('week', @)",
    "date_trunc('day', @)",
    "months_between(@, date'2011-12-30')",
    "months_between(date'1995-02-28', @)",
  ]) {
    const short = printedForm(expression.replace("@", "x"), { x: "date" })
    const long = printedForm(
      expression.replace(/date'[^']*'|@/g, day => `cast(${day.replace("@", "x")} as timestamp)`),
      { x: "date" },
    )
    expect(await differing(long, short, days)).toEqual([])
  }
})

test("an offset of a time has two digits of minutes, and a date may have a time behind it", async () => {
  await connection.run("SET TimeZone = 'UTC'")
  const times = [
    "2024-01-01 00:00:00+05:30",
    "2024-01-01 00:00:00-5:30",
    "2024-1-1T0:0:0+0530",
    "2024-01-01 00:00:00+530",
  ]
  const instants = ["2023-12-31 18:30:00", "2024-01-01 05:30:00", "2023-12-31 18:30:00", null]
  expect(await answers("try_cast(s as timestamp)", times)).toEqual(instants.map(text => text && `${text}+00`))
  const days = ["2024-02-29T99", "2024-02-29 x\ny", "2023-02-29 00:00", "2024-2-9 1", "2024-02-29x"]
  expect(await answers("try_cast(s as date)", days)).toEqual(["2024-02-29", "2024-02-29", null, "2024-02-09", null])
})
