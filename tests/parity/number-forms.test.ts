import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"
import fc from "fast-check"
import { afterAll, beforeAll, expect, test } from "vitest"
import { compileDuckdb } from "../../packages/dataframe/src/sql/compile-sql.ts"
import { duckdbPrelude } from "../../packages/dataframe/src/sql/prelude.ts"
import { casePlan } from "./golden/case-plan.ts"
import type { GoldenTable } from "./golden/golden-file.ts"
import { createGoldenTables } from "./golden/golden-tables.ts"

/** What DuckDB's forms of functions of numbers give, beside the rule of each written in whole numbers of any size. */

let instance: DuckDBInstance
let connection: DuckDBConnection

beforeAll(async () => {
  instance = await DuckDBInstance.create(":memory:", { threads: "1" })
  connection = await instance.connect()
  for (const statement of duckdbPrelude) await connection.run(statement)
})

afterAll(() => {
  connection?.closeSync()
  instance?.closeSync()
})

type Value = string | null

/** The answers of an expression of `a` and `b` for each row, as DuckDB's text of them. */
async function answersOf(spark: string, types: readonly string[], rows: readonly (readonly Value[])[]) {
  const duckdb: { readonly [type: string]: string } = {
    int: "INTEGER",
    bigint: "BIGINT",
    smallint: "SMALLINT",
    tinyint: "TINYINT",
  }
  const columns = types.map((type, i) => ({ name: i === 0 ? "a" : "b", type, duckdbType: duckdb[type] ?? type }))
  const table: GoldenTable = { columns, rows: rows.map((values, key) => ({ key, values })) }
  await connection.run("DROP TABLE IF EXISTS numbers")
  await createGoldenTables(connection, { tables: { numbers: table } } as never)
  const { sql } = compileDuckdb(casePlan(table, { sparkSql: spark, kind: "row", table: "numbers" }).relation())
  const result = await connection.runAndReadAll(`SELECT CAST("answer" AS VARCHAR) FROM (${sql}) ORDER BY "by"`)
  return result.getRows().map(([answer]) => (answer === null ? null : String(answer).replace(/^(-?)\./, "$10.")))
}

/** Each answer must be the rule's; `texts` shows both the same way. */
async function expectRule(
  spark: string,
  types: readonly string[],
  rows: readonly (readonly Value[])[],
  rule: (...values: string[]) => Value,
): Promise<void> {
  const answers = await answersOf(spark, types, rows)
  const wanted = rows.map(row => (row.includes(null) ? null : rule(...(row as string[]))))
  const differing = rows.flatMap((row, i) =>
    answers[i] === wanted[i] ? [] : [`${row.join(", ")}: ${answers[i]}, not ${wanted[i]}`],
  )
  expect(differing, spark).toEqual([])
}

interface Exact {
  readonly units: bigint
  readonly scale: number
}

/** A decimal text, with or without an exponent. */
function exact(text: string): Exact {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/.exec(text) ?? []
  const units = BigInt(`${sign}${whole}${fraction}`)
  const scale = fraction.length - Number(exponent)
  return scale < 0 ? { units: units * 10n ** BigInt(-scale), scale: 0 } : { units, scale }
}

const size = (n: bigint) => (n < 0n ? -n : n)

function divided(n: bigint, d: bigint, half: "up" | "even"): bigint {
  const [whole, rest] = [size(n) / size(d), (size(n) % size(d)) * 2n]
  const up = rest > size(d) || (rest === size(d) && (half === "up" || whole % 2n === 1n))
  const quotient = whole + (up ? 1n : 0n)
  return n < 0n !== d < 0n ? -quotient : quotient
}

/** The number of units of 10^-digits. */
function rounded({ units, scale }: Exact, digits: number, half: "up" | "even" = "up"): bigint {
  const cut = scale - digits
  return cut <= 0 ? units * 10n ** BigInt(-cut) : divided(units, 10n ** BigInt(cut), half)
}

