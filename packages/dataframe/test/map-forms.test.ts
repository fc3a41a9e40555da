import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"
import fc from "fast-check"
import { afterAll, beforeAll, expect, test } from "vitest"
import { duckdbPrelude } from "../src/sql/compile-sql.ts"
import { printedForm } from "./printed-form.ts"

// Forms of functions of maps, held to their rules in TypeScript on maps with nulls, empty ones, and none.

let instance: DuckDBInstance
let connection: DuckDBConnection

const entries = fc.uniqueArray(
  fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.option(fc.integer({ min: -9, max: 9 }))),
  {
    selector: ([key]) => key,
  },
)
type Entries = readonly (readonly [string, number | null])[] | null
const rows: (readonly [Entries, Entries])[] = [
  ...fc.sample(fc.tuple(fc.option(entries, { freq: 4 }), fc.option(entries, { freq: 4 })), { seed: 7, numRuns: 500 }),
  [null, null],
  [[], []],
]

beforeAll(async () => {
  instance = await DuckDBInstance.create(":memory:", { threads: "1" })
  connection = await instance.connect()
  for (const statement of duckdbPrelude) await connection.run(statement)
  const values = rows.map((row, i) => `(${[i, ...row.map(literal)]})`)
  await connection.run(
    `CREATE TABLE given AS SELECT i, CAST(m AS MAP(VARCHAR, INTEGER)) AS m, CAST(n AS MAP(VARCHAR, INTEGER)) AS n FROM (VALUES ${values}) t(i, m, n)`,
  )
})

afterAll(() => {
  connection.closeSync()
  instance.closeSync()
})

function literal(map: Entries): string {
  if (map === null) return "NULL"
  return `map([${map.map(([key]) => `'${key}'`)}], [${map.map(([, value]) => value ?? "NULL")}])`
}

function text(map: Entries): string | null {
  return map && `{${map.map(([key, value]) => `${key}=${value ?? "NULL"}`).join(", ")}}`
}

async function expectRule(expression: string, rule: (m: Entries, n: Entries) => Entries): Promise<void> {
  const form = printedForm(expression, { m: "map<string,int>", n: "map<string,int>" })
  const result = await connection.runAndReadAll(`SELECT CAST(${form} AS VARCHAR) FROM given ORDER BY i`)
  expect(
    result.getRows().map(([value]) => value ?? null),
    expression,
  ).toEqual(rows.map(([m, n]) => text(rule(m, n))))
}

const valueAt = (map: Entries, key: string) => map?.find(([k]) => k === key)?.[1] ?? 0

/** The keys of the first, then those that only the second has. */
function zipped(m: Entries, n: Entries, value: (key: string) => number): Entries {
  if (m === null || n === null) return null
  const keys = new Set([...m, ...n].map(([key]) => key))
  return [...keys].map(key => [key, value(key)])
}

test("zips columns of maps, maps that are made, and both", async () => {
  await expectRule("map_zip_with(m, n, (k, v, w) -> coalesce(v, 0) - coalesce(w, 0))", (m, n) =>
    zipped(m, n, key => valueAt(m, key) - valueAt(n, key)),
  )
  const ten: Entries = [["a", 10]]
  await expectRule("map_zip_with(m, map('a', 10), (k, v, w) -> coalesce(v, 0) - coalesce(w, 0))", m =>
    zipped(m, ten, key => valueAt(m, key) - valueAt(ten, key)),
  )
  await expectRule(
    "map_zip_with(map('a', 10), n, (k, v, w) -> v + coalesce(w, 0) + size(m))",
    (m, n) =>
      zipped(ten, n, () => 0)?.map(([key]) => [key, key === "a" && m ? 10 + valueAt(n, key) + m.length : null]) ?? null,
  )
  await expectRule(
    "map_zip_with(map_filter(m, (k, v) -> v > 0), map_filter(n, (k, v) -> k <> 'a'), (k, v, w) -> coalesce(v, 0) - coalesce(w, 0))",
    (m, n) => {
      const [left, right] = [m?.filter(([, v]) => (v ?? 0) > 0) ?? null, n?.filter(([k]) => k !== "a") ?? null]
      return zipped(left, right, key => valueAt(left, key) - valueAt(right, key))
    },
  )
})

test("answers null for no map, and an empty one for an empty one", async () => {
  await expectRule("map_from_arrays(map_keys(m), map_values(m))", m => m)
  await expectRule("map_from_arrays(map_keys(m), transform(map_keys(if(size(n) > 0, m, null)), k -> 1))", (m, n) =>
    m && n && n.length > 0 ? m.map(([key]) => [key, 1]) : null,
  )
  await expectRule("map_from_entries(map_entries(m))", m => m)
  await expectRule("map_filter(m, (k, v) -> v > 0)", m => m?.filter(([, v]) => (v ?? 0) > 0) ?? null)
  await expectRule(
    "transform_values(m, (k, v) -> v + 1)",
    m => m?.map(([k, v]) => [k, v === null ? null : v + 1]) ?? null,
  )
  await expectRule("transform_keys(m, (k, v) -> upper(k))", m => m?.map(([k, v]) => [k.toUpperCase(), v]) ?? null)
})
