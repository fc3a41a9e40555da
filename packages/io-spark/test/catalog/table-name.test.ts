import { expect, test } from "vitest"
import { parsePartition } from "../../src/catalog/partition-path.ts"
import { catalogName } from "../../src/catalog/table-name.ts"

test("a key gives a name that says it, with two underscores for each slash", () => {
  expect(catalogName("marts/daily_revenue")).toBe("marts__daily_revenue")
  expect(catalogName("raw/EU/orders2")).toBe("raw__eu__orders2")
})

test("keys have names of their own, of letters that every catalog takes", () => {
  const segments = ["a", "a_b", "a__b", "_a", "a_", "a.b", "a-b", "b", "x".repeat(200), `${"x".repeat(199)}y`]
  const keys = [...segments, ...segments.flatMap(one => segments.map(other => `${one}/${other}`)), "a/b/a", "a/a_b/b"]
  const names = keys.map(catalogName)
  expect(new Set(names).size).toBe(keys.length)
  for (const name of names) expect(name).toMatch(/^[a-z0-9_]{1,128}$/)
})

test("the values of a partition are read as Spark tells them", () => {
  const found = parsePartition("_partition_key=a%2Fb%3D1%25 ü/_write=01-02%2Fname%3Dx")
  expect(Object.fromEntries(found)).toEqual({ _partition_key: "a/b=1% ü", _write: "01-02/name=x" })
})