function text(units: bigint, scale: number): string {
  const digits = String(size(units)).padStart(scale + 1, "0")
  const point = digits.length - scale
  return `${units < 0n ? "-" : ""}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ""}`
}

/** DuckDB's text of a double. */
async function textsOf(values: readonly (number | null)[]): Promise<Value[]> {
  const list = values.map(v => (v === null ? "NULL" : `CAST('${v}' AS DOUBLE)`)).join(", ")
  const result = await connection.runAndReadAll(`SELECT CAST(unnest([${list}]) AS VARCHAR)`)
  return result.getRows().map(([value]) => (value === null ? null : String(value)))
}

const view = new DataView(new ArrayBuffer(8))
function besides(value: number, steps: number): number {
  view.setFloat64(0, value)
  view.setBigInt64(0, view.getBigInt64(0) + BigInt(steps))
  return view.getFloat64(0)
}

/** Doubles of all sizes, short and long, and those beside the middle between two multiples of a power of ten. */
const doubles = fc.oneof(
  fc.double({ min: -1e19, max: 1e19, noNaN: true }),
  fc.double({ min: -1000, max: 1000, noNaN: true }),
  fc.tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 9 })).map(([n, k]) => n / 10 ** k),
  fc
    .tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 18 }), fc.integer({ min: 0, max: 15 }))
    .map(([n, cut, k]) => Math.trunc(n / 10 ** cut) / 10 ** k),
  fc
    .tuple(
      fc.bigInt(-(10n ** 15n), 10n ** 15n),
      fc.nat(15),
      fc.integer({ min: -1, max: 16 }),
      fc.integer({ min: -2, max: 2 }),
    )
    .map(([n, cut, k, steps]) => besides(Number(`${n / 10n ** BigInt(cut)}5e${-k}`), steps)),
  fc.constantFrom(
    0,
    -0,
    0.49999999999999994,
    -0.49999999999999994,
    4503599627370495.5,
    4503599627370494.5,
    2 ** 52,
    2 ** 53,
    2 ** 53 + 2,
    1e14,
    1e15,
    1e16,
    1e17,
    99999999.995,
    99999999.994,
    5e-324,
    1e300,
    -1e308,
    1.7976931348623157e308,
  ),
)
const runs = { numRuns: 3, endOnFailure: true }
const many = { minLength: 300, maxLength: 300, size: "max" } as const

function roundedDouble(digits: number, half: "up" | "even") {
  return (value: string): number => {
    const units = rounded(exact(String(Number(value))), digits, half)
    return Number(digits > 0 ? text(units, digits) : `${units * 10n ** BigInt(-digits)}`)
  }
}

test.each([0, 1, 2, 3, 6, 9, 12, 15, 16, -1, -2, -9])("rounds doubles to %i digits as their texts", async digits => {
  await fc.assert(
    fc.asyncProperty(fc.array(doubles, many), async values => {
      const rows = values.map(v => [Object.is(v, -0) ? "-0.0" : String(v)])
      for (const half of digits < 0 ? (["up"] as const) : (["up", "even"] as const)) {
        const wanted = await textsOf(values.map(v => roundedDouble(digits, half)(String(v))))
        const found = new Map(rows.map(([v = ""], i) => [v, wanted[i] ?? null]))
        await expectRule(
          `${half === "up" ? "round" : "bround"}(a, ${digits})`,
          ["double"],
          rows,
          v => found.get(v) ?? null,
        )
      }
    }),
    runs,
  )
})

test("leaves infinity, NaN and null as they are when it rounds", async () => {
  const rows = [["Infinity"], ["-Infinity"], ["NaN"], [null]]
  for (const spark of ["round(a)", "round(a, 2)", "round(a, -2)", "bround(a)", "bround(a, 2)"])
    expect(await answersOf(spark, ["double"], rows), spark).toEqual(["inf", "-inf", "nan", null])
  expect(await answersOf("rint(a)", ["double"], [["-0.5"], ["4503599627370494.5"], ["1.5"]])).toEqual([
    "-0.0",
    "4503599627370494.0",
    "2.0",
  ])
})

