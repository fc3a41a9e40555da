import { duckdb } from "@assets/io-duckdb"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { count, rand, sum } from "../src/functions.ts"
import { openSession, type Session, t } from "../src/index.ts"

let session: Session

beforeAll(async () => {
  session = await openSession(duckdb())
})
afterAll(() => session?.close())

const orders = () =>
  session.createDataFrame({ id: t.int32, cust: t.int32, note: t.string }, [
    { id: 10, cust: 1, note: "a" },
    { id: 20, cust: 2, note: "b" },
  ])
const customers = () => session.createDataFrame({ id: t.int32, cust: t.int32 }, [{ id: 99, cust: 1 }])

describe("a semi or anti join by a key that is not the first column", () => {
  test("keeps each value in its column, keys first", async () => {
    expect(await orders().join(customers(), "cust", "semi").take(9)).toEqual([{ cust: 1, id: 10, note: "a" }])
    expect(await orders().join(customers(), "cust", "anti").take(9)).toEqual([{ cust: 2, id: 20, note: "b" }])
    expect(
      orders()
        .join(customers(), "cust", "semi")
        .schema()
        .columns.map(c => c.name),
    ).toEqual(["cust", "id", "note"])
  })

  test("does so as well when the keys are of different types", async () => {
    const wide = customers().withColumn("cust", f => f.cust.cast(t.int64))
    const joined = orders().join(wide as never, "cust", "semi")
    expect(await (joined as ReturnType<typeof orders>).take(9)).toEqual([{ cust: 1, id: 10, note: "a" }])
    expect(joined.schema().columns.map(c => c.name)).toEqual(["cust", "id", "note"])
  })
})

test("a frame joins with frames that are made of it", async () => {
  const totals = orders()
    .groupBy("cust")
    .agg(f => ({ n: count(), total: sum(f.id) }))
  const joined = orders()
    .join(totals, "cust")
    .join(totals.rename({ n: "m", total: "again" }), "cust")
  expect(await joined.orderBy("cust").take(9)).toEqual([
    { cust: 1, id: 10, note: "a", n: 1n, total: 10n, m: 1n, again: 10n },
    { cust: 2, id: 20, note: "b", n: 1n, total: 20n, m: 1n, again: 20n },
  ])
})

test("a row that chance has kept keeps all of its matches", async () => {
  const keys = Array.from({ length: 64 }, (_, cust) => ({ cust }))
  const kept = session.createDataFrame({ cust: t.int32 }, keys).filter(() => rand().lt(0.5))
  const matches = session.createDataFrame(
    { cust: t.int32, id: t.int32 },
    keys.flatMap(({ cust }) => [0, 1, 2, 3].map(id => ({ cust, id }))),
  )
  for (const joined of [kept.join(matches, "cust"), matches.join(kept, "cust")]) {
    const rows = await joined
      .groupBy("cust")
      .agg(() => ({ n: count() }))
      .take(64)
    expect(new Set(rows.map(row => row.n))).toEqual(new Set([4n]))
  }
})
