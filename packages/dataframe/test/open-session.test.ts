import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { duckdb } from "@assets/io-duckdb"
import { Table } from "apache-arrow"
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import { count, currentTimestamp, max, sum } from "../src/functions.ts"
import { csvFiles, frame, openSession, parquetFiles, type Session, t } from "../src/index.ts"

let folder: string
let session: Session

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "assets-frame-"))
  session = await openSession(duckdb())
})
afterAll(async () => {
  await session?.close()
  rmSync(folder, { recursive: true, force: true })
})

const columns = { id: t.int64, name: t.string, price: t.decimal(10, 2), at: t.timestamp }
const rows = [
  { id: 1n, name: "a", price: "1.50", at: "2024-01-01T00:00:00.123456Z" },
  { id: 2n, name: null, price: "-2.00", at: null },
  { id: 2n ** 60n, name: "ü", price: null, at: "1500-01-01T00:00:00Z" },
]
const made = () => session.createDataFrame(columns, rows)

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of stream) items.push(item)
  return items
}

describe("actions of a bound frame", () => {
  test("rows, take and first give rows as they were put in", async () => {
    expect(await all(made().orderBy("id").rows())).toEqual(rows)
    expect(await made().orderBy("id").take(2)).toEqual(rows.slice(0, 2))
    expect(await made().orderBy("id").first()).toEqual(rows[0])
    expect(
      await made()
        .filter(f => f.id.lt(0))
        .first(),
    ).toBeNull()
  })

  test("count counts in the engine", async () => {
    expect(await made().count()).toBe(3)
    expect(
      await made()
        .filter(f => f.id.isNull())
        .count(),
    ).toBe(0)
  })

  test("collect gives an Arrow table, also of no rows", async () => {
    const table = await made().orderBy("id").collect()
    expect(table).toBeInstanceOf(Table)
    expect(table.numRows).toBe(3)
    expect(table.getChild("id")?.get(0)).toBe(1n)
    const none = await made()
      .filter(f => f.id.lt(0))
      .collect()
    expect([none.numRows, none.schema.names]).toEqual([0, Object.keys(columns)])
  })

  test("collect refuses more than its limit, and says what to do", async () => {
    await expect(made().collect({ collectLimitBytes: 8 })).rejects.toMatchObject({
      code: "FRAME_COLLECT_LIMIT",
      fix: expect.stringContaining("rows()"),
    })
  })

  test("batches streams Arrow, and stops when the reader does", async () => {
    for await (const batch of made().batches()) {
      expect(batch.numRows).toBe(3)
      break
    }
  })

  test("show prints a table", async () => {
    const written: string[] = []
    const write = vi.spyOn(process.stdout, "write").mockImplementation(text => {
      written.push(String(text))
      return true
    })
    await made().select("id", "name").orderBy("id").limit(2).show()
    write.mockRestore()
    expect(written.join("")).toBe(["id  name", "--  ----", " 1  a", " 2  null", ""].join("\n"))
  })

  test("schema and explain tell of the plan", async () => {
    const counted = made()
      .groupBy("name")
      .agg(f => ({ n: count(), total: sum(f.price) }))
    expect(counted.schema().columns).toEqual([
      { name: "name", type: { kind: "string" } },
      { name: "n", type: { kind: "int64" } },
      { name: "total", type: { kind: "decimal", precision: 20, scale: 2 } },
    ])
    expect(await counted.explain()).toContain("aggregate by name\n  : n = count(1)")
    expect(await counted.explain({ engine: true })).toContain("SELECT")
  })
})