test.each([
  [10, 2],
  [2, 2],
  [15, 0],
  [18, 9],
  [18, 12],
  [38, 6],
  [38, 18],
  [30, 20],
  [38, 0],
])("casts doubles to decimal(%i,%i) as their texts, and none that is too large", async (precision, scale) => {
  await fc.assert(
    fc.asyncProperty(fc.array(doubles, many), async values => {
      const rows = values.map(v => [Object.is(v, -0) ? "-0.0" : String(v)])
      await expectRule(`try_cast(a as decimal(${precision},${scale}))`, ["double"], rows, v => {
        const units = rounded(exact(String(Number(v))), scale)
        return size(units) < 10n ** BigInt(precision) ? text(units, scale) : null
      })
    }),
    runs,
  )
})

const bounds: { readonly [type: string]: number } = { tinyint: 8, smallint: 16, int: 32, bigint: 64 }

/** Whole numbers of all lengths, and those at the ends of the type. */
function wholes(type: string) {
  const bits = BigInt(bounds[type] ?? 64)
  const [low, high] = [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n]
  const short = fc.tuple(fc.bigInt(low, high), fc.nat(Number(bits))).map(([n, by]) => n >> BigInt(by))
  const ends = fc.tuple(fc.constantFrom(low, high, 0n, low / 2n), fc.bigInt(-3n, 3n)).map(([n, by]) => n + by)
  return fc.oneof(
    fc.bigInt(low, high),
    short,
    ends.filter(n => n >= low && n <= high),
  )
}

test.each(["tinyint", "smallint", "int", "bigint"])("answers for %s as Java does", async type => {
  const bits = bounds[type] ?? 64
  const wide = Math.max(bits, 32)
  const wrap = (n: bigint) => BigInt.asIntN(wide, n)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(wholes(type), wholes(type)), many), async pairs => {
      const rows: Value[][] = [...pairs.map(pair => pair.map(String)), [null, "1"], ["1", null], [null, null]]
      const ones = rows.map(row => row.slice(0, 1))
      const distances = rows.map(([a, b]) => [a ?? null, b == null ? null : String(BigInt.asIntN(8, BigInt(b)))])
      await expectRule(
        "pmod(a, b)",
        [type, type],
        rows.filter(([, b]) => b !== "0"),
        (a, b) => {
          const rest = BigInt(a ?? 0) % BigInt(b ?? 1)
          return String(rest < 0n ? wrap(rest + BigInt(b ?? 1)) % BigInt(b ?? 1) : rest)
        },
      )
      await expectRule("shiftleft(a, b)", [type, "int"], distances, (a, b) =>
        String(wrap(BigInt(a ?? 0) << BigInt(Number(b) & (wide - 1)))),
      )
      await expectRule("shiftleft(a, 33)", [type], ones, a => String(wrap(BigInt(a ?? 0) << BigInt(33 % wide))))
      await expectRule("shiftright(a, b)", [type, "int"], distances, (a, b) =>
        String(BigInt(a ?? 0) >> BigInt(Number(b) & (wide - 1))),
      )
      await expectRule("bit_count(a)", [type], ones, a =>
        String(
          BigInt.asUintN(64, BigInt(a ?? 0))
            .toString(2)
            .replaceAll("0", "").length,
        ),
      )
      for (const tens of [1, 2, 3, 10, 18, 19, 20]) {
        for (const half of ["up", "even"] as const) {
          const unit = 10n ** BigInt(tens)
          const fits = ones.filter(([a]) => {
            const n = divided(BigInt(a ?? 0), unit, half) * unit
            return BigInt.asIntN(bits, n) === n
          })
          await expectRule(`${half === "up" ? "round" : "bround"}(a, -${tens})`, [type], fits, a =>
            String(divided(BigInt(a ?? 0), unit, half) * unit),
          )
        }
      }
    }),
    { numRuns: 2, endOnFailure: true },
  )
})

