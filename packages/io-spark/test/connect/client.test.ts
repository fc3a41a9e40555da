import { execFile } from "node:child_process"
import { readFile, writeFile } from "node:fs/promises"
import { type AddressInfo, connect as dial } from "node:net"
import { join } from "node:path"
import { createServer } from "node:tls"
import { promisify } from "node:util"
import type { RecordBatch } from "apache-arrow"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { connect, type SparkClient } from "../../src/connect/client.ts"
import { collectMetrics, readFiles, readTable, type SparkRelation, sql } from "../../src/connect/relation.ts"
import { parseRemote } from "../../src/connect/remote.ts"
import { ddlOf } from "../../src/connect/spark-type.ts"
import { type SparkServer, startSparkServer } from "../spark-server.ts"
import { skipsSpark } from "../started-spark.ts"

let server: SparkServer
let client: SparkClient
beforeAll(async () => {
  if (!skipsSpark) server = await startSparkServer()
})
afterAll(() => server?.stop())
beforeEach(async ({ skip }) => {
  skip(skipsSpark)
  client = await connect(parseRemote(server.remote))
  await client.configSet({ "spark.sql.session.timeZone": "UTC" })
})
afterEach(() => client?.close())

/** The rows of a relation as objects, as Arrow gives their values. */
async function rowsOf(relation: SparkRelation, from = client): Promise<unknown[]> {
  const rows: unknown[] = []
  for await (const batch of from.batches(relation)) rows.push(...batch.toArray().map(row => row?.toJSON()))
  return rows
}

const path = (name: string) => join(server.folder, name)

describe("rows", () => {
  test("of all types come as they are", async () => {
    const batches: RecordBatch[] = []
    const text = `select true b, 1y i8, 2s i16, 3 i32, 4L i64, cast(1.5 as float) f32, 2.5d f64, 1.50bd dec, 'ü' s,
      x'00ff' bin, date'2024-02-29' d, timestamp'2024-02-29 12:34:56.123456' ts,
      timestamp_ntz'1969-12-31 23:59:59.999999' ntz, array(1, null) a, named_struct('x', 1, 'y', 'z') st,
      map('k', 1) m, cast(null as string) n, interval '1' day dt, interval '2' month ym`
    for await (const batch of client.batches(sql(text))) batches.push(batch)
    expect(batches.map(batch => batch.numRows)).toEqual([1])
    const row = batches[0]?.get(0)?.toJSON() ?? {}
    expect({ ...row, dec: [...(row.dec as Uint32Array)], a: [...(row.a as Iterable<unknown>)] }).toMatchObject({
      b: true,
      i8: 1,
      i16: 2,
      i32: 3,
      i64: 4n,
      f32: 1.5,
      f64: 2.5,
      dec: [150, 0, 0, 0],
      s: "ü",
      bin: new Uint8Array([0, 255]),
      d: Date.UTC(2024, 1, 29),
      a: [1, null],
      n: null,
    })
    expect(String(row.st)).toBe('{"x": 1, "y": "z"}')
    expect(String(row.m)).toBe('{"k": 1}')
    const column = (name: string) => batches[0]?.getChild(name)?.data[0]?.values
    expect(column("ts")).toEqual(new BigInt64Array([1_709_210_096_123_456n]))
    expect(column("ntz")).toEqual(new BigInt64Array([-1n]))
  })

  test("there may be none, and the columns are still told", async () => {
    const execution = client.execute(sql("select id, 'x' s from range(10) where id > 10"))
    const chunks = []
    for await (const chunk of execution) chunks.push(chunk.rows)
    expect(chunks.reduce((sum, rows) => sum + rows, 0)).toBe(0)
    expect(execution.result.columns.map(({ name, typeText }) => [name, typeText])).toEqual([
      ["id", "bigint"],
      ["s", "string"],
    ])
  })

  test("a million of them come each once", async () => {
    let sum = 0n
    let rows = 0
    for await (const batch of client.batches(
      sql("select id, id * 2 as twice, cast(id as string) s from range(1000000)"),
    )) {
      rows += batch.numRows
      for (const id of batch.getChild("id")?.data[0]?.values ?? []) sum += id
    }
    expect([rows, sum]).toEqual([1_000_000, 499_999_500_000n])
  })

  test("of one statement take arguments by name and by place", async () => {
    const at = new Date("2024-02-29T12:00:00.000Z")
    const named = sql("select :a + 1 a, :s s, :t t, :n n, :d d, :b b", {
      a: 41,
      s: "o'brien",
      t: at,
      n: null,
      d: 0.5,
      b: true,
    })
    expect(await rowsOf(named)).toEqual([{ a: 42n, s: "o'brien", t: at.getTime(), n: null, d: 0.5, b: true }])
    expect(await rowsOf(sql("select ? a, ? b", [9_007_199_254_740_993n, "x"]))).toEqual([
      { a: 9_007_199_254_740_993n, b: "x" },
    ])
  })
})

