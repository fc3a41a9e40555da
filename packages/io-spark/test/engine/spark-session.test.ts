import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { EngineSession, QueryBatch, RecordBatch } from "@assets/core"
import type { Relation, Schema } from "@assets/dataframe"
import { duckdb } from "@assets/io-duckdb"
import { type RecordBatch as ArrowBatch, tableFromArrays } from "apache-arrow"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { spark } from "../../src/index.ts"
import { sharedSpark, skipsSpark } from "../started-spark.ts"

const signal = new AbortController().signal
const ids: Schema = { columns: [{ name: "id", type: { kind: "int64" } }] }
const few: Relation = { kind: "values", rows: [["3"], ["1"], ["2"]], schema: ids }

describe.skipIf(skipsSpark)("a session of Spark", () => {
  let folder: string
  let session: EngineSession
  let other: EngineSession
  let folders = 0
  sharedSpark()
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "assets-spark-session-"))
    const context = { timeZone: "America/New_York", scratch: folder, now: new Date(0), signal }
    session = await spark().open(context)
    other = await duckdb().open(context)
  })
  afterAll(async () => {
    await session?.close()
    await other?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  function target(name = `new-${++folders}`) {
    const path = join(folder, name)
    mkdirSync(path, { recursive: true })
    return { kind: "files", format: "parquet", path } as const
  }

  async function read(relation: Relation, from = session): Promise<unknown[]> {
    const found: unknown[] = []
    for await (const batch of from.batches(relation, signal))
      found.push(...[...(batch as ArrowBatch)].map(row => row?.toJSON()))
    return found
  }

  /** Rows that take hours. */
  const endless = (): Relation => {
    const columns = ["a", "b"].map(name => ({ name, type: { kind: "int64" } as const }))
    const joined = { kind: "join", left: many(), right: many(), how: "cross", schema: { columns } } as Relation
    return { kind: "distinct", input: joined, schema: joined.schema }
  }

  describe("errors", () => {
    test("a file of a version that is gone or damaged is told as such", async () => {
      const written = await session.write(few, target("_versions/v1"), { stepId: "s", signal })
      const path = join(folder, "_versions/v1", written.files[0]?.path ?? "")
      const files = (one: string): Relation => ({ kind: "files", format: "parquet", paths: [one], schema: ids })
      await expect(read(files(join(folder, "_versions/v1/gone.parquet")))).rejects.toMatchObject({
        code: "STORAGE_DATA_MISSING",
        details: { path: join(folder, "_versions/v1/gone.parquet") },
      })
      truncateSync(path, 20)
      await expect(read(files(path))).rejects.toMatchObject({ code: "STORAGE_CORRUPT", details: { path } })
      await expect(session.write(files(path), target(), { stepId: "s", signal })).rejects.toMatchObject({
        code: "STORAGE_CORRUPT",
      })
    })

    test.each(["parquet", "csv", "json"] as const)("a source's %s that is not there is told as such", async format => {
      const path = join(folder, `gone.${format}`)
      const relation: Relation = {
        kind: "files",
        format,
        paths: [path],
        foreign: true,
        csv: { header: true },
        schema: ids,
      }
      await expect(read(relation)).rejects.toMatchObject({ code: "SOURCE_FILE_MISSING", details: { path } })
    })

    test("a folder that another writer has filled is a conflict, and keeps what is in it", async () => {
      const full = target()
      writeFileSync(join(full.path, "other"), "theirs")
      await expect(session.write(few, full, { stepId: "s", signal })).rejects.toMatchObject({
        code: "STORAGE_CONFLICT",
      })
      expect(readFileSync(join(full.path, "other"), "utf8")).toBe("theirs")
    })

    test("a value that cannot be computed fails the query by its condition", async () => {
      const input = { kind: "column", name: "id", type: { kind: "int64" } } as const
      const small: Schema = { columns: [{ name: "id", type: { kind: "int8" } }] }
      const failing: Relation = {
        kind: "project",
        input: { kind: "values", rows: [["1"], ["300"]], schema: ids },
        columns: [{ name: "id", expression: { kind: "cast", input, mode: "ansi", type: { kind: "int8" } } }],
        schema: small,
      }
      await expect(session.write(failing, target(), { stepId: "s", signal })).rejects.toMatchObject({
        code: "ENGINE_QUERY_FAILED",
        message: expect.stringContaining("CAST_OVERFLOW"),
      })
    })
  })

  describe("stopping", () => {
    test("interrupt ends a write that would not end, and the session goes on", async () => {
      const writing = session.write(endless(), target(), { stepId: "run/step-1", signal }).then(
        () => "written",
        (error: { code?: string }) => error.code,
      )
      await sleep(3000)
      const began = performance.now()
      await session.interrupt("run/step-1")
      expect(await writing).toBe("ENGINE_INTERRUPTED")
      expect(performance.now() - began).toBeLessThan(20_000)
      expect(await read(few)).toHaveLength(3)
    })

    test("an aborted signal ends a read, and interrupt leaves other steps alone", async () => {
      const abort = new AbortController()
      const reading = (async () => {
        for await (const _ of session.batches(endless(), abort.signal)) return "read"
        return "read"
      })().catch((error: { code?: string }) => error.code)
      const written = session.write(few, target(), { stepId: "step,2", signal })
      await session.interrupt("step,1")
      expect((await written).rows).toBe(3)
      abort.abort()
      expect(await reading).toBe("ENGINE_INTERRUPTED")
    })

    test("progress is told while a step runs, and is gone after", async () => {
      const stop = new AbortController()
      const writing = session.write(endless(), target(), { stepId: "slow", signal: stop.signal }).catch(() => {})
      let told = {}
      for (let i = 0; i < 100 && Object.keys(told).length === 0; i++) {
        await sleep(100)
        told = session.progress?.("slow") ?? {}
      }
      stop.abort()
      await writing
      expect(told).toEqual({ percent: expect.any(Number) })
      expect(session.progress?.("slow")).toEqual({})
    })
  })
  test("a write tells its tasks, and into how many parts its shuffles divide rows", async () => {
    const distinct: Relation = { kind: "distinct", input: many(), schema: ids }
    const { usage } = await session.write(distinct, target(), { stepId: "usage", signal })
    expect(usage).toEqual({ tasks: expect.any(Number), shufflePartitions: 2 })
    expect(usage?.tasks).toBeGreaterThanOrEqual(2) // one reads, and one has what is shuffled
  })

  describe("statements", () => {
    const query = async (text: string, views = new Map<string, () => Promise<Relation>>()) => {
      const batches: QueryBatch[] = []
      for await (const batch of session.query?.(text, views, signal) ?? []) batches.push(batch)
      return { columns: batches[0]?.columns, rows: batches.flatMap(({ rows }) => rows) }
    }

    test("read assets by their keys", async () => {
      const views = new Map([
        ["marts/numbers", async () => few],
        ["raw/numbers", async () => ({ ...few, rows: [["9"]] }) as Relation],
        ["plain", async () => few],
      ])
      const wanted = { columns: [{ name: "n", type: "bigint" }], rows: [["6"]] }
      expect(await query("SELECT sum(id) AS n FROM marts.numbers", views)).toEqual(wanted)
      expect(await query("SELECT sum(id) AS n FROM `marts/numbers`;", views)).toEqual(wanted)
      expect(
        await query("SELECT sum(p.id) AS n FROM plain AS p JOIN marts.numbers AS m ON p.id = m.id", views),
      ).toEqual(wanted)
      expect((await query("SELECT 'marts.numbers' AS s, id FROM raw.numbers", views)).rows).toEqual([
        ["marts.numbers", "9"],
      ])
      expect(
        (await query("-- first\nWITH a AS (SELECT * FROM plain) SELECT id FROM a ORDER BY id DESC", views)).rows,
      ).toEqual([["3"], ["2"], ["1"]])
    })

    test.each([
      "CREATE TABLE x (id int)",
      "CREATE TEMPORARY VIEW v AS SELECT 1",
      "DROP VIEW v",
      "INSERT INTO v VALUES (1)",
      "INSERT OVERWRITE DIRECTORY '/tmp/assets-never' USING json SELECT 1",
      "FROM range(1) INSERT OVERWRITE DIRECTORY '/tmp/assets-never' USING json SELECT *",
      "WITH a AS (SELECT 1) INSERT OVERWRITE DIRECTORY '/tmp/assets-never' USING json SELECT * FROM a",
      "SELECT 1) INSERT OVERWRITE DIRECTORY '/tmp/assets-never' USING json SELECT * FROM (SELECT 1",
      "SET spark.sql.ansi.enabled=false",
      "SELECT 1; DROP VIEW v",
      "BEGIN SELECT 1; END",
      "/* SELECT */ DELETE FROM v",
      "EXPLAIN SELECT 1",
      "",
      "-- nothing",
    ])("refuses %j", async text => {
      await expect(query(text)).rejects.toMatchObject({ code: "ENGINE_QUERY_FAILED" })
    })

    test("explain gives the statement and Spark's plan of it", async () => {
      expect(await session.explain(few)).toMatch(/VALUES[\s\S]*== Physical Plan ==/)
    })
  })

  describe("exports", () => {
    const columns: Schema["columns"] = [
      { name: "id", type: { kind: "int64" } },
      { name: "a text", type: { kind: "string" } },
      { name: "f", type: { kind: "float64" } },
      { name: "price", type: { kind: "decimal", precision: 10, scale: 2 } },
      { name: "ok", type: { kind: "boolean" } },
      { name: "day", type: { kind: "date" } },
    ]
    const rows = [
      ["1", "plain", 1.5, "1.50", true, "2024-02-29"],
      ["2", 'quo"te, comma', -0.25, "-0.05", false, "1969-12-31"],
      ["3", "line\nbreak", null, null, null, null],
      ["4", "", 12345.678, "99999999.99", true, "0001-01-01"],
      ["5", null, 0.1, "0.00", true, "9999-12-31"],
    ]
    const relation: Relation = { kind: "values", rows, schema: { columns } }

    test.each(["csv", "json"] as const)("to %s are what DuckDB writes, but for exponents of floats", async format => {
      const paths = [join(folder, `spark.${format}`), join(folder, `duckdb.${format}`)] as const
      writeFileSync(paths[0], "former")
      expect(await session.exportFile?.(relation, { path: paths[0], format }, signal)).toEqual({ rows: 5 })
      await other.exportFile?.(relation, { path: paths[1], format }, signal)
      const [ours, theirs] = paths.map(path => readFileSync(path, "utf8"))
      if (format === "json") expect(JSON.parse(ours ?? "")).toEqual(JSON.parse(theirs ?? ""))
      else expect(ours?.split("\n")).toEqual(theirs?.split("\n"))
    })

    test("to Parquet are one file, which the other engine reads, in the order of the rows", async () => {
      const path = join(folder, "exported.parquet")
      const key = {
        expression: { kind: "column", name: "id", type: { kind: "int64" } },
        direction: "asc",
        nulls: "first",
      } as const
      const sorted = { kind: "sort", input: few, keys: [key], schema: ids } as unknown as Relation
      expect(await session.exportFile?.(sorted, { path, format: "parquet" }, signal)).toEqual({ rows: 3 })
      expect(await read({ kind: "files", format: "parquet", paths: [path], schema: ids }, other)).toEqual([
        { id: 1n },
        { id: 2n },
        { id: 3n },
      ])
    })

    test.each(["csv", "json", "parquet"] as const)("of no rows to %s are a file", async format => {
      const path = join(folder, `none.${format}`)
      const none: Relation = { kind: "values", rows: [], schema: ids }
      expect(await session.exportFile?.(none, { path, format }, signal)).toEqual({ rows: 0 })
      if (format === "parquet") expect(await read({ kind: "files", format, paths: [path], schema: ids })).toEqual([])
      else expect(readFileSync(path, "utf8").trim()).toBe(format === "csv" ? "id" : "[]")
    })

    test("that fail leave the former file", async () => {
      const path = join(folder, "former.csv")
      writeFileSync(path, "former")
      const gone: Relation = {
        kind: "files",
        format: "parquet",
        paths: [join(folder, "no.parquet")],
        foreign: true,
        schema: ids,
      }
      await expect(session.exportFile?.(gone, { path, format: "csv" }, signal)).rejects.toMatchObject({
        code: "SOURCE_FILE_MISSING",
      })
      expect(readFileSync(path, "utf8")).toBe("former")
    })
  })

  test("rows pass through mapBatches, in and out of Spark, in little memory of this process", async () => {
    const rows = 200_000
    const text = "x".repeat(200)
    const schema: Schema = { columns: [...ids.columns, { name: "text", type: { kind: "string" } }] }
    const range = {
      kind: "project",
      input: many(rows),
      columns: ids.columns.map(({ name, type }) => ({ name, expression: { kind: "column", name, type } })),
      schema: ids,
    } as Relation
    const map = (batch: RecordBatch) => {
      const id = (batch as ArrowBatch).getChild("id")?.toArray() as BigInt64Array
      return tableFromArrays({ id, text: Array.from(id, () => text) }).batches[0] as ArrowBatch
    }
    const mapped = { kind: "mapBatches", input: range, map, schema } as unknown as Relation
    global.gc?.()
    const before = process.memoryUsage().rss
    let most = 0
    const timer = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss)
    }, 50)
    const result = await session.write(mapped, target(), { stepId: "mapped", signal })
    clearInterval(timer)
    expect(result.rows).toBe(rows)
    expect(result.columns[0]).toMatchObject({ min: "0", max: "199999" })
    expect(most - before).toBeLessThan(300 * 1024 * 1024)
  })

  /** A million ids, or so many. */
  function many(count = 1_000_000): Relation {
    const path = join(folder, `ids-${count}.csv`)
    writeFileSync(path, `${Array.from({ length: count }, (_, i) => i).join("\n")}\n`)
    return { kind: "files", format: "csv", paths: [path], csv: {}, schema: ids }
  }
})