test("raises where pmod divides by zero, unless the other is null", async () => {
  expect(await answersOf("pmod(a, b)", ["int", "int"], [[null, "0"]])).toEqual([null])
  await expect(answersOf("pmod(a, b)", ["int", "int"], [["1", "0"]])).rejects.toThrow("REMAINDER_BY_ZERO")
})

/** Decimals of all lengths that a type holds. */
function decimals(precision: number, scale: number, least = 0n) {
  const most = 10n ** BigInt(precision) - 1n
  const any = fc.tuple(fc.bigInt(-most, most), fc.nat(precision)).map(([n, cut]) => n / 10n ** BigInt(cut))
  const edges = [most, -most, 0n, most / 2n, 10n ** 18n, -(10n ** 18n)]
  const ends = fc.tuple(fc.constantFrom(...edges), fc.bigInt(-9n, 9n)).map(([n, by]) => n + by)
  return fc
    .oneof({ weight: 4, arbitrary: any }, { weight: 1, arbitrary: ends })
    .filter(n => size(n) <= most && size(n) >= least)
    .map(n => text(n, scale))
}

test.each([
  [10, 2, 1],
  [10, 2, -1],
  [17, 5, 3],
  [18, 4, 2],
  [18, 4, -3],
  [5, 5, 2],
  [17, 0, -9],
  [37, 10, 4],
])("takes decimal(%i,%i) to ceil and floor with %i digits", async (precision, scale, digits) => {
  const rule = (name: string) => (a: string) => {
    const { units } = exact(a)
    const unit = 10n ** BigInt(scale - digits)
    const rest = ((units % unit) + unit) % unit
    const moved = units - rest + (name === "ceil" && rest > 0n ? unit : 0n)
    return digits < 0 ? text(moved / 10n ** BigInt(scale), 0) : text(moved / unit, digits)
  }
  await fc.assert(
    fc.asyncProperty(fc.array(decimals(precision, scale), many), async values => {
      const rows: Value[][] = [...values.map(v => [v]), [null]]
      for (const name of ["ceil", "floor"])
        await expectRule(`${name}(a, ${digits})`, [`decimal(${precision},${scale})`], rows, rule(name))
    }),
    { numRuns: 2, endOnFailure: true },
  )
})

/** Factors whose product has a middle as the last so many digits, or a number next to it. */
function middles([p1, s1]: readonly [number, number], [p2, s2]: readonly [number, number], cut: number) {
  const odd = (precision: number, unit: bigint) =>
    fc
      .tuple(fc.bigInt(0n, 10n ** BigInt(precision) / unit / 2n - 1n), fc.nat(Math.min(precision, 18)))
      .map(([n, less]) => ((n / 10n ** BigInt(less)) * 2n + 1n) * unit)
  const [fives, twos] = [5n ** BigInt(cut), 2n ** BigInt(cut - 1)]
  return fc
    .tuple(odd(p1, fives), odd(p2, twos), fc.constantFrom(1n, -1n), fc.constantFrom(0n, 0n, 1n, -1n))
    .map(([a, b, sign, by]): [string, string] => [text(a * sign + by, s1), text(b, s2)])
}

/** Spark's type of a quotient of decimals. */
function quotientType([p1, s1]: readonly [number, number], [p2, s2]: readonly [number, number]): [number, number] {
  const scale = Math.max(6, s1 + p2 + 1)
  const whole = p1 - s1 + s2
  if (whole + scale <= 38) return [whole + scale, scale]
  return [38, Math.max(38 - whole, Math.min(scale, 6))]
}