describe("what a relation gives", () => {
  test("is known without running it: names, types as text and as the plan's, null or not", async () => {
    const text = `select 1 a, cast(null as decimal(10,2)) d, array(named_struct('b c', 1, 'x', timestamp_ntz'2024-01-01 00:00:00')) s,
      map('k', x'00') m, interval '1' hour i, interval '1' year y, cast('a' as char(3)) c, null v, parse_json('1') j`
    const columns = await client.schema(sql(text))
    expect(columns.map(({ name, typeText, isNullable }) => [name, typeText, isNullable])).toEqual([
      ["a", "int", false],
      ["d", "decimal(10,2)", true],
      ["s", "array<struct<`b c`:int,x:timestamp_ntz>>", false],
      ["m", "map<string,binary>", false],
      ["i", "interval hour", false],
      ["y", "interval year", false],
      ["c", "string", false],
      ["v", "void", true],
      ["j", "variant", false],
    ])
    expect(columns.map(({ type }) => type)).toEqual([
      { kind: "int32" },
      { kind: "decimal", precision: 10, scale: 2 },
      {
        kind: "array",
        element: {
          kind: "struct",
          fields: [
            { name: "b c", type: { kind: "int32" } },
            { name: "x", type: { kind: "timestamp_ntz" } },
          ],
        },
      },
      { kind: "map", key: { kind: "string" }, value: { kind: "binary" } },
      { kind: "day_time_interval" },
      { kind: "year_month_interval" },
      { kind: "string" },
      { kind: "void" },
      undefined,
    ])
  })

  test("as DDL is what Spark reads the same columns of", async () => {
    const columns = await client.schema(
      sql(
        "select 1 `a``b`, array(named_struct('x y', 1.5bd, 'z', map(1y, date'2024-01-01'))) s, cast(null as binary) n",
      ),
    )
    const ddl = ddlOf(columns)
    expect(ddl).toBe(
      "`a``b` int NOT NULL, `s` array<struct<`x y`:decimal(2,1),z:map<tinyint,date>>> NOT NULL, `n` binary",
    )
    const read = await client.schema(readFiles({ format: "parquet", paths: [], schema: ddl }))
    // What stands in files may always be null.
    expect(read).toEqual(columns.map(column => ({ ...column, isNullable: true })))
  })

  test("is explained in the ways that Spark has", async () => {
    const relation = sql("select id from range(10) where id > 3")
    expect(await client.explain(relation)).toContain("== Optimized Logical Plan ==")
    const simple = await client.explain(relation, "simple")
    expect(simple).toContain("== Physical Plan ==")
    expect(simple).not.toContain("== Optimized")
    expect(await client.explain(relation, "formatted")).toContain("(1) Range")
  })
})

