import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"
import fc from "fast-check"
import { afterAll, beforeAll, expect, test } from "vitest"
import { duckdbPrelude } from "../src/sql/compile-sql.ts"
import { printedForm } from "./printed-form.ts"

// Forms of aggregates, held to the rules of Spark in TypeScript on many groups of values.

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
const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns = 300): T[] => fc.sample(arbitrary, { seed, numRuns })

type Value = number | null
/** The values of the columns `x` and `y` of a row. */
type Row = readonly Value[]

type Groups = readonly (readonly Row[])[]

/** Makes the groups of rows that `answers` is about. */
async function give(groups: Groups, type: string): Promise<void> {
  const rows = groups.flatMap((group, g) => group.map(row => `(${[g, ...row.map(literal)]})`))
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE given AS SELECT g, CAST(x AS ${type}) AS x, CAST(y AS ${type}) AS y FROM (VALUES ${rows}) t(g, x, y)`,
  )
}

/** What an aggregate answers for each group, as text. */
async function answers(expression: string, type: string): Promise<(string | null)[]> {
  const form = printedForm(expression, { x: type, y: type })
  const result = await connection.runAndReadAll(`SELECT CAST(${form} AS VARCHAR) FROM given GROUP BY g ORDER BY g`)
  return result.getRows().map(([value]) => (value === null || value === undefined ? null : String(value)))
}

async function numbers(expression: string, type: string): Promise<(number | null)[]> {
  const texts = await answers(expression, type)
  return texts.map(text => (text === null ? null : Number(text.replace("inf", "Infinity"))))
}

function literal(value: Value): string {
  if (value === null) return "NULL"
  return Object.is(value, -0) ? "'-0.0'" : `'${value}'`
}

interface Near {
  readonly value: Value
  /** How far from it an answer may be. */
  readonly allowed: number
}

async function expectNear(
  expression: string,
  type: string,
  groups: Groups,
  rule: (rows: readonly Row[]) => Near,
): Promise<void> {
  const found = await numbers(expression, type)
  const differing = groups.flatMap((group, i) => {
    const { value, allowed } = rule(group)
    const answer = found[i] ?? null
    const isSame =
      answer === null || value === null
        ? answer === value
        : Object.is(answer, value) || Math.abs(answer - value) <= allowed
    return isSame ? [] : [`${JSON.stringify(group)}: ${answer}, not ${value}`]
  })
  expect(found).toHaveLength(groups.length)
  expect(differing, expression).toEqual([])
}

/** Without what is no number, rounded. */
const whole = (groups: Groups): Row[][] =>
  groups.map(rows => rows.map(row => row.map(x => (x === null || !Number.isFinite(x) ? null : Math.round(x)))))

const present = (rows: readonly Row[]): number[] => rows.flatMap(([x]) => (x == null ? [] : [x]))

/** The moments of one pass over the values, as Spark updates them. */
function centralMoments(values: readonly number[]) {
  let [n, mean, m2, m3, m4] = [0, 0, 0, 0, 0]
  for (const x of values) {
    n++
    const delta = x - mean
    const deltaN = delta / n
    mean += deltaN
    m2 += delta * (delta - deltaN)
    m3 += -3 * deltaN * m2 + delta * (delta ** 2 - deltaN ** 2)
    m4 += -4 * deltaN * m3 - 6 * deltaN ** 2 * m2 + delta * (delta ** 3 - deltaN ** 3)
  }
  return { n, mean, m2, m3, m4 }
}

/** What a value loses beside a mean that is far from zero. */
const lost = (mean: number, spread: number) => 4e-12 + (Math.abs(mean) / spread) * 1e-14

function kurtosis(rows: readonly Row[]) {
  const { n, mean, m2, m4 } = centralMoments(present(rows))
  if (n === 0 || m2 === 0) return { value: null, allowed: 0 }
  const value = (n * m4) / (m2 * m2) - 3
  return { value, allowed: Number.isNaN(value) ? 0 : (value + 3) * lost(mean, Math.sqrt(m2 / n)) }
}

function skewness(rows: readonly Row[]) {
  const { n, mean, m2, m3 } = centralMoments(present(rows))
  if (n === 0 || m2 === 0) return { value: null, allowed: 0 }
  const value = (Math.sqrt(n) * m3) / Math.sqrt(m2 ** 3)
  return { value, allowed: Number.isNaN(value) ? 0 : (Math.abs(value) + 1) * lost(mean, Math.sqrt(m2 / n)) }
}

const around = (center: number, width: number) =>
  fc.double({ min: -width, max: width, noNaN: true }).map(x => center + Math.round(x * 1e6) / 1e6)
const value = fc.oneof({ weight: 8, arbitrary: around(0, 1000) }, fc.constantFrom(null, 0, -0, 1, 1))
const special = fc.oneof(value, fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY))
const rowsOf = (values: fc.Arbitrary<Value>) =>
  fc.array(fc.tuple(values, values), { minLength: 1, maxLength: 40, size: "max" })
const edges: Row[][] = [
  [[null, null]],
  [[1, 2]],
  [[Number.NaN, 1]],
  [
    [null, 1],
    [2, null],
  ],
  [
    [Number.POSITIVE_INFINITY, 1],
    [Number.NEGATIVE_INFINITY, 2],
  ],
  [
    [1, 3],
    [1, 4],
    [null, 5],
    [2, 9],
  ],
]
const constants: Row[][] = [0.1, 1e9 + 0.1, -3, 1e-200].map(x => Array.from({ length: 7 }, () => [x, x] as Row))
const farFromZero = sample(rowsOf(around(1e7, 50)), 50)

test("gives the skewness and the kurtosis of Spark, also of values far from zero", async () => {
  const groups = [...sample(rowsOf(value)), ...sample(rowsOf(special), 100), ...farFromZero, ...edges, ...constants]
  await give(groups, "double")
  await expectNear("skewness(x)", "double", groups, skewness)
  await expectNear("kurtosis(x)", "double", groups, kurtosis)
  await give(whole(groups), "bigint")
  await expectNear("skewness(x)", "bigint", whole(groups), skewness)
  await expectNear("kurtosis(x)", "bigint", whole(groups), kurtosis)
})

/** Pearson's correlation in one pass, as Spark updates it; undefined where Spark divides by zero. */
function correlation(rows: readonly Row[]) {
  let [n, meanX, meanY, both, squaresX, squaresY] = [0, 0, 0, 0, 0, 0]
  for (const [x = null, y = null] of rows) {
    if (x === null || y === null) continue
    n++
    const [deltaX, deltaY] = [x - meanX, y - meanY]
    meanX += deltaX / n
    meanY += deltaY / n
    both += deltaX * (y - meanY)
    squaresX += deltaX * (x - meanX)
    squaresY += deltaY * (y - meanY)
  }
  if (n <= 1) return { value: null, allowed: 0 }
  const divisor = Math.sqrt(squaresX * squaresY)
  if (divisor === 0) return undefined
  const spread = Math.min(Math.sqrt(squaresX / n), Math.sqrt(squaresY / n))
  const allowed = lost(Math.max(Math.abs(meanX), Math.abs(meanY)), spread)
  return { value: both / divisor, allowed: Number.isNaN(both / divisor) ? 0 : allowed }
}

test("gives the correlation of Spark, and raises where a side does not vary", async () => {
  const groups = [...sample(rowsOf(value)), ...sample(rowsOf(special), 100), ...farFromZero, ...edges]
  const rule = (rows: readonly Row[]) => correlation(rows) ?? { value: null, allowed: 0 }
  for (const [type, of] of [
    ["double", groups],
    ["int", whole(groups)],
  ] as const) {
    const varied = of.filter(correlation)
    await give(varied, type)
    await expectNear("corr(x, y)", type, varied, rule)
    for (const rows of [...constants, ...of.filter(rows => !correlation(rows)).slice(0, 10)]) {
      await give([rows], type)
      await expect(answers("corr(x, y)", type)).rejects.toThrow("DIVIDE_BY_ZERO")
    }
  }
})

/** Between the two values round a position, as Spark weighs them. */
function percentile(rows: readonly Row[], share: number): Value {
  const sorted = present(rows).sort((a, b) => a - b)
  const position = (sorted.length - 1) * share
  const [lower, upper] = [Math.floor(position), Math.ceil(position)]
  const [low = null, high = null] = [sorted[lower], sorted[upper]]
  if (low === null || high === null || low === high) return low
  return (upper - position) * low + (position - lower) * high
}

test.each([
  ["int", 1, 1e9],
  ["smallint", 1, 30_000],
  ["bigint", 1, 1e15],
  ["decimal(10,2)", 100, 1e9],
  ["decimal(15,3)", 1000, 1e14],
])("gives the percentiles of %s that Spark gives of its doubles", async (type, unit, most) => {
  const number = fc.integer({ min: -most, max: most }).map(n => n / unit)
  const near = fc.integer({ min: -500, max: 500 }).map(n => n / unit)
  const groups: Row[][] = [
    ...sample(rowsOf(fc.oneof(number, near, fc.constant(null)))),
    [[null, null]],
    Array.from({ length: 4000 }, (_, i) => [(i * 7919) % 3000, 0]),
    Array.from({ length: 3001 }, (_, i) => [(i * 7919) % 3001, 0]),
  ]
  await give(groups, type)
  const median = await numbers("median(x)", type)
  expect(median).toEqual(groups.map(rows => percentile(rows, 0.5)))
  expect(await numbers("percentile(x, 0.5)", type)).toEqual(median)
  for (const share of [0, 0.1, 0.25, 0.9, 1])
    await expectNear(`percentile(x, ${share})`, type, groups, rows => {
      const largest = present(rows).reduce((a, b) => Math.max(a, Math.abs(b)), 0)
      return { value: percentile(rows, share), allowed: largest * 4e-15 }
    })
  const lowest = (rows: readonly Row[]) => {
    const sorted = present(rows).sort((a, b) => a - b)
    return sorted[Math.max(Math.ceil(sorted.length * 0.25) - 1, 0)] ?? null
  }
  expect(await numbers("percentile_disc(0.25) within group (order by x)", type)).toEqual(groups.map(lowest))
})

/** Nulls come before all numbers, NaN after them. */
function compared(a: Value, b: Value): number {
  const rank = (x: Value) => (x === null ? 0 : Number.isNaN(x) ? 2 : 1)
  return rank(a) - rank(b) || (rank(a) === 1 ? Number(a) - Number(b) : 0)
}

test("sorts collected structs by their fields, nulls first, and from the last to the first", async () => {
  const few = fc.constantFrom(null, Number.NaN, -1, 0, 1, 2)
  const groups: Row[][] = [...sample(rowsOf(few), 200), [[null, null]]]
  await give(groups, "double")
  const text = (x: Value) => (x === null ? "NULL" : Number.isNaN(x) ? "nan" : x.toFixed(1))
  const sorted = (rows: readonly Row[]) =>
    [...rows].sort(([x = null, y = null], [a = null, b = null]) => compared(x, a) || compared(y, b))
  const listed = (wrap: (x: string) => string) => (rows: readonly Row[]) =>
    `[${rows.map(([x = null, y = null]) => `{'a': ${wrap(text(x))}, 'y': ${text(y)}}`).join(", ")}]`
  const plain = groups.map(sorted).map(listed(x => x))
  expect(await answers("sort_array(collect_list(named_struct('a', x, 'y', y)))", "double")).toEqual(plain)
  expect(await answers("array_sort(collect_list(named_struct('a', x, 'y', y)))", "double")).toEqual(plain)
  expect(await answers("sort_array(collect_list(named_struct('a', array(x), 'y', y)))", "double")).toEqual(
    groups.map(sorted).map(listed(x => `[${x}]`)),
  )
  expect(await answers("sort_array(collect_list(named_struct('a', x, 'y', y)), false)", "double")).toEqual(
    groups.map(rows => listed(x => x)(sorted(rows).reverse())),
  )
  expect(
    await answers("sort_array(collect_list(named_struct('a', x, 'y', y)) filter (where y > 0))", "double"),
  ).toEqual(groups.map(rows => listed(x => x)(sorted(rows).filter(([, y = null]) => compared(y, 0) > 0))))
})