test.each<[[number, number], [number, number]]>([
  [
    [10, 2],
    [10, 2],
  ],
  [
    [10, 0],
    [10, 2],
  ],
  [
    [10, 2],
    [10, 0],
  ],
  [
    [5, 5],
    [3, 3],
  ],
  [
    [15, 2],
    [15, 2],
  ],
  [
    [9, 9],
    [9, 9],
  ],
  [
    [17, 1],
    [17, 1],
  ],
  [
    [2, 0],
    [1, 0],
  ],
  [
    [12, 4],
    [8, 3],
  ],
  [
    [20, 4],
    [18, 6],
  ],
  [
    [18, 6],
    [18, 6],
  ],
  [
    [18, 0],
    [18, 0],
  ],
  [
    [30, 10],
    [24, 10],
  ],
  [
    [30, 18],
    [24, 18],
  ],
  [
    [18, 18],
    [10, 3],
  ],
  [
    [38, 20],
    [20, 17],
  ],
])("divides decimal(%s) by decimal(%s)", async (left, right) => {
  const [precision, scale] = quotientType(left, right)
  const decimalTypes = [left, right].map(type => `decimal(${type})`)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(decimals(...left), decimals(...right, 1n)), many), async pairs => {
      const quotient = (a: string, b: string): bigint =>
        divided(exact(a).units * 10n ** BigInt(scale - left[1] + right[1]), exact(b).units, "up")
      const fits = pairs.filter(([a, b]) => size(quotient(a, b)) < 10n ** BigInt(precision))
      const nulls: Value[][] = [
        [null, "1"],
        [null, "0"],
        [null, null],
      ]
      const rows = [...fits, ...nulls.map(([a, b]) => [a ?? null, b === "1" ? (pairs[0]?.[1] ?? null) : (b ?? null)])]
      await expectRule("a / b", decimalTypes, rows, (a = "", b = "") => text(quotient(a, b), scale))
      const whole = (a: string, b: string): bigint =>
        (exact(a).units * 10n ** BigInt(right[1])) / (exact(b).units * 10n ** BigInt(left[1]))
      const short = rows.filter(([a, b]) => a == null || b == null || size(whole(a, b)) < 2n ** 63n)
      await expectRule("a div b", decimalTypes, short, (a = "", b = "") => String(whole(a, b)))
    }),
    { numRuns: 2, endOnFailure: true },
  )
  await expect(answersOf("a / b", decimalTypes, [["0", "0"]])).rejects.toThrow("DIVIDE_BY_ZERO")
})

test.each<[[number, number], [number, number], number, number]>([
  [[38, 10], [38, 10], 9, 6],
  [[20, 4], [18, 6], 6, 9],
  [[38, 18], [20, 2], 17, 6],
  [[20, 4], [20, 4], 4, 6],
  [[38, 6], [38, 6], 6, 6],
  [[38, 9], [38, 9], 8, 6],
  [[22, 12], [18, 3], 12, 12],
])(
  "cuts sums and products of decimal(%s) and decimal(%s) to %i and %i digits",
  async (left, right, ofSum, ofProduct) => {
    const decimalTypes = [left, right].map(type => `decimal(${type})`)
    const any = fc.tuple(decimals(...left), decimals(...right))
    const ties = middles(left, right, Math.max(1, left[1] + right[1] - ofProduct))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(any, ties), many), async pairs => {
        const scale = Math.max(left[1], right[1])
        const units = (v: string) => exact(v).units * 10n ** BigInt(scale - exact(v).scale)
        const sum = (a: string, b: string) => ({ units: units(a) + units(b), scale })
        const product = (a: string, b: string) => ({
          units: exact(a).units * exact(b).units,
          scale: left[1] + right[1],
        })
        for (const [spark, exactly, digits] of [
          ["a + b", sum, ofSum],
          ["a * b", product, ofProduct],
        ] as const) {
          // DuckDB has 38 digits for the exact result
          const rows = pairs.filter(([a, b]) => size(exactly(a, b).units) < 10n ** 38n)
          await expectRule(spark, decimalTypes, rows, (a = "", b = "") => text(rounded(exactly(a, b), digits), digits))
        }
      }),
      { numRuns: 2, endOnFailure: true },
    )
  },
)
