import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { duckdb } from "@assets/io-duckdb"
import { type RecordBatch, tableFromArrays } from "apache-arrow"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { explode, lit, repeat, sequence, sum } from "../src/functions.ts"
import { compileDuckdb, compileSpark, frame, openSession, type Session, t } from "../src/index.ts"
import { lazyPlan } from "../src/lazy-plan.ts"
import { relationOf } from "../src/plan-frame.ts"

let session: Session

beforeAll(async () => {
  session = await openSession(duckdb({ memoryLimit: "256MB", threads: 2 }))
})
afterAll(() => session?.close())

const out = { id: t.int64, half: t.float64 }

/** Halves of the ids. */
function halves(batch: RecordBatch): RecordBatch {
  const id = batch.getChild("id")?.toArray() as BigInt64Array
  return only({ id, half: Float64Array.from(id, value => Number(value) / 2) })
}

function only(columns: Parameters<typeof tableFromArrays>[0]): RecordBatch {
  const [batch] = tableFromArrays(columns).batches
  if (!batch) throw new Error("no batch")
  return batch
}

const few = () =>
  session.createDataFrame({ id: t.int64, name: t.string }, [
    { id: 1n, name: "a" },
    { id: 4n, name: null },
  ])

const many = (rows: number) =>
  session
    .createDataFrame({ n: t.int64 }, [{ n: 1n }])
    .select(() => ({ id: explode(sequence(lit(1n), lit(BigInt(rows)))) }))

async function failure(run: () => Promise<unknown>): Promise<{ code: string; message: string; why: string }> {
  try {
    await run()
  } catch (error) {
    return error as { code: string; message: string; why: string }
  }
  throw new Error("it did not fail")
}

