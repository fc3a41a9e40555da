import { frame, openSession, type Session, t } from "@assets/dataframe"
import { broadcast, count, sum } from "@assets/dataframe/functions"
import { duckdb } from "@assets/io-duckdb"
import { afterAll, beforeAll, expect, test } from "vitest"
import { canonicalPlan } from "../src/plan/canonical-plan.ts"
import { relationOf } from "../src/plan-frame.ts"
import { compileDuckdb } from "../src/sql/compile-sql.ts"

let session: Session
beforeAll(async () => {
  session = await openSession(duckdb({ threads: 1 }))
})
afterAll(() => session?.close())

const rows = Array.from({ length: 50 }, (_, i) => ({ k: i % 7 === 0 ? "rare" : "often", n: i }))
const data = () => session.createDataFrame({ k: t.string, n: t.int32 }, rows)
const names = () => session.createDataFrame({ k: t.string, name: t.string }, [{ k: "rare", name: "few" }])

test("a hint changes neither rows nor the plan that is fingerprinted", async () => {
  const input = frame({ k: t.string, n: t.int32 }).input("a")
  const other = frame({ k: t.string, name: t.string }).input("b")
  const plain = input
    .join(other, "k")
    .groupBy("k")
    .agg(f => ({ total: sum(f.n) }))
  const hinted = input
    .repartition(8, "k")
    .join(broadcast(other), "k")
    .coalescePartitions(2)
    .cache()
    .groupBy("k")
    .salted("k", 4)
    .agg(f => ({ total: sum(f.n) }))
  expect(canonicalPlan(relationOf(hinted, "test"))).toEqual(canonicalPlan(relationOf(plain, "test")))
  const joined = data().repartition(4, "k").join(broadcast(names()), "k").coalescePartitions(1)
  expect(await joined.count()).toBe(8)
})

test("a salted aggregation gives what the plain one gives", async () => {
  const plain = data()
    .groupBy("k")
    .agg(f => ({ total: sum(f.n), rows: count() }))
  const salted = data()
    .groupBy("k")
    .salted("k", 16)
    .agg(f => ({ total: sum(f.n), rows: count() }))
  expect(await salted.orderBy("k").take(9)).toEqual(await plain.orderBy("k").take(9))
})

test("what is cached is computed once, also where it only reads", () => {
  const table = { kind: "table", path: ["t"], schema: { columns: [{ name: "n", type: { kind: "int32" } }] } } as const
  const cached = { kind: "hint", hint: { name: "cache" }, input: table, schema: table.schema } as const
  const twice = (input: typeof table | typeof cached) =>
    compileDuckdb({ kind: "set", operation: "union", all: true, left: input, right: input, schema: table.schema }).sql
  expect(twice(table)).not.toContain("MATERIALIZED")
  expect(twice(cached)).toContain("MATERIALIZED")
})

test("a hint that makes no sense is refused", () => {
  expect(() => data().repartition(0)).toThrow("repartition was given 0")
  expect(() => data().coalescePartitions(1.5)).toThrow("1.5")
  const grouped = data().groupBy("k")
  // @ts-expect-error n is no key of the group
  const salted = () => grouped.salted("n", 4)
  expect(() => salted().agg(() => ({ rows: count() }))).toThrow("'n'")
  // @ts-expect-error a number is no frame
  expect(() => broadcast(1)).toThrow("not a DataFrame")
})
