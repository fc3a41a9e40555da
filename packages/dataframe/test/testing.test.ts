import { duckdb } from "@assets/io-duckdb"
import { expect, test } from "vitest"
import { avg, count } from "../src/functions.ts"
import { t } from "../src/index.ts"
import { expectRows, testOnEngines } from "../src/testing/index.ts"

const rows = [
  { k: "a", x: 1 },
  { k: "a", x: 2 },
  { k: "b", x: Number.NaN },
]

test("a test runs on each engine, and its rows are compared without regard to order", () =>
  testOnEngines([duckdb(), duckdb({ threads: 1 })], async session => {
    const counted = session
      .createDataFrame({ k: t.string, x: t.float64 }, rows)
      .groupBy("k")
      .agg(f => ({ n: count(), mean: avg(f.x) }))
    await expectRows(counted, [
      { k: "b", n: 1, mean: Number.NaN },
      { k: "a", n: 2n, mean: 1.5 },
    ])
    await expectRows(
      counted.orderBy("k"),
      [
        { k: "a", n: 2, mean: 1.5000001 },
        { k: "b", n: 1, mean: Number.NaN },
      ],
      {
        ordered: true,
        tolerance: 1e-6,
      },
    )
  }))

test("what differs is told by row, with the engine's name", async () => {
  const failing = testOnEngines([duckdb()], async session => {
    await expectRows(session.createDataFrame({ k: t.string }, [{ k: "a" }, { k: "a" }]), [{ k: "a" }, { k: "b" }])
  })
  await expect(failing).rejects.toThrow("on duckdb: missing: { k: 'b' }\ntoo many: { k: 'a' }")
  await expect(testOnEngines([], async () => {})).rejects.toThrow("no engine")
})