describe("mapBatches", () => {
  test("gives what the function makes of each batch, and goes on as a frame", async () => {
    const mapped = few().mapBatches(out, async batch => halves(batch))
    expect(await mapped.orderBy("id").take(5)).toEqual([
      { id: 1n, half: 0.5 },
      { id: 4n, half: 2 },
    ])
    expect(await mapped.filter(f => f.half.gt(1)).count()).toBe(1)
  })

  test("is run once where it is used twice, and may stand on another one", async () => {
    let calls = 0
    const mapped = few().mapBatches(out, batch => {
      calls++
      return halves(batch)
    })
    const again = mapped.mapBatches({ id: t.int64 }, batch =>
      only({ id: batch.getChild("id")?.toArray() as BigInt64Array }),
    )
    expect(await mapped.join(again, "id").orderBy("id").take(5)).toHaveLength(2)
    expect(calls).toBe(1)
  })

  test("a million rows pass in batches under a small memory", async () => {
    let largest = 0
    let rows = 0
    const wide = many(1_000_000).withColumn("text", f => repeat(f.id.cast(t.string), 40))
    const mapped = wide.mapBatches({ id: t.int64, text: t.string }, batch => {
      largest = Math.max(largest, batch.numRows)
      rows += batch.numRows
      return batch
    })
    const [total] = await mapped.agg(f => ({ ids: sum(f.id) })).take(1)
    expect(total).toEqual({ ids: 500_000_500_000n })
    expect(rows).toBe(1_000_000)
    expect(largest).toBeLessThanOrEqual(250_000)
  })

  test("columns other than the declared ones are told by name", async () => {
    const wrong = (columns: Parameters<typeof tableFromArrays>[0]) =>
      failure(() =>
        few()
          .mapBatches(out, () => only(columns))
          .count(),
      )
    const id = BigInt64Array.of(1n)
    expect(await wrong({ id })).toMatchObject({
      code: "FRAME_SCHEMA_MISMATCH",
      message: expect.stringContaining("'half' is missing"),
    })
    expect((await wrong({ id, half: Float64Array.of(1), more: id })).message).toContain("'more' is not declared")
    expect(
      await failure(() =>
        few()
          .mapBatches(out, () => ({}) as never)
          .count(),
      ),
    ).toMatchObject({
      code: "FRAME_ROW_INVALID",
      message: "The function of mapBatches returned a value of type object.",
    })
  })

  test("what the function throws is the user's, at their line", async () => {
    const failed = await failure(() =>
      few()
        .mapBatches(out, () => {
          throw new TypeError("no such thing")
        })
        .count(),
    )
    expect(failed).toMatchObject({
      code: "USER_CODE_FAILED",
      message: "The function of mapBatches failed: TypeError: no such thing",
    })
    expect(failed.why).toMatch(/map-batches\.test\.ts:\d+/)
    expect(await few().count()).toBe(2)
  })

  test("a stop is heard while the function does not answer", async () => {
    const scratch = mkdtempSync(join(tmpdir(), "assets-map-"))
    const stop = new AbortController()
    const engine = await duckdb().open({ timeZone: "UTC", scratch, now: new Date(0), signal: stop.signal })
    try {
      const input = {
        kind: "values",
        rows: [["1"]],
        schema: { columns: [{ name: "id", type: { kind: "int64" } }] },
      } as const
      const mapped = {
        kind: "mapBatches",
        input,
        schema: input.schema,
        map: () => {
          stop.abort(new Error("enough"))
          return new Promise(() => {})
        },
      } as const
      const first = engine.batches(mapped, stop.signal)[Symbol.asyncIterator]().next()
      await expect(first).rejects.toThrow("enough")
    } finally {
      await engine.close()
      rmSync(scratch, { recursive: true, force: true })
    }
  })

  test("what the function sees and what comes of it is typed", () => {
    const input = frame({ id: t.int64, name: t.string }).input("raw/a")
    const mapped = input.mapBatches({ half: t.float64 }, batch => {
      const ids: bigint | null | undefined = batch.getChild("id")?.get(0)
      // @ts-expect-error the frame has no such column
      const none = batch.getChild("ids")
      return ids === undefined || none ? batch : halves(batch)
    })
    expect(mapped.select("half").filter(f => f.half.gt(0.5))).toBeDefined()
    // @ts-expect-error what is made of it has no such column
    expect(() => mapped.select("id")).toThrow(expect.objectContaining({ code: "FRAME_COLUMN_UNKNOWN" }))
    // @ts-expect-error a function gives a batch
    expect(input.mapBatches({ half: t.float64 }, () => 1)).toBeDefined()
  })

  test("explain shows the statements around it and runs no function", async () => {
    let calls = 0
    const mapped = few()
      .mapBatches(out, batch => {
        calls++
        return halves(batch)
      })
      .filter(f => f.half.gt(1))
    const text = await mapped.explain({ engine: true })
    expect(text).toContain("mapBatches\n")
    expect(text).toContain("-- through the function of mapBatches into upload_")
    expect(text.match(/SELECT/g)?.length).toBeGreaterThanOrEqual(2)
    expect(calls).toBe(0)
  })

  test("in a plan it is opaque without a version, and differs by its version", () => {
    const input = frame({ id: t.int64, name: t.string }).input("raw/a")
    const plan = (version?: string) =>
      lazyPlan(relationOf(input.mapBatches(out, halves, version === undefined ? {} : { version }), "test"))
    expect(plan()).toMatchObject({ stability: "unstable", unversioned: true, inputs: ["raw/a"] })
    expect(plan("1")).toMatchObject({ stability: "unstable", unversioned: false })
    expect(JSON.stringify(plan("1").plan)).not.toBe(JSON.stringify(plan("2").plan))
    expect(plan("1").text).toBe('mapBatches version "1"\n  : id, half\n  input raw/a')
    const all = [
      { key: "raw/a", column: "id" },
      { key: "raw/a", column: "name" },
    ]
    expect(plan().lineage()[1]).toEqual({ column: "half", direct: all, indirect: all })
  })

  test("has no SQL by itself, and takes no other arguments", () => {
    const input = frame({ id: t.int64 }).input("raw/a")
    const mapped = relationOf(input.mapBatches(out, halves), "test")
    const values = { ...mapped, input: { kind: "values", rows: [], schema: relationOf(input, "test").schema } } as const
    for (const print of [compileDuckdb, compileSpark]) {
      expect(() => print(values as never)).toThrow(expect.objectContaining({ code: "FRAME_UNSUPPORTED" }))
    }
    for (const wrong of [
      () => input.mapBatches(out, null as never),
      () => input.mapBatches({}, halves),
      () => input.mapBatches(out, halves, { version: "" }),
    ]) {
      expect(wrong).toThrow(expect.objectContaining({ code: "FRAME_ARGUMENT_INVALID" }))
    }
  })
})
