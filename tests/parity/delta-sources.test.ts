import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { asset, defineConfig, definitions, materialize, source, status } from "@assets/core"
import { type Columns, deltaTable, frame, openSession, parquetFiles, type Session, t } from "@assets/dataframe"
import { max, sum } from "@assets/dataframe/functions"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { deltaIO, spark } from "@assets/io-spark"
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { connect, type SparkClient } from "../../packages/io-spark/src/connect/client.ts"
import { parseRemote } from "../../packages/io-spark/src/connect/remote.ts"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { bucket, sharedObjectStore, skipsObjectStores } from "../object-store.ts"

const engines = { duckdb: () => duckdb(), spark: () => spark() } as const
type EngineName = keyof typeof engines
const names = ["duckdb", "spark"] as const

describe.skipIf(skipsSpark || skipsObjectStores)("Delta tables that Spark wrote", () => {
  sharedObjectStore()
  sharedSpark()
  let client: SparkClient
  let folder: string
  let sessions: { readonly [name in EngineName]: Session }
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "assets-delta-sources-"))
    client = await connect(parseRemote(process.env.SPARK_REMOTE ?? ""))
    await client.configSet({ "spark.databricks.delta.snapshotPartitions": "1" })
    sessions = { duckdb: await openSession(duckdb()), spark: await openSession(spark()) }
  })
  afterAll(async () => {
    await Promise.all(Object.values(sessions ?? {}).map(session => session.close()))
    await client?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  let tables = 0
  const newTable = () => join(folder, `table ${++tables}`)

  /** A table by the statements that make it, in which `T` stands for its name. */
  async function made(statements: readonly string[], path = newTable()): Promise<string> {
    for (const statement of statements) await client.sqlCommand(statement.replace(/\bT\b/g, `delta.\`${path}\``))
    return path
  }

  async function rowsOn<S extends Columns>(name: EngineName, path: string, columns: S): Promise<object[]> {
    const rows: object[] = []
    for await (const row of sessions[name].read(deltaTable(path, columns)).rows()) rows.push(row as object)
    return rows
  }

  /** The rows that both engines give, which are the same. */
  async function rowsOf<S extends Columns>(path: string, columns: S): Promise<object[]> {
    const sorted = async (name: EngineName) => (await rowsOn(name, path, columns)).sort(byText)
    const [first, second] = await Promise.all([sorted("duckdb"), sorted("spark")])
    expect(first).toEqual(second)
    return first
  }

  const text = (row: object) => JSON.stringify(row, (_, value) => (typeof value === "bigint" ? `${value}n` : value))
  const byText = (a: object, b: object) => (text(a) < text(b) ? -1 : 1)

  test("are refused as Parquet files, which would give deleted rows back", async () => {
    const path = await made([
      "CREATE TABLE T USING delta PARTITIONED BY (part) AS SELECT id, id % 2 AS part FROM range(0, 5, 1, 1)",
      "DELETE FROM T WHERE id > 2",
    ])
    const paths = [
      path,
      join(path, "*", "*.parquet"),
      join(path, "part=1", "*.parquet"),
      join(folder, "**", "*.parquet"),
    ]
    for (const one of paths) {
      const reader = parquetFiles(one, { id: t.int64 })
      const wanted = { code: "SOURCE_DATA_INVALID", fix: expect.stringContaining("deltaTable(") }
      const { run } = project("duckdb", source("raw/table", reader))
      await expect(run(), one).rejects.toMatchObject(wanted)
      await expect(sessions.duckdb.read(reader).count(), one).rejects.toMatchObject({
        code: "FRAME_ARGUMENT_INVALID",
        fix: expect.stringContaining("deltaTable("),
      })
    }
    expect(await rowsOf(path, { id: t.int64 })).toEqual([{ id: 0n }, { id: 1n }, { id: 2n }])
  })

  test("give the rows of their newest version, without those that were deleted, changed or replaced", async () => {
    const path = await made([
      "CREATE TABLE T (id BIGINT, name STRING) USING delta",
      "INSERT INTO T VALUES (1, 'a'), (2, 'b'), (3, NULL)",
      "UPDATE T SET name = 'B' WHERE id = 2",
      "DELETE FROM T WHERE id = 1",
      "INSERT INTO T VALUES (4, '')",
    ])
    expect(await rowsOf(path, { ID: t.int64, name: t.string })).toEqual([
      { ID: 2n, name: "B" },
      { ID: 3n, name: null },
      { ID: 4n, name: "" },
    ])
  })

  test("may have deletion vectors, renamed and dropped columns, and wider types than their first files", async () => {
    const path = await made([
      `CREATE TABLE T (id INT, \`a b\` STRING, s STRUCT<x: INT, y: INT>) USING delta TBLPROPERTIES
       (delta.columnMapping.mode = 'name', delta.enableDeletionVectors = true, delta.enableTypeWidening = true)`,
      "INSERT INTO T SELECT /*+ COALESCE(1) */ id, 'old', struct(1, 2) FROM range(100)",
      "ALTER TABLE T RENAME COLUMN `a b` TO `c d`",
      "ALTER TABLE T ADD COLUMN `a b` INT",
      "ALTER TABLE T DROP COLUMN s.x",
      "ALTER TABLE T ALTER COLUMN id TYPE BIGINT",
      "INSERT INTO T VALUES (5000000000, 'new', struct(4), 7)",
      "DELETE FROM T WHERE id BETWEEN 2 AND 99",
    ])
    expect(
      readdirSync(path, { recursive: true }).filter(name => /^deletion_vector.*bin$/.test(`${name}`)),
    ).toHaveLength(1)
    const columns = { id: t.int64, "c d": t.string, "a b": t.int32, s: t.struct({ y: t.int32 }) }
    expect(await rowsOf(path, columns)).toEqual([
      { id: 0n, "c d": "old", "a b": null, s: { y: 2 } },
      { id: 1n, "c d": "old", "a b": null, s: { y: 2 } },
      { id: 5000000000n, "c d": "new", "a b": 7, s: { y: 4 } },
    ])
  })

  test("give the columns of their partitions, of any value and type, and no rows where they have none", async () => {
    const path = await made([
      `CREATE TABLE T (id INT, s STRING, d DATE, at TIMESTAMP, local TIMESTAMP_NTZ, n DECIMAL(9,2), b BOOLEAN, i BIGINT)
       USING delta PARTITIONED BY (s, d, at, local, n, b, i)`,
      `INSERT INTO T VALUES
        (1, 'a/b=c %20 ü''', DATE '1500-01-01', TIMESTAMP '2024-03-31 01:30:00.123456Z', TIMESTAMP_NTZ '2024-03-31 02:30:00', -1.50, true, -9223372036854775808),
        (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
    ])
    const columns = {
      ...{ id: t.int32, s: t.string, d: t.date, at: t.timestamp, local: t.timestampNtz },
      ...{ n: t.decimal(9, 2), b: t.boolean, i: t.int64 },
    }
    expect(await rowsOf(path, columns)).toEqual([
      {
        ...{ id: 1, s: "a/b=c %20 ü'", d: "1500-01-01", at: "2024-03-31T01:30:00.123456Z" },
        ...{ local: "2024-03-31T02:30:00", n: "-1.50", b: true, i: -9223372036854775808n },
      },
      { id: 2, s: null, d: null, at: null, local: null, n: null, b: null, i: null },
    ])
    expect(await rowsOf(await made(["CREATE TABLE T (id BIGINT) USING delta"]), { id: t.int64 })).toEqual([])
    await made(["DELETE FROM T WHERE true"], path)
    expect(await rowsOf(path, columns)).toEqual([])
  })

  test("hold each type, in any time zone", async () => {
    const path = await made([
      `CREATE TABLE T USING delta AS SELECT
        127Y AS i8, -32768S AS i16, 2147483647 AS i32, -9223372036854775808L AS i64, float('NaN') AS f32, -0.0D AS f64,
        CAST('99999999999999999999999999999999999.999' AS DECIMAL(38,3)) AS dec, 'ß 🎉' AS s, X'00FF' AS bin,
        DATE '1582-10-10' AS d, TIMESTAMP '1969-12-31 23:59:59.999999Z' AS at, TIMESTAMP_NTZ '0001-01-01 00:00:00' AS local,
        true AS b, array(1, NULL) AS a, named_struct('x', CAST(NULL AS STRING), 'y', array(1.5D)) AS st, map('k', NULL, 'l', 2) AS m`,
    ])
    const columns = {
      ...{ i8: t.int8, i16: t.int16, i32: t.int32, i64: t.int64, f32: t.float32, f64: t.float64 },
      ...{ dec: t.decimal(38, 3), s: t.string, bin: t.binary, d: t.date, at: t.timestamp, local: t.timestampNtz },
      ...{ b: t.boolean, a: t.array(t.int32), st: t.struct({ x: t.string, y: t.array(t.float64) }) },
      m: t.map(t.string, t.int32),
    }
    const wanted = [
      {
        ...{ i8: 127, i16: -32768, i32: 2147483647, i64: -9223372036854775808n, f32: Number.NaN, f64: -0 },
        ...{ dec: "99999999999999999999999999999999999.999", s: "ß 🎉", bin: Uint8Array.from([0, 255]) },
        ...{ d: "1582-10-10", at: "1969-12-31T23:59:59.999999Z", local: "0001-01-01T00:00:00", b: true },
        ...{ a: [1, null], st: { x: null, y: [1.5] } },
        m: new Map([
          ["k", null],
          ["l", 2],
        ]),
      },
    ]
    expect(await rowsOf(path, columns)).toEqual(wanted)
    for (const engine of Object.values(engines)) {
      await using session = await openSession(engine(), { timeZone: "America/New_York" })
      expect(await session.read(deltaTable(path, columns)).take(1)).toEqual(wanted)
    }
  })

  test("are read from a checkpoint where the commits before it have expired", async () => {
    const path = await made([
      "CREATE TABLE T USING delta TBLPROPERTIES (delta.checkpointInterval = 2) AS SELECT id FROM range(3)",
      "INSERT INTO T VALUES (7)",
      "DELETE FROM T WHERE id = 1",
      "INSERT INTO T VALUES (9)",
    ])
    const log = join(path, "_delta_log")
    expect(readdirSync(log)).toContain("_last_checkpoint")
    for (const version of [0, 1]) rmSync(join(log, `${version}`.padStart(20, "0").concat(".json")))
    expect(await rowsOf(path, { id: t.int64 })).toEqual([0n, 2n, 7n, 9n].map(id => ({ id })))
    const { run, total } = project("duckdb", source("raw/table", deltaTable(path, { id: t.int64 })))
    expect(await (await run()).value(total).then(frame => frame.take(1))).toEqual([{ id: 9n }])
  })

  test("without a declared column, or with one of another type, are refused by name", async () => {
    const path = await made(["CREATE TABLE T USING delta AS SELECT 1L AS id, 1.5D AS price"])
    for (const name of names) {
      await expect(rowsOn(name, path, { idd: t.int64 }), name).rejects.toMatchObject({
        code: "SOURCE_DATA_INVALID",
        message: expect.stringContaining("no column 'idd'"),
      })
      await expect(rowsOn(name, path, { price: t.int64 }), name).rejects.toMatchObject({
        code: "SOURCE_DATA_INVALID",
        message: expect.stringContaining("'price'"),
      })
    }
  })

  /** A project of one asset over a source; its runs of one environment. */
  function project(
    name: EngineName,
    raw: ReturnType<typeof source<ReturnType<typeof frame<{ id: typeof t.int64 }>>>>,
    sources?: string,
  ) {
    const base = mkdtempSync(join(tmpdir(), "assets-delta-"))
    onTestFinished(() => rmSync(base, { recursive: true, force: true }))
    const total = asset("marts/total", {
      deps: { raw },
      returns: frame({ id: t.int64 }),
      transform: ({ raw }) => raw.agg(f => ({ id: max(f.id) })),
    })
    const { environments } = defineConfig({
      environments: {
        lake: { engine: engines[name](), io: parquetIO({ root: join(base, "data") }), ...(sources && { sources }) },
      },
    })
    const all = definitions({ assets: [raw, total], environments, state: { path: join(base, "state") } })
    const run = () => materialize(all, { environment: "lake" })
    const states = async () => (await status(all, { environment: "lake" })).map(one => one.status)
    return { all, total, run, states }
  }

  test("are sources whose data version is their own: a new version makes assets stale, and a file in no commit does not", async () => {
    const path = await made(["CREATE TABLE T USING delta AS SELECT id FROM range(4)"])
    const raw = source("raw/table", deltaTable(path, { id: t.int64 }))
    const projects = names.map(name => project(name, raw))
    const values = async () =>
      Promise.all(projects.map(async ({ run, total }) => (await (await run()).value(total)).take(1)))
    const states = async () => (await Promise.all(projects.map(one => one.states()))).flat()
    expect(await values()).toEqual([[{ id: 3n }], [{ id: 3n }]])
    const [file = ""] = readdirSync(path).filter(one => one.endsWith(".parquet"))
    copyFileSync(join(path, file), join(path, "left-over.parquet"))
    expect(await states()).toEqual(["fresh", "fresh"])
    await made(["DELETE FROM T WHERE id = 3"], path)
    expect(await states()).toEqual(["stale", "stale"])
    expect(await values()).toEqual([[{ id: 2n }], [{ id: 2n }]])
    // Another table, whose version has the same number.
    rmSync(path, { recursive: true })
    await made(["CREATE TABLE T USING delta AS SELECT id FROM range(9)", "DELETE FROM T WHERE id = 3"], path)
    expect(await states()).toEqual(["stale", "stale"])
    expect(await values()).toEqual([[{ id: 8n }], [{ id: 8n }]])
  })

  test("are read from object stores", async () => {
    const path = `s3a://${bucket}/raw/table`
    await made(["CREATE TABLE T USING delta AS SELECT id FROM range(4)", "DELETE FROM T WHERE id = 3"], path)
    const root = `s3://${bucket}/raw`
    const raw = source("raw/table", deltaTable("table", { id: t.int64 }))
    const projects = names.map(name => project(name, raw, root))
    for (const { run, states, total } of projects) {
      expect(await (await run()).value(total).then(frame => frame.take(1))).toEqual([{ id: 2n }])
      expect(await states()).toEqual(["fresh"])
    }
    await made(["DELETE FROM T WHERE id = 2"], path)
    for (const { states } of projects) expect(await states()).toEqual(["stale"])
    for (const place of ["table", "table/*.parquet", "**/*.parquet"]) {
      const files = project("duckdb", source("raw/table", parquetFiles(place, { id: t.int64 })), root)
      await expect(files.run(), place).rejects.toMatchObject({ code: "SOURCE_DATA_INVALID" })
    }
  })

  for (const name of names) {
    test(`are read as the plan saw them while others commit, on ${name}`, async () => {
      const path = await made(["CREATE TABLE T USING delta AS SELECT id FROM range(4)"])
      const raw = source("raw/table", deltaTable(path, { id: t.int64 }))
      const base = mkdtempSync(join(tmpdir(), "assets-delta-"))
      onTestFinished(() => rmSync(base, { recursive: true, force: true }))
      const committing = asset("marts/committing", {
        returns: frame({ id: t.int64 }),
        reuse: false,
        compute: async () => {
          await made(["INSERT INTO T VALUES (100)"], path)
          return [{ id: 1n }]
        },
      })
      const late = asset("marts/late", {
        deps: { committing, raw },
        returns: frame({ id: t.int64 }),
        transform: ({ committing, raw }) => raw.union(committing).agg(f => ({ id: sum(f.id) })),
      })
      const { environments } = defineConfig({
        environments: { lake: { engine: engines[name](), io: parquetIO({ root: join(base, "data") }) } },
      })
      const all = definitions({ assets: [raw, committing, late], environments, state: { path: join(base, "state") } })
      const run = await materialize(all, { environment: "lake" })
      expect(run.steps.map(step => [step.status, step.error])).toEqual([
        ["materialized", undefined],
        ["materialized", undefined],
      ])
      expect(await (await run.value(late)).take(1)).toEqual([{ id: 7n }])
    })
  }

  test("of deltaIO are sources of projects that compute on DuckDB", async () => {
    const base = mkdtempSync(join(tmpdir(), "assets-delta-"))
    onTestFinished(() => rmSync(base, { recursive: true, force: true }))
    const orders = asset("raw/orders", {
      returns: frame({ id: t.int64, "a b": t.string }),
      reuse: false,
      compute: () => [
        { id: 1n, "a b": "ß" },
        { id: 2n, "a b": null },
      ],
    })
    const doubled = asset("marts/doubled", {
      deps: { orders },
      returns: frame({ id: t.int64, "a b": t.string }),
      transform: ({ orders }) => orders.select(f => ({ id: f.id.multiply(2n), "a b": f["a b"] })),
    })
    const { environments } = defineConfig({
      environments: { lake: { engine: spark(), io: deltaIO({ root: join(base, "lake") }) } },
    })
    const all = definitions({ assets: [orders, doubled], environments, state: { path: join(base, "state") } })
    for (let i = 0; i < 2; i++) {
      const run = await materialize(all, { environment: "lake", force: true })
      expect(run.status).toBe("succeeded")
    }
    expect(await rowsOf(join(base, "lake", "marts", "doubled"), { id: t.int64, "a b": t.string })).toEqual([
      { id: 2n, "a b": "ß" },
      { id: 4n, "a b": null },
    ])
  })
})

describe("a source of a Delta table", () => {
  test("whose folder has no log is refused by its place", async () => {
    const base = mkdtempSync(join(tmpdir(), "assets-delta-"))
    onTestFinished(() => rmSync(base, { recursive: true, force: true }))
    mkdirSync(join(base, "table"))
    writeFileSync(join(base, "table", "part.parquet"), "")
    const raw = source("raw/table", deltaTable("table", { id: t.int64 }))
    const total = asset("marts/total", {
      deps: { raw },
      returns: frame({ id: t.int64 }),
      transform: ({ raw }) => raw.agg(f => ({ id: max(f.id) })),
    })
    const settings = { engine: duckdb(), io: parquetIO({ root: join(base, "data") }), sources: base }
    const all = definitions({ assets: [raw, total], environments: { local: settings }, state: { path: base } })
    await expect(materialize(all, { environment: "local" })).rejects.toMatchObject({
      code: "SOURCE_FILE_MISSING",
      why: expect.stringContaining("_delta_log"),
    })
  })

  test.skipIf(skipsObjectStores)("that demands of its readers what DuckDB does not know is refused by it", async () => {
    const base = mkdtempSync(join(tmpdir(), "assets-delta-"))
    onTestFinished(() => rmSync(base, { recursive: true, force: true }))
    const features = ["fromTheFuture"]
    const schema = { type: "struct", fields: [{ name: "id", type: "long", nullable: true, metadata: {} }] }
    const metaData = {
      ...{ id: "1e0f0e0e-0000-4000-8000-000000000000", format: { provider: "parquet", options: {} }, createdTime: 0 },
      ...{ schemaString: JSON.stringify(schema), partitionColumns: [], configuration: {} },
    }
    const protocol = { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: features, writerFeatures: features }
    mkdirSync(join(base, "_delta_log"))
    const commit = [{ protocol }, { metaData }].map(action => JSON.stringify(action)).join("\n")
    writeFileSync(join(base, "_delta_log", "00000000000000000000.json"), commit)
    await using session = await openSession(duckdb())
    await expect(session.read(deltaTable(base, { id: t.int64 })).count()).rejects.toMatchObject({
      code: "SOURCE_DATA_INVALID",
      why: expect.stringContaining("fromTheFuture"),
    })
  })
})
