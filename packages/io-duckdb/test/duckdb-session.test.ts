import type { RecordBatch } from "@assets/core"
import { type RecordBatch as ArrowBatch, Table } from "apache-arrow"
import { describe, expect, test } from "vitest"
import { createAllTypes, difference, openSession, schema, sql, table } from "./tables.ts"

const signal = new AbortController().signal

async function collect(batches: AsyncIterable<RecordBatch>): Promise<ArrowBatch[]> {
  const all: ArrowBatch[] = []
  for await (const batch of batches) all.push(batch as ArrowBatch)
  return all
}

describe("batches and upload", () => {
  test.each([1, 1000, 40_000])(
    "every type comes back equal, with nulls, NaN and -0.0, %i times four rows",
    async repeat => {
      const session = await openSession()
      const relation = await createAllTypes(session, repeat)
      const uploaded = await session.upload(session.batches(relation, signal), relation.schema)
      expect(uploaded.kind).toBe("table")
      expect(await difference(session, "all_types", "upload_1")).toEqual([])
      const types = "SELECT column_type FROM (DESCRIBE "
      expect(await sql(session, `${types} upload_1)`)).toEqual(await sql(session, `${types} all_types)`))
    },
    60_000,
  )

  test("batches hold the values themselves", async () => {
    const session = await openSession()
    const relation = await createAllTypes(session)
    const rows = new Table(await collect(session.batches(relation, signal))).toArray().map(row => row.toJSON())
    expect(rows).toHaveLength(4)
    const last = rows[1]
    expect(last).toMatchObject({ b: false, i8: 127, i16: 32767, i32: 2147483647, i64: 9223372036854775807n })
    expect(last.f64).toBe(Number.POSITIVE_INFINITY)
    expect(Object.is(rows[0].f64, -0)).toBe(true)
    expect(rows[0].f32).toBeNaN()
    expect([...last.list]).toEqual(["a", null, "a text of more than twelve bytes"])
    expect(last.nested.toJSON().map((inner: Iterable<number> | null) => inner && [...inner])).toEqual([
      [1, null],
      null,
      [],
      [2, 3],
    ])
    expect(rows[3].s).toBe("grüße, 世界 🎉 with more than twelve bytes")
    expect(rows[2].st).toBeNull()
    expect(rows[2].m).toBeNull()
    expect(rows[0].st.toJSON()["o'b \"q"].toJSON()).toHaveLength(2)
  })

  test("lists that lie apart, in another order and twice are put in order", async () => {
    const session = await openSession()
    await sql(
      session,
      `CREATE TABLE lists AS SELECT i::BIGINT AS i, CASE WHEN i % 5 = 0 THEN NULL ELSE [['x' || i, NULL], ['long enough to lie elsewhere ' || i]] END AS l FROM range(20000) t(i)`,
    )
    await sql(
      session,
      `CREATE VIEW picked AS SELECT i, l FROM (SELECT a.i, a.l FROM lists a JOIN lists b ON a.i % 100 = b.i % 100 WHERE b.i < 1000 AND a.i % 3 = 0 ORDER BY a.i DESC)`,
    )
    const nested = schema({ i: "int64", l: { kind: "array", element: { kind: "array", element: { kind: "string" } } } })
    await session.upload(session.batches(table("picked", nested), signal), nested)
    expect(await difference(session, "picked", "upload_1")).toEqual([])
  })
})
