import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { Current } from "@assets/core"
import { type ConformanceTable, ioContext } from "@assets/core/testing"
import { deltaIO } from "@assets/io-spark"
import { describe, expect, test } from "vitest"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { ids, JsonTable } from "./json-table.ts"
import { row, SparkQueries, StoredTable } from "./stored-table.ts"
import { key } from "./table-fixture.ts"

class DeltaTable extends StoredTable {
  constructor() {
    super("delta on spark")
  }

  /** What Spark calls it. */
  get name(): string {
    return `delta.\`${this.path}\``
  }
}

describe.skipIf(skipsSpark)("tables of deltaIO", () => {
  sharedSpark()
  const spark = new SparkQueries({ "spark.databricks.delta.snapshotPartitions": "1" })

  test("are read by Spark, as they are and as they were, and tell their records in the history", async () => {
    const table = new DeltaTable()
    const first = await table.rows([row(1, "a"), row(2, "b")])
    const second = await table.rows([row(3, "c")])
    expect(await spark.names(table.name)).toEqual(["3 c"])
    expect(await spark.names(`${table.name} VERSION AS OF 0`)).toEqual(["1 a", "2 b"])
    await table.rows([row(4, "d")], { write: "append" })
    expect(await spark.names(table.name)).toEqual(["3 c", "4 d"])
    const [detail] = await spark.rows(`DESCRIBE DETAIL ${table.name}`)
    expect(detail).toMatchObject({ format: "delta", numFiles: 2n })
    const log = readdirSync(join(table.path, "_delta_log")).filter(name => name.endsWith(".json"))
    expect(log).toHaveLength(3)
    expect(await table.read([first])).toEqual(["1 a", "2 b"])
    expect(await table.read([second])).toEqual(["3 c"])
  })

  test("tell the partition of each row in a column, whatever its key holds", async () => {
    const table = new DeltaTable()
    for (const part of ["it's", "a/b", "100%"]) await table.rows([row(1, part)], { partitions: [part] })
    await table.rows([row(2, "new")], { partitions: ["a/b"] })
    const found = await spark.rows(`SELECT _partition AS p, name FROM ${table.name} ORDER BY _partition`)
    expect(found).toEqual([
      { p: "100%", name: "100%" },
      { p: "a/b", name: "new" },
      { p: "it's", name: "it's" },
    ])
  })

  test("have columns of any name and type, also for Spark's own reader", async () => {
    const table = new DeltaTable()
    const columns = {
      id: "bigint",
      "a b": "string",
      "x;{}(),=": "decimal(9,2)",
      when: "timestamp_ntz",
      "s t": "struct<`u v`:int>",
    }
    const wanted: ConformanceTable = {
      columns,
      rows: [{ id: 1n, "a b": "v", "x;{}(),=": "1.50", when: "2024-03-31T01:30:00", "s t": { "u v": 7 } }],
    }
    await table.write(await table.fixture.tables.value(wanted, "engine"))
    const found = await spark.rows(
      `SELECT \`a b\` AS a, CAST(\`x;{}(),=\` AS STRING) AS x, CAST(when AS STRING) AS w, \`s t\`.\`u v\` AS s FROM ${table.name}`,
    )
    expect(found).toEqual([{ a: "v", x: "1.50", w: "2024-03-31 01:30:00", s: 7 }])
    await table.rows([row(1, "plain again")])
    expect(await spark.names(table.name)).toEqual(["1 plain again"])
  })

  test("are read by Spark also where the layout gives values folders of their own", async () => {
    const table = new DeltaTable()
    const values = ["a b", "x/y=1", "100%", "ü"]
    const rows = values.map((name, i) => row(i, name))
    const record = await table.rows(rows, { layout: { partitionBy: ["name"], sortBy: ["id"] } })
    expect(await spark.names(table.name)).toEqual(values.map((name, i) => `${i} ${name}`))
    expect(await table.read([record])).toEqual(values.map((name, i) => `${i} ${name}`))
    const wrong = table.rows(rows, { layout: { partitionBy: ["nmae"] } })
    await expect(wrong).rejects.toMatchObject({ code: "ASSET_OPTIONS_INVALID" })
  })

  test("keep a JSON value as one row of text", async () => {
    const table = new DeltaTable()
    await table.write({ kind: "json", value: { deep: [1, null] } })
    expect(await spark.rows(`SELECT value FROM ${table.name}`)).toEqual([{ value: '{"deep":[1,null]}' }])
  })

  test("stay current when somebody optimizes them, and are written to afterwards", async () => {
    const table = new DeltaTable()
    const first = await table.rows([row(1, "a")], { write: "append", fingerprint: "a" })
    const second = await table.rows([row(2, "b")], { write: "append", fingerprint: "b" })
    await spark.run(`OPTIMIZE ${table.name}`)
    expect((await table.current()).map(one => [one.materialization.id, one.intact])).toEqual([[second.id, true]])
    expect(await table.read([second])).toEqual(["1 a", "2 b"])
    expect(await table.read([first])).toEqual(["1 a"])
    const third = await table.rows([row(3, "c")], { write: "append", fingerprint: "c" })
    expect(await table.read([third])).toEqual(["1 a", "2 b", "3 c"])
    expect(await spark.names(table.name)).toEqual(["1 a", "2 b", "3 c"])
    expect([...((await table.current())[0]?.applied ?? [])].sort()).toEqual(["a", "b", "c"])
  })

  test("are not taken for what was materialized when somebody changes their rows", async () => {
    const table = new DeltaTable()
    const former = await table.rows([row(1, "a"), row(2, "b")])
    await spark.run(`DELETE FROM ${table.name} WHERE id = 1`)
    expect((await table.current()).map(one => one.intact)).toEqual([false])
    expect(await table.read([former])).toEqual(["1 a", "2 b"])
    await spark.run(`INSERT INTO ${table.name} SELECT 9, 'by hand', 0, null`)
    const next = await table.rows([row(5, "e")])
    expect((await table.current()).map(one => [one.materialization.id, one.intact])).toEqual([[next.id, true]])
    expect(await spark.names(table.name)).toEqual(["5 e"])
  })

  test("are the same for another manager after Spark has written a checkpoint", async () => {
    const table = new DeltaTable()
    for (let i = 0; i < 11; i++) await table.write({ kind: "json", value: i }, { partitions: [`p${i}`] })
    await spark.run(`ALTER TABLE ${table.name} SET TBLPROPERTIES ('delta.checkpointInterval' = '1')`)
    await spark.run(`ALTER TABLE ${table.name} SET TBLPROPERTIES ('note' = 'the next commit')`)
    expect(readdirSync(join(table.path, "_delta_log")).some(name => name.includes(".checkpoint."))).toBe(true)
    const parts = (found: readonly Current[]) => found.map(one => [one.partition, one.intact]).sort()
    expect(parts(await table.current(deltaIO({ root: "data" })))).toEqual(parts(await table.current()))
    expect(await table.current()).toHaveLength(11)
  })

  test("of others are neither read nor replaced", async () => {
    const table = new DeltaTable()
    await spark.run(`CREATE TABLE ${table.name} (id BIGINT) USING delta`)
    await spark.run(`INSERT INTO ${table.name} VALUES (1)`)
    expect(await table.current()).toEqual([])
    await expect(table.rows([row(1, "a")])).rejects.toMatchObject({ code: "ENVIRONMENT_UNSUPPORTED" })
    await table.io.remove?.({ ...ioContext(table.fixture.base), key })
    expect(await spark.rows(`SELECT id FROM ${table.name}`)).toEqual([{ id: 1n }])
  })

  test("that demand of writers what is not done here are not written", async () => {
    const table = new DeltaTable()
    const former = await table.rows([row(1, "a")])
    await spark.run(`ALTER TABLE ${table.name} ADD CONSTRAINT positive CHECK (id > 0)`)
    await expect(table.rows([row(-1, "b")])).rejects.toMatchObject({ code: "ENVIRONMENT_UNSUPPORTED" })
    expect((await table.current()).map(one => one.materialization.id)).toEqual([former.id])
  })

  test("are read by a reader who began before others were written and old files removed", async () => {
    const table = new DeltaTable()
    const first = await table.rows([row(1, "a")])
    const second = await table.rows([row(2, "b")])
    rmSync(join(table.path, first.id), { recursive: true })
    await expect(table.read([first])).rejects.toMatchObject({ code: "STORAGE_DATA_MISSING" })
    expect(await table.read([second])).toEqual(["2 b"])
    expect(existsSync(join(table.path, second.id))).toBe(true)
  })
})