describe("a session", () => {
  test("takes rows from an async iterable, and tells of a wrong one in the first action", async () => {
    async function* many() {
      for (let i = 0; i < 100_000; i++) yield { i }
    }
    const frame = session.createDataFrame({ i: t.int32 }, many())
    expect(await frame.agg(f => ({ n: count(), last: max(f.i) })).first()).toEqual({ n: 100_000n, last: 99_999 })
    const wrong = session.createDataFrame({ i: t.int32 }, [{ i: 1 }, { i: "2" as never }])
    await expect(wrong.count()).rejects.toMatchObject({
      code: "FRAME_ROW_INVALID",
      message: expect.stringContaining("Row 1, column 'i'"),
    })
  })

  test("reads files by path, list and glob", async () => {
    writeFileSync(join(folder, "a.csv"), "id;name\n1;x\n2;\n")
    writeFileSync(join(folder, "b.csv"), "id;name\n3;z\n")
    const read = (paths: string | readonly string[]) =>
      session.read(csvFiles(paths, { id: t.int64, name: t.string }, { header: true, delimiter: ";" }))
    expect(await read(join(folder, "a.csv")).orderBy("id").take(9)).toEqual([
      { id: 1n, name: "x" },
      { id: 2n, name: null },
    ])
    expect(await read(join(folder, "*.csv")).count()).toBe(3)
    expect(await read([join(folder, "a.csv"), join(folder, "b.csv")]).count()).toBe(3)
    expect(await read(folder).count()).toBe(3)
    await expect(session.read(parquetFiles(join(folder, "none.parquet"), { id: t.int64 })).count()).rejects.toThrow(
      "There is no file",
    )
  })

  test("joins frames of its own, and keeps them bound", async () => {
    const names = session.createDataFrame({ id: t.int32, city: t.string }, [{ id: 1, city: "Berlin" }])
    expect(await made().join(names, "id").select("name", "city").take(3)).toEqual([{ name: "a", city: "Berlin" }])
  })

  test("joins keys of different types, and refuses a frame of another session", async () => {
    const left = session.createDataFrame({ id: t.int32, a: t.string }, [
      { id: 1, a: "x" },
      { id: 2, a: "y" },
    ])
    const right = session.createDataFrame({ id: t.int64, b: t.string }, [
      { id: 1n, b: "p" },
      { id: 3n, b: "q" },
    ])
    const rowsOf = (how: "inner" | "left" | "right" | "full" | "semi" | "anti") =>
      left.join(right, "id", how).orderBy("id").take(9)
    expect(await rowsOf("inner")).toEqual([{ id: 1, a: "x", b: "p" }])
    expect(await rowsOf("left")).toEqual([
      { id: 1, a: "x", b: "p" },
      { id: 2, a: "y", b: null },
    ])
    expect(await rowsOf("right")).toEqual([
      { id: 1n, a: "x", b: "p" },
      { id: 3n, a: null, b: "q" },
    ])
    expect(await rowsOf("full")).toEqual([
      { id: 1n, a: "x", b: "p" },
      { id: 2n, a: "y", b: null },
      { id: 3n, a: null, b: "q" },
    ])
    expect(await rowsOf("semi")).toEqual([{ id: 1, a: "x" }])
    expect(await rowsOf("anti")).toEqual([{ id: 2, a: "y" }])
    expect(await left.filter(f => f.a.isin()).count()).toBe(0)
    await using other = await openSession(duckdb())
    const foreign = other.createDataFrame({ id: t.int32, c: t.string }, [{ id: 1, c: "z" }])
    await expect(left.join(foreign, "id").count()).rejects.toMatchObject({ code: "FRAME_INPUT_UNBOUND" })
  })

  test("closes once, also as a resource", async () => {
    await using other = await openSession(duckdb(), { timeZone: "Europe/Berlin" })
    expect(await other.createDataFrame({ a: t.int32 }, [{ a: 1 }]).count()).toBe(1)
    await other.close()
  })
})

describe("a stored frame", () => {
  test("is bound with the declared columns in their order", async () => {
    const declared = frame({ name: t.string, id: t.int64 })
    const opened = await duckdb().open({
      timeZone: "UTC",
      scratch: folder,
      now: new Date(),
      signal: new AbortController().signal,
    })
    try {
      const output = declared.output([{ id: 1, name: "a" }])
      if (output.kind !== "batches") throw new Error(output.kind)
      const relation = await opened.upload(output.batches(), output.schema)
      const bound = await declared.bind({ kind: "relation", relation }, async () => opened as never)
      expect(await bound.first()).toEqual({ name: "a", id: 1n })
      const stamped = bound.select("id", () => ({ at: currentTimestamp() }))
      expect((await stamped.first())?.at).toMatch(/^20\d\d-/)
      const returned = frame({ id: t.int64, at: t.timestamp }).output(stamped)
      expect(JSON.stringify(returned)).not.toContain("parameter")
      expect(() => declared.output(declared.input("lazy"))).toThrow(
        expect.objectContaining({ code: "FRAME_INPUT_UNBOUND" }),
      )
      expect(output.digest()).toMatch(/^[0-9a-f]{64}$/)
      await expect(declared.bind({ kind: "json" }, async () => opened as never)).rejects.toThrow("stored is json")
    } finally {
      await opened.close()
    }
  })
})