describe("a write", () => {
  test("stores files by partition, and tells the metrics of the same pass", async () => {
    const rows = sql("select id, id % 3 as part, if(id = 7, null, 'x') s from range(1000)")
    const relation = collectMetrics(rows, "seen", ["count(*) as rows", "count(s) as s", "max(id) as greatest"])
    const target = { format: "parquet", path: path("parts"), mode: "error", partitionBy: ["part"] } as const
    const { metrics, columns } = await client.write(relation, { ...target, options: { compression: "zstd" } })
    expect([...metrics.keys()]).toEqual(["seen"])
    expect(columns).toEqual([])
    // Empty metrics are possible on a busy machine, and mean that they are not known.
    if (metrics.get("seen")) expect(metrics.get("seen")).toEqual({ rows: 1000n, s: 999n, greatest: 999n })
    const files = readFiles({ format: "parquet", paths: [path("parts")], schema: "id bigint, s string, part bigint" })
    expect((await client.inputFiles(files)).every(file => /part=[012]\/.*\.zstd\.parquet$/.test(file))).toBe(true)
    await client.createView(files, "parts")
    expect(await rowsOf(sql("select part, count(*) n, count(s) s from parts group by part order by part"))).toEqual([
      { part: 0n, n: 334n, s: 334n },
      { part: 1n, n: 333n, s: 332n },
      { part: 2n, n: 333n, s: 333n },
    ])
  })

  test("does with what is there as its mode says", async () => {
    const target = { format: "parquet", path: path("modes") } as const
    const count = async () => rowsOf(sql(`select count(*) n from parquet.\`${target.path}\``))
    await client.write(sql("select 1 a"), { ...target, mode: "error" })
    await expect(client.write(sql("select 2 a"), { ...target, mode: "error" })).rejects.toMatchObject({
      code: "ENGINE_QUERY_FAILED",
      details: { condition: "PATH_ALREADY_EXISTS", sqlState: "42K04" },
    })
    await client.write(sql("select 2 a"), { ...target, mode: "append" })
    expect(await count()).toEqual([{ n: 2n }])
    await client.write(sql("select 3 a"), { ...target, mode: "ignore" })
    expect(await count()).toEqual([{ n: 2n }])
    await client.write(sql("select 4 a"), { ...target, mode: "overwrite" })
    expect(await rowsOf(readFiles({ format: "parquet", paths: [target.path] }))).toEqual([{ a: 4 }])
  })

  test("into nothing runs the relation for its metrics", async () => {
    const expressions = [
      "count(*) as n",
      "max(cast(id as decimal(20,2))) as dec",
      "min(date_add(date'2024-02-28', cast(id as int))) as d",
      "max(timestamp'2024-02-29 12:00:00.5') as ts",
      "max(timestamp_ntz'1969-12-31 23:59:59') as ntz",
      "sort_array(collect_set(id % 3)) as list",
      "map('a', max(id)) as m",
      "max(named_struct('x', id, 'y', 'z')) as st",
      "max(null) as nothing",
      "avg(id) as mean",
      "bool_and(id >= 0) as flag",
      "max(x'0102') as bytes",
    ]
    const relation = collectMetrics(sql("select id from range(10)"), "m", expressions)
    const { metrics } = await client.write(relation, { format: "noop", mode: "overwrite" })
    expect(metrics.has("m")).toBe(true)
    if (metrics.get("m") === undefined) return // not told in time
    expect(metrics.get("m")).toEqual({
      n: 10n,
      dec: "9.00",
      d: "2024-02-28",
      ts: "2024-02-29T12:00:00.500000Z",
      ntz: "1969-12-31T23:59:59",
      list: [0n, 1n, 2n],
      m: new Map([["a", 9n]]),
      st: { x: 9n, y: "z" },
      nothing: null,
      mean: 4.5,
      flag: true,
      bytes: Buffer.from([1, 2]),
    })
  })

  test("into a table can be read by its name", async () => {
    const table = { name: "numbers", method: "saveAsTable" } as const
    await client.write(sql("select id from range(3)"), { format: "parquet", table, mode: "overwrite" })
    await client.write(sql("select 3L id"), { table: { ...table, method: "insertInto" }, mode: "append" })
    expect(await rowsOf(readTable("numbers"))).toHaveLength(4)
    await client.sqlCommand("drop table numbers")
    await expect(rowsOf(readTable("numbers"))).rejects.toMatchObject({
      details: { condition: "TABLE_OR_VIEW_NOT_FOUND", sqlState: "42P01" },
    })
  })
})

