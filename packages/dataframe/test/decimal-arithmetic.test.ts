import { duckdb } from "@assets/io-duckdb"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { avg, expr, lit, sum, sumDistinct } from "../src/functions.ts"
import { openSession, type Session, t, Window } from "../src/index.ts"

let session: Session

beforeAll(async () => {
  session = await openSession(duckdb({ threads: 1 }))
})
afterAll(() => session?.close())

const columns = { k: t.int32, a: t.decimal(15, 2), b: t.decimal(15, 2), d: t.decimal(18, 4), n: t.int64 }

/** Small numbers, of which 64 bits hold the product, and all that the types admit. */
const upTo = (digits: number) =>
  fc.oneof(
    fc.constant(null),
    fc.bigInt({ min: -10_000n, max: 10_000n }),
    fc.bigInt({ min: -(10n ** BigInt(digits)) + 1n, max: 10n ** BigInt(digits) - 1n }),
  )
const row = fc.record({ k: fc.integer({ min: 0, max: 2 }), a: upTo(15), b: upTo(15), d: upTo(18), n: upTo(18) })
type Row = typeof row extends fc.Arbitrary<infer R> ? R : never

/** A whole number of units as the text of a decimal. */
function text(units: bigint, scale: number): string {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, "0")
  const point = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return units < 0n ? `-${point}` : point
}

const decimals = (r: Row) => ({
  k: r.k,
  a: r.a === null ? null : text(r.a, 2),
  b: r.b === null ? null : text(r.b, 2),
  d: r.d === null ? null : text(r.d, 4),
  n: r.n,
})
const frameOf = (rows: readonly Row[]) => session.createDataFrame(columns, rows.map(decimals))
type Columns = Parameters<Parameters<ReturnType<typeof frameOf>["filter"]>[0]>[0]

const all = <T>(values: readonly (bigint | null)[], of: (...values: bigint[]) => T): T | null =>
  values.some(value => value === null) ? null : of(...(values as bigint[])) // none is null

/** Forms with their scale, and their units computed without a bound. */
const forms = [
  ["a * b", 4, (f: Columns) => f.a.multiply(f.b), (r: Row) => all([r.a, r.b], (a, b) => a * b)],
  [
    "a * (1 - b)",
    4,
    (f: Columns) => f.a.multiply(lit(1).minus(f.b)),
    (r: Row) => all([r.a, r.b], (a, b) => a * (100n - b)),
  ],
  ["a * n", 2, (f: Columns) => f.a.multiply(f.n), (r: Row) => all([r.a, r.n], (a, n) => a * n)],
  [
    "a * b - d * 3",
    4,
    (f: Columns) => f.a.multiply(f.b).minus(f.d.multiply(lit(3))),
    (r: Row) => all([r.a, r.b, r.d], (a, b, d) => a * b - d * 3n),
  ],
  ["a + d", 4, (f: Columns) => f.a.plus(f.d), (r: Row) => all([r.a, r.d], (a, d) => a * 100n + d)],
] as const

describe.each(forms)("%s", (_, scale, form, units) => {
  test("is exact for small numbers and large ones", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 8 }), async rows => {
        const got = await frameOf(rows)
          .select(f => ({ value: form(f) }))
          .take(99)
        const wanted = rows.map(units).map(u => (u === null ? null : text(u, scale)))
        expect(got.map(r => r.value).sort()).toEqual(wanted.sort())
      }),
      { numRuns: 15 },
    )
  })

  test("has exact sums and means, of groups and of some rows", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 12 }), async rows => {
        const got = await frameOf(rows)
          .withColumn("value", f => form(f))
          .groupBy("k")
          .agg(f => ({ total: sum(f.value), again: sum(form(f)), mean: avg(f.value) }))
          .take(9)
        const wanted = [...new Set(rows.map(r => r.k))].map(k => {
          const known = rows.filter(r => r.k === k).flatMap(r => units(r) ?? [])
          const total =
            known.length === 0
              ? null
              : text(
                  known.reduce((a, b) => a + b),
                  scale,
                )
          return { k, total, again: total, mean: known.length === 0 ? null : meanOf(known, scale) }
        })
        const byKey = (x: { readonly k: number | null }, y: { readonly k: number | null }) => (x.k ?? 0) - (y.k ?? 0)
        expect([...got].sort(byKey)).toEqual(wanted.sort(byKey))
      }),
      { numRuns: 15 },
    )
  })
})

/** Four more digits, half up. */
function meanOf(units: readonly bigint[], scale: number): string {
  const total = units.reduce((a, b) => a + b) * 10_000n
  const count = BigInt(units.length)
  const sign = total < 0n ? -1n : 1n
  const rounded = ((total * sign * 2n + count) / (count * 2n)) * sign
  return text(rounded, scale + 4)
}

test("a sum of small products and large ones takes each row once, also when distinct, filtered or over a window", async () => {
  const rows = [
    { k: 1, a: "2.00", b: "3.00", d: null, n: null },
    { k: 1, a: "2.00", b: "3.00", d: null, n: null },
    { k: 1, a: "9999999999999.99", b: "9999999999999.99", d: null, n: null },
    // the same product as the first two, of numbers that need more digits
    { k: 1, a: "6000000000000.00", b: "0.01", d: null, n: null },
    { k: 1, a: "600000000000.00", b: "0.10", d: null, n: null },
    { k: 1, a: null, b: "1.00", d: null, n: null },
  ]
  const data = session.createDataFrame(columns, rows)
  const [totals] = await data
    .agg(f => ({
      every: sum(f.a.multiply(f.b)),
      distinct: sumDistinct(f.a.multiply(f.b)),
      some: expr("sum(a * b) FILTER (WHERE a < 3)", t.decimal(38, 4)),
    }))
    .take(1)
  expect(totals).toEqual({
    every: "99999999999999920000000012.0001",
    distinct: "99999999999999860000000006.0001",
    some: "12.0000",
  })
  const running = await data
    .filter(f => f.a.isNotNull())
    .select(f => ({ total: sum(f.a.multiply(f.b)).over(Window.partitionBy(f.k)) }))
    .take(1)
  expect(running).toEqual([{ total: "99999999999999920000000012.0001" }])
})
