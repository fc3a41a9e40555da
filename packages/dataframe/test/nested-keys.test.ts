import { duckdb } from "@assets/io-duckdb"
import { afterAll, beforeAll, expect, test } from "vitest"
import { count, sum } from "../src/functions.ts"
import { openSession, type Session, t } from "../src/index.ts"

let session: Session

beforeAll(async () => {
  session = await openSession(duckdb())
})
afterAll(() => session?.close())

const columns = { st: t.struct({ "it's": t.float64, n: t.int32 }), xs: t.array(t.array(t.float32)), v: t.int32 }
const made = () =>
  session.createDataFrame(columns, [
    { st: { "it's": -0, n: 1 }, xs: [[-0, null], null], v: 1 },
    { st: { "it's": 0, n: 1 }, xs: [[0, null], null], v: 2 },
    { st: { "it's": Number.NaN, n: null }, xs: [[Number.NaN]], v: 4 },
    { st: { "it's": Number.NaN, n: null }, xs: [[Number.NaN]], v: 8 },
    { st: null, xs: null, v: 16 },
  ])

test("-0.0 and NaN within structs and arrays group as in Spark: to 0.0, and to each other", async () => {
  const byStruct = await made()
    .groupBy("st")
    .agg(f => ({ total: sum(f.v) }))
    .orderBy("total")
    .take(9)
  expect(byStruct).toEqual([
    { st: { "it's": 0, n: 1 }, total: 3n },
    { st: { "it's": Number.NaN, n: null }, total: 12n },
    { st: null, total: 16n },
  ])
  const byArray = await made()
    .groupBy("xs")
    .agg(f => ({ total: sum(f.v) }))
    .orderBy("total")
    .take(9)
  expect(byArray).toEqual([
    { xs: [[0, null], null], total: 3n },
    { xs: [[Number.NaN]], total: 12n },
    { xs: null, total: 16n },
  ])
})

test("-0.0 within structs and arrays is no value of its own to distinct, dropDuplicates and set operations", async () => {
  const keys = made().select("st", "xs")
  expect(await keys.distinct().count()).toBe(3)
  expect(
    await keys
      .intersect(keys)
      .agg(() => ({ rows: count() }))
      .first(),
  ).toEqual({ rows: 3n })
  const [first] = await keys
    .distinct()
    .filter(f => f.st.getField("n").equalTo(1))
    .take(1)
  expect(first).toEqual({ st: { "it's": 0, n: 1 }, xs: [[0, null], null] })
  expect(await keys.dropDuplicates("st").count()).toBe(3)
})