describe("a statement as a command", () => {
  test("gives the rows that it has as a relation", async () => {
    await client.sqlCommand("create temporary view v as select 1 a")
    const { sqlResult } = await client.sqlCommand("show views")
    expect(sqlResult && (await rowsOf(sqlResult))).toMatchObject([{ viewName: "v", isTemporary: true }])
  })

  test("that only reads is not run: its relation comes back", async () => {
    const { sqlResult } = await client.sqlCommand("select :a a", { a: 5 })
    expect(sqlResult && (await rowsOf(sqlResult))).toEqual([{ a: 5n }])
  })
})

describe("settings", () => {
  test("are of the session alone, as are views", async () => {
    await client.configSet({ "spark.sql.shuffle.partitions": "7" })
    await client.createView(sql("select 1 a"), "mine")
    await client.createView(sql("select 2 a"), "ours", { isGlobal: true })
    const other = await client.newSession()
    try {
      expect(other.sessionId).not.toBe(client.sessionId)
      const keys = ["spark.sql.shuffle.partitions", "no.such.setting"]
      expect([...(await client.configGet(keys)).values()]).toEqual(["7", undefined])
      expect([...(await other.configGet(keys)).values()]).toEqual(["2", undefined])
      await expect(rowsOf(sql("select * from mine"), other)).rejects.toMatchObject({
        details: { condition: "TABLE_OR_VIEW_NOT_FOUND" },
      })
      expect(await rowsOf(sql("select * from global_temp.ours"), other)).toEqual([{ a: 2 }])
      await expect(client.createView(sql("select 3 a"), "mine", { replace: false })).rejects.toMatchObject({
        details: { condition: "TEMP_TABLE_OR_VIEW_ALREADY_EXISTS" },
      })
    } finally {
      await other.close()
    }
    // The connection is shared, and still there for the first of them.
    expect(await rowsOf(sql("select * from mine"))).toEqual([{ a: 1 }])
  })

  test.each([
    ["spark.sql.warehouse.dir", "/x", "CANNOT_MODIFY_STATIC_CONFIG"],
    ["spark.driver.memory", "9g", "CANNOT_MODIFY_CONFIG"],
    ["spark.sql.shuffle.partitions", "many", "INVALID_CONF_VALUE.TYPE_MISMATCH"],
  ])("%s = %s is refused as %s", async (key, value, condition) => {
    const refused = client.configSet({ [key]: value })
    await expect(refused).rejects.toMatchObject({ code: "ENGINE_QUERY_FAILED", details: { condition } })
  })
})

describe("an error", () => {
  test("says what Spark knows: condition, state, parameters, and the part of the statement", async () => {
    const text = "select id,\n  1 / (id - 5) as inverse from range(10)"
    await expect(client.run(sql(text))).rejects.toMatchObject({
      code: "ENGINE_QUERY_FAILED",
      message: expect.stringMatching(/^The query raised DIVIDE_BY_ZERO: Division by zero\./),
      details: {
        condition: "DIVIDE_BY_ZERO",
        sqlState: "22012",
        parameters: { config: '"spark.sql.ansi.enabled"' },
        contexts: [{ fragment: "1 / (id - 5)", startIndex: 13, stopIndex: 24 }],
      },
    })
  })

  test.each([
    ["select cast('x' as int)", "CAST_INVALID_INPUT", "22018"],
    ["select no_such from range(1)", "UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703"],
    ["select * from no_such", "TABLE_OR_VIEW_NOT_FOUND", "42P01"],
    ["select 1; select 2", "PARSE_SYNTAX_ERROR", "42601"],
    ["select 9223372036854775807L + 1", "ARITHMETIC_OVERFLOW", "22003"],
    ["select raise_error('mine')", "USER_RAISED_EXCEPTION", "P0001"],
  ])("of %s is %s", async (text, condition, sqlState) => {
    await expect(client.run(sql(text))).rejects.toMatchObject({ details: { condition, sqlState } })
  })

  test("of a task comes with its causes", async () => {
    await client.write(sql("select 1 a"), { format: "parquet", path: path("damaged"), mode: "error" })
    const [file] = await client.inputFiles(readFiles({ format: "parquet", paths: [path("damaged")] }))
    await writeFile(new URL(file ?? ""), "PAR1 no parquet PAR1")
    const reading = client.run(readFiles({ format: "parquet", paths: [path("damaged")], schema: "a int" }))
    await expect(reading).rejects.toMatchObject({
      code: "ENGINE_QUERY_FAILED",
      details: { condition: expect.stringContaining("FAILED_READ_FILE"), causes: [expect.stringContaining(":")] },
    })
  })
})