describe("the log of deltaIO", () => {
  test("tells what is current the same with its written state, without it, and with a damaged one", async () => {
    const { io, base, write } = new JsonTable("delta on spark")
    const wanted: Record<string, string> = {}
    for (let i = 0; i < 150; i++) wanted[`p${i % 100}`] = (await write(`p${i % 100}`)).id
    const own = join(base, "data", key, "_assets")
    const states = () => readdirSync(own).filter(name => name.startsWith("state-"))
    expect(await ids(io, base)).toEqual(wanted)
    expect(states()).toHaveLength(1)
    expect(await ids(deltaIO({ root: "data" }), base)).toEqual(wanted)
    for (const name of states()) {
      rmSync(join(own, name))
      mkdirSync(join(own, name)) // nothing that could be read
    }
    expect(await ids(deltaIO({ root: "data" }), base)).toEqual(wanted)
    rmSync(own, { recursive: true })
    expect(await ids(deltaIO({ root: "data" }), base)).toEqual(wanted)
  })

  test("is not taken for an empty one when its first commits are gone", async () => {
    const { base, write } = new JsonTable("delta on spark")
    await write("a")
    await write("b")
    rmSync(join(base, "data", key, "_delta_log", `${"0".repeat(20)}.json`))
    await expect(ids(deltaIO({ root: "data" }), base)).rejects.toMatchObject({ code: "STORAGE_CORRUPT" })
  })
})
