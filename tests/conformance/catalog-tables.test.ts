import { rmSync } from "node:fs"
import { join } from "node:path"
import { asset, definitions, materialize } from "@assets/core"
import { type ConformanceTable, ioContext, outputContext } from "@assets/core/testing"
import { frame, t } from "@assets/dataframe"
import { spark, tableIO } from "@assets/io-spark"
import { describe, expect, test } from "vitest"
import { scratchFolder, sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { EngineFixture } from "./fixture.ts"
import { row, SparkQueries, StoredTable } from "./stored-table.ts"
import { key } from "./table-fixture.ts"

let databases = 0

/** A table in a database of its own. */
class CatalogTable extends StoredTable {
  readonly database: string

  constructor(format: "orc" | "parquet" | "delta") {
    const database = `db_${++databases}`
    super(new EngineFixture(spark(), () => tableIO({ format, root: "data", database })))
    this.database = database
  }

  /** What Spark calls it. */
  get name(): string {
    return `${this.database}.marts__table`
  }

  /** As after a run that died when its rows were stored. */
  forget(): void {
    rmSync(join(this.path, "_assets", "catalog.json"))
  }

  async isShown(): Promise<boolean | undefined> {
    return (await this.current())[0]?.intact
  }

  restore(fingerprint: string) {
    const { base } = this.fixture
    const session = () => this.fixture.session()
    return this.io.restore?.(outputContext({ base, key, session, fingerprint }), fingerprint)
  }

  async table(columns: ConformanceTable["columns"], rows: ConformanceTable["rows"]) {
    return this.write(await this.fixture.tables.value({ columns, rows }, "engine"))
  }
}

describe.skipIf(skipsSpark)("tables of Spark's catalog", () => {
  sharedSpark()
  const other = new SparkQueries({ "spark.databricks.delta.snapshotPartitions": "1" })
  /** As a session sees them that has not looked before, or looks anew. */
  const names = async (name: string) => {
    await other.run(`REFRESH TABLE ${name}`)
    return other.names(name)
  }
  const columnsOf = async (name: string) => (await other.rows(`SHOW COLUMNS IN ${name}`)).map(one => one.col_name)

  test.each(["orc", "parquet"] as const)(
    "of the format %s show the current rows to other sessions: replaced, retyped, and added",
    async format => {
      const table = new CatalogTable(format)
      await table.rows([row(1, "a"), row(2, "b")])
      expect(await names(table.name)).toEqual(["1 a", "2 b"])
      expect(await columnsOf(table.name)).toEqual(["id", "name", "value", "part"])
      await table.rows([row(3, "c")])
      expect(await names(table.name)).toEqual(["3 c"])
      await table.table({ id: "bigint", name: "string", "a b": "date" }, [{ id: 4n, name: "d", "a b": "2024-01-01" }])
      expect(await columnsOf(table.name)).toEqual(["id", "name", "a b"])
      expect(await names(table.name)).toEqual(["4 d"])
      await table.rows([row(5, "e")], { write: "append", fingerprint: "e" })
      await table.rows([row(6, "f")], { write: "append", fingerprint: "f" })
      expect((await names(table.name)).slice(-2)).toEqual(["5 e", "6 f"])
      expect(await table.isShown()).toBe(true)
    },
  )

  test("show what several writers have stored at the same time", async () => {
    const table = new CatalogTable("orc")
    const { base } = table.fixture
    const session = () => table.fixture.session()
    const writes = Array.from({ length: 4 }, (_, i) => {
      const io = i % 2 === 0 ? table.io : table.fixture.createIOManager()
      return io.handleOutput(
        outputContext({ base, key, session, partitions: [`p${i}`] }),
        table.fixture.relation([row(i, "x")]),
      )
    })
    await Promise.all(writes)
    expect(await names(table.name)).toEqual([0, 1, 2, 3].map(i => `${i} x`))
    expect((await table.current()).map(one => one.intact)).toEqual(Array(4).fill(true))
  })

  // Those of Parquet are told as those of ORC are.
  const formats = ["orc", "delta"] as const

  test("show the rows of each partition, whatever its key holds", async () => {
    const table = new CatalogTable("orc")
    for (const part of ["it's", "a/b=1", "100%"]) await table.rows([row(1, part)], { partitions: [part] })
    await table.rows([row(2, "new")], { partitions: ["a/b=1"] })
    await table.rows([row(3, "more")], { partitions: ["100%"], write: "append" })
    expect(await names(table.name)).toEqual(["1 100%", "1 it's", "2 new", "3 more"])
    expect(await other.names(`${table.name} WHERE _partition_key = 'a/b=1'`)).toEqual(["2 new"])
  })

  test("are mended by the next run after one that died when its rows were stored, without computing", async () => {
    const table = new CatalogTable("orc")
    const record = await table.rows([row(1, "a")], { fingerprint: "work" })
    await other.run(`DROP TABLE ${table.name}`)
    table.forget()
    expect(await table.isShown()).toBe(false)
    expect((await table.restore("work"))?.id).toBe(record.id)
    expect(await table.isShown()).toBe(true)
    expect(await names(table.name)).toEqual(["1 a"])
  })

  test.each(formats)(
    "of others are not replaced by those of the format %s, which are shown when they are gone",
    async format => {
      const table = new CatalogTable(format)
      await other.run(`CREATE DATABASE ${table.database}`)
      await other.run(`CREATE TABLE ${table.name} (id BIGINT, name STRING) USING parquet`)
      await other.run(`INSERT INTO ${table.name} VALUES (7, 'theirs')`)
      const write = table.rows([row(1, "a")], { fingerprint: "work" })
      await expect(write).rejects.toMatchObject({ code: "STORAGE_CATALOG_BEHIND", details: { table: table.name } })
      expect(await names(table.name)).toEqual(["7 theirs"])
      expect(await table.isShown()).toBe(false)
      await other.run(`DROP TABLE ${table.name}`)
      await table.restore("work")
      expect(await names(table.name)).toEqual(["1 a"])
      await table.rows([row(2, "b")])
      expect(await names(table.name)).toEqual(["2 b"])
    },
  )

  test.each(formats)(
    "of the format %s go with their assets, and when these become values that are no tables",
    async format => {
      const table = new CatalogTable(format)
      const isThere = async () => (await other.rows(`SHOW TABLES IN ${table.database}`)).length > 0
      await table.rows([row(1, "a")])
      expect(await isThere()).toBe(true)
      await table.write({ kind: "json", value: { a: 1 } })
      expect(await isThere()).toBe(false)
      await table.rows([row(1, "a")])
      await table.io.remove?.({ ...ioContext(table.fixture.base), key })
      expect(await isThere()).toBe(false)
    },
  )

  // Spark hides what it takes for a secret, or for a URL, in what it tells of a table.
  test.each(formats)("of the format %s are known again whatever their keys hold", async format => {
    const base = scratchFolder()
    const io = tableIO({ format, root: "tokens", database: `hidden_${format}` })
    const run = async (id: bigint) => {
      const hidden = asset("raw/hourly_tokens", {
        returns: frame({ id: t.int64 }),
        version: String(id),
        compute: () => [{ id }],
      })
      const project = definitions({ assets: { hidden }, environments: { local: { engine: spark(), io } }, base })
      return (await materialize(project)).status
    }
    expect([await run(1n), await run(2n)]).toEqual(["succeeded", "succeeded"])
    expect(await other.rows(`SELECT id FROM hidden_${format}.raw__hourly_tokens`)).toEqual([{ id: 2n }])
  })

  test("that could not be told of their rows fail the step, and the next run computes nothing and mends them", async () => {
    const base = scratchFolder()
    const io = tableIO({ format: "orc", root: "data", database: "runs" })
    const whole = asset("a/whole", { returns: frame({ id: t.int64 }), version: "1", compute: () => [{ id: 1n }] })
    const added = asset("a/added", {
      deps: { whole },
      returns: frame({ id: t.int64 }),
      write: "append",
      transform: ({ whole }) => whole.filter(f => f.id.gt(0)),
    })
    const run = async () => {
      const project = definitions({ assets: { whole, added }, environments: { local: { engine: spark(), io } }, base })
      return Object.fromEntries(
        (await materialize(project)).steps.map(step => [step.key, `${step.status}: ${step.reason}`]),
      )
    }
    await other.run("CREATE DATABASE runs")
    for (const name of ["a__whole", "a__added"]) await other.run(`CREATE TABLE runs.${name} (id BIGINT) USING parquet`)
    expect(await run()).toEqual({
      "a/whole": "failed: STORAGE_CATALOG_BEHIND",
      "a/added": "blocked: blocked by a/whole",
    })
    await other.run("DROP TABLE runs.a__whole")
    expect(await run()).toEqual({ "a/whole": "skipped: restored", "a/added": "failed: STORAGE_CATALOG_BEHIND" })
    await other.run("DROP TABLE runs.a__added")
    expect(await run()).toEqual({
      "a/whole": "skipped: unchanged",
      "a/added": expect.stringMatching(/^skipped: materialized by run/),
    })
    expect(await run()).toEqual({ "a/whole": "skipped: unchanged", "a/added": "skipped: unchanged" })
    expect(await other.rows("SELECT id FROM runs.a__added UNION ALL SELECT id FROM runs.a__whole")).toHaveLength(2)
  })

  test("show rows that the layout has put into folders of their own", async () => {
    const table = new CatalogTable("orc")
    const rows = ["b", "a%/", "b"].map((name, i) => row(i, name))
    await table.rows(rows, { layout: { partitionBy: ["name"] } })
    expect(await names(table.name)).toEqual(["0 b", "1 a%/", "2 b"])
  })
})