describe("a session", () => {
  test("that is closed is gone on the server, and says so", async () => {
    const other = await client.newSession()
    await other.close()
    await other.close()
    await expect(other.configGet(["x"])).rejects.toMatchObject({ code: "ENGINE_SESSION_LOST" })
    await expect(other.run(sql("select 1"))).rejects.toMatchObject({ code: "ENGINE_SESSION_LOST" })
    expect(await rowsOf(sql("select 1 a"))).toEqual([{ a: 1 }])
  })

  test("is not opened with a wrong token, or without one", async () => {
    for (const remote of [`sc://127.0.0.1:${server.port}`, `sc://127.0.0.1:${server.port}/;token=wrong`]) {
      const began = performance.now()
      const limits = { connectTimeoutMs: 120_000 }
      await expect(connect(parseRemote(remote), limits)).rejects.toMatchObject({
        code: "ENGINE_UNAUTHENTICATED",
        details: { remote: `127.0.0.1:${server.port}` },
      })
      expect(performance.now() - began).toBeLessThan(60_000) // there is nothing to wait for
    }
  })

  test("with TLS is opened to who is trusted, and at once refused to who is not", async () => {
    const [key, cert] = [path("tls.key"), path("tls.crt")]
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    const openssl = ["req", "-x509", ...curve, "-nodes", "-days", "2", ...subject, "-keyout", key, "-out", cert]
    await promisify(execFile)("openssl", openssl)
    const tls = createServer(
      { key: await readFile(key), cert: await readFile(cert), ALPNProtocols: ["h2"] },
      socket => {
        const upstream = dial(server.port, "127.0.0.1")
        for (const one of [socket, upstream]) one.on("error", () => {})
        socket.pipe(upstream).pipe(socket)
      },
    )
    await new Promise<void>(resolve => tls.listen(0, resolve))
    const { port } = tls.address() as AddressInfo // it listens on a port
    const moduleOf = (name: string) => new URL(`../../src/connect/${name}.ts`, import.meta.url).href
    const script = `
      const { connect } = await import("${moduleOf("client")}")
      const { parseRemote } = await import("${moduleOf("remote")}")
      const told = connect(parseRemote(process.env.REMOTE)).then(client => client.close(), error => error.message + error.why)
      console.log(await told ?? "connected")`
    const said = async (trusted: string, remote: string) => {
      const args = ["--conditions=@assets/source", "--import", "tsx", "--input-type=module", "-e", script]
      const env = { ...process.env, GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: trusted, REMOTE: remote }
      return (await promisify(execFile)(process.execPath, args, { env })).stdout.trim()
    }
    const remote = `sc://localhost:${port}/;use_ssl=true;token=${server.token}`
    expect(await said(cert, remote)).toBe("connected")
    expect(await said("", remote)).toMatch(/^There is no TLS connection to Spark at localhost:\d+\..*certificate/)
    const plain = `sc://127.0.0.1:${server.port}/;use_ssl=true;token=${server.token}`
    expect(await said(cert, plain)).toMatch(/^There is no TLS connection to Spark at 127\.0\.0\.1:\d+\./)
    tls.close()
  })
})
