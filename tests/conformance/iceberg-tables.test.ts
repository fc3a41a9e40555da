import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import type { Current } from "@assets/core"
import { type ConformanceTable, ioContext } from "@assets/core/testing"
import { tableIO } from "@assets/io-spark"
import { describe, expect, test } from "vitest"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { catalogVariables, sharedCatalog, skipsCatalogs } from "../iceberg-catalog.ts"
import { ids, JsonTable } from "./json-table.ts"
import { row, SparkQueries, StoredTable } from "./stored-table.ts"
import { key } from "./table-fixture.ts"

const storage = "iceberg on spark"
let catalogs = 0

interface Catalog {
  /** What Spark is told of the catalog of a table. */
  settings(base: string): { readonly [name: string]: string }
  /** What stands before `marts.table` in it. */
  above(base: string): string
  /** Its namespaces that have to be there before a table is. */
  namespaces(base: string): readonly string[]
}

const folder: Catalog = {
  settings: base => ({ type: "hadoop", warehouse: join(base, "data") }),
  above: () => "",
  namespaces: () => [],
}

const rest: Catalog = {
  settings() {
    const { [catalogVariables.uri]: uri = "", [catalogVariables.token]: token = "" } = process.env
    return { type: "rest", uri, token }
  },
  above: base => `\`${basename(base)}\`.`,
  namespaces: base => [`\`${basename(base)}\``, `\`${basename(base)}\`.marts`],
}

class IcebergTable extends StoredTable {
  /** What Spark calls the catalog in which it is. */
  readonly catalog = `lake_${++catalogs}`
  readonly #kind: Catalog

  constructor(storage: string, kind: Catalog) {
    super(storage)
    this.#kind = kind
  }

  /** What Spark calls it. */
  get name(): string {
    return `${this.catalog}.${this.inCatalog}`
  }

  /** What Spark calls it within the catalog. */
  get inCatalog(): string {
    return `${this.#kind.above(this.fixture.base)}marts.table`
  }

  get namespaces(): readonly string[] {
    return this.#kind.namespaces(this.fixture.base).map(one => `${this.catalog}.${one}`)
  }

  get settings(): { readonly [name: string]: string } {
    const given = { "cache-enabled": "false", ...this.#kind.settings(this.fixture.base) }
    const catalog = `spark.sql.catalog.${this.catalog}`
    const settings = Object.entries(given).map(([name, value]) => [`${catalog}.${name}`, value] as const)
    return { [catalog]: "org.apache.iceberg.spark.SparkCatalog", ...Object.fromEntries(settings) }
  }
}

const told = (found: readonly Current[]) => found.map(one => [one.materialization.id, one.intact])

describe.skipIf(skipsSpark)("tables of tableIO", () => {
  sharedSpark()
  const spark = new SparkQueries()

  /** A table whose catalog Spark knows. */
  async function tableIn(storage: string, kind: Catalog): Promise<IcebergTable> {
    const table = new IcebergTable(storage, kind)
    await spark.set(table.settings)
    return table
  }

  const compact = (table: IcebergTable) =>
    spark.run(
      `CALL ${table.catalog}.system.rewrite_data_files(table => '${table.inCatalog}', options => map('rewrite-all', 'true'))`,
    )

  /** What holds of each catalog. */
  function inCatalog(makeTable: () => Promise<IcebergTable>): void {
    test("are read by Spark, as they are and as they were, and tell their materializations in the snapshots", async () => {
      const table = await makeTable()
      const first = await table.rows([row(1, "a"), row(2, "b")])
      const second = await table.rows([row(3, "c")])
      expect(await spark.names(table.name)).toEqual(["3 c"])
      const third = await table.rows([row(4, "d")], { write: "append" })
      expect(await spark.names(table.name)).toEqual(["3 c", "4 d"])
      const snapshots = await spark.rows(
        `SELECT snapshot_id AS at, operation, summary['assets.id'] AS id, summary['total-records'] AS total FROM ${table.name}.snapshots ORDER BY committed_at, id`,
      )
      expect(snapshots).toMatchObject([
        { operation: "append", id: first.id, total: "2" },
        { operation: "overwrite", id: second.id, total: "1" },
        { operation: "append", id: third.id, total: "2" },
      ])
      expect(await spark.names(`${table.name} VERSION AS OF ${snapshots[0]?.at}`)).toEqual(["1 a", "2 b"])
      expect(await table.read([first])).toEqual(["1 a", "2 b"])
      expect(await table.read([second])).toEqual(["3 c"])
    })

    test("tell the partition of each row in a column, whatever its key holds", async () => {
      const table = await makeTable()
      for (const part of ["it's", "a/b", "100%"]) await table.rows([row(1, part)], { partitions: [part] })
      await table.rows([row(2, "new")], { partitions: ["a/b"] })
      expect(await spark.rows(`SELECT _partition_key AS p, name FROM ${table.name} ORDER BY _partition_key`)).toEqual([
        { p: "100%", name: "100%" },
        { p: "a/b", name: "new" },
        { p: "it's", name: "it's" },
      ])
      expect(await spark.rows(`SELECT name FROM ${table.name} WHERE _partition_key = 'a/b'`)).toEqual([{ name: "new" }])
      const files = await spark.rows(
        `SELECT partition._partition_key AS p, record_count AS n FROM ${table.name}.partitions`,
      )
      expect(files).toHaveLength(3)
    })

    test("stay current when somebody compacts them and expires snapshots, and are written to afterwards", async () => {
      const table = await makeTable()
      const first = await table.rows([row(1, "a")], { write: "append", fingerprint: "a" })
      const second = await table.rows([row(2, "b")], { write: "append", fingerprint: "b" })
      await compact(table)
      await spark.run(`CALL ${table.catalog}.system.rewrite_manifests('${table.inCatalog}')`)
      expect(told(await table.current())).toEqual([[second.id, true]])
      expect(await table.read([second])).toEqual(["1 a", "2 b"])
      expect(await table.read([first])).toEqual(["1 a"])
      const third = await table.rows([row(3, "c")], { write: "append", fingerprint: "c" })
      await compact(table)
      await spark.run(
        `CALL ${table.catalog}.system.expire_snapshots(table => '${table.inCatalog}', older_than => TIMESTAMP '2100-01-01 00:00:00', retain_last => 2)`,
      )
      for (const io of [table.io, table.fixture.createIOManager()])
        expect(told(await table.current(io))).toEqual([[third.id, true]])
      expect(await table.read([third])).toEqual(["1 a", "2 b", "3 c"])
      expect([...((await table.current())[0]?.applied ?? [])].sort()).toEqual(["a", "b", "c"])
      await table.rows([row(4, "d")], { write: "append", fingerprint: "d" })
      expect(await spark.names(table.name)).toEqual(["1 a", "2 b", "3 c", "4 d"])
    })

    test("are not taken for what was materialized when somebody changes their rows", async () => {
      const table = await makeTable()
      const kept = await table.rows([row(1, "kept")], { partitions: ["p"] })
      const former = await table.rows([row(1, "a"), row(2, "b")], { partitions: ["q"] })
      await spark.run(`DELETE FROM ${table.name} WHERE name = 'a'`)
      expect(told(await table.current()).sort()).toEqual(
        [
          [kept.id, true],
          [former.id, false],
        ].sort(),
      )
      expect(await table.read([former], ["q"])).toEqual(["1 a", "2 b"])
      await spark.run(`INSERT INTO ${table.name} SELECT 9, 'by hand', 0, null, 'p'`)
      expect(told(await table.current()).map(([, intact]) => intact)).toEqual([false, false])
      const next = await table.rows([row(5, "e")], { partitions: ["p"] })
      expect(told(await table.current()).sort()).toEqual(
        [
          [next.id, true],
          [former.id, false],
        ].sort(),
      )
      expect(await spark.names(table.name)).toEqual(["2 b", "5 e"])
      await compact(table)
      expect(told(await table.current()).sort()).toEqual(
        [
          [next.id, true],
          [former.id, false],
        ].sort(),
      )
      await table.rows([row(6, "f")], { partitions: ["q"] })
      expect(await spark.names(table.name)).toEqual(["5 e", "6 f"])
      expect((await table.current()).map(one => one.intact)).toEqual([true, true])
    })

    test("are not taken for what was materialized when somebody marks rows as deleted, or sets them back", async () => {
      const table = await makeTable()
      const first = await table.rows([row(1, "a")])
      await table.rows([row(2, "b"), row(3, "c")])
      await spark.run(`ALTER TABLE ${table.name} SET TBLPROPERTIES ('write.delete.mode' = 'merge-on-read')`)
      await spark.run(`DELETE FROM ${table.name} WHERE id = 2`)
      expect(await spark.names(table.name)).toEqual(["3 c"])
      expect((await table.current()).map(one => one.intact)).toEqual([false])
      const third = await table.rows([row(4, "d")])
      expect(told(await table.current())).toEqual([[third.id, true]])
      expect(await spark.names(table.name)).toEqual(["4 d"])
      const [oldest] = await spark.rows(`SELECT snapshot_id AS at FROM ${table.name}.snapshots ORDER BY committed_at`)
      await spark.run(`CALL ${table.catalog}.system.rollback_to_snapshot('${table.inCatalog}', ${oldest?.at})`)
      expect(await spark.names(table.name)).toEqual(["1 a"])
      expect((await table.current()).map(one => one.intact)).toEqual([false])
      expect(await table.read([first])).toEqual(["1 a"])
    })

    test("of others are neither read nor replaced", async () => {
      const table = await makeTable()
      for (const namespace of table.namespaces) await spark.run(`CREATE NAMESPACE ${namespace}`)
      await spark.run(`CREATE TABLE ${table.name} (id BIGINT) USING iceberg`)
      await spark.run(`INSERT INTO ${table.name} VALUES (1)`)
      expect(await table.current()).toEqual([])
      await expect(table.rows([row(1, "a")])).rejects.toMatchObject({ code: "ENVIRONMENT_UNSUPPORTED" })
      await table.io.remove?.({ ...ioContext(table.fixture.base), key })
      expect(await spark.rows(`SELECT id FROM ${table.name}`)).toEqual([{ id: 1n }])
    })

    test.each(["ADD PARTITION FIELD bucket(4, id)", "SET TBLPROPERTIES ('format-version' = '3')"])(
      "that demand of writers what is not done here are not written: %s",
      async change => {
        const table = await makeTable()
        const former = await table.rows([row(1, "a")])
        await spark.run(`ALTER TABLE ${table.name} ${change}`)
        await expect(table.rows([row(2, "b")])).rejects.toMatchObject({ code: "ENVIRONMENT_UNSUPPORTED" })
        expect(told(await table.current())).toEqual([[former.id, true]])
      },
    )
  }

  describe("in a folder", () => {
    const makeTable = () => tableIn("iceberg on spark", folder)
    inCatalog(makeTable)

    test("have columns of any name and type, also for Spark's own reader", async () => {
      const table = await makeTable()
      const columns = {
        id: "bigint",
        tiny: "tinyint",
        "a b": "string",
        "x;{}(),=": "decimal(9,2)",
        when: "timestamp_ntz",
        at: "timestamp",
        "s t": "struct<`u v`:int>",
        list: "array<string>",
        map: "map<string,bigint>",
      }
      const wanted: ConformanceTable = {
        columns,
        rows: [
          {
            id: 1n,
            tiny: -7,
            "a b": "v",
            "x;{}(),=": "1.50",
            when: "2024-03-31T01:30:00",
            at: "2024-03-31T01:30:00.000001Z",
            "s t": { "u v": 7 },
            list: ["l"],
            map: new Map([["k", 5n]]),
          },
        ],
      }
      const asked = async () =>
        spark.rows(
          `SELECT tiny, \`a b\` AS a, CAST(\`x;{}(),=\` AS STRING) AS x, CAST(when AS STRING) AS w, CAST(unix_micros(at) AS STRING) AS i, \`s t\`.\`u v\` AS s, list[0] AS l, map['k'] AS m FROM ${table.name}`,
        )
      const told = [
        { tiny: -7, a: "v", x: "1.50", w: "2024-03-31 01:30:00", i: "1711848600000001", s: 7, l: "l", m: 5n },
      ]
      for (const from of ["engine", "typescript"] as const) {
        await table.write(await table.fixture.tables.value(wanted, from))
        expect(await asked()).toEqual(told)
      }
      const [former] = await table.current()
      await compact(table)
      expect(await asked()).toEqual(told)
      const [now] = await table.current()
      expect(now).toMatchObject({ intact: true, materialization: { id: former?.materialization.id } })
      if (!now) throw new Error("It is there.")
      const stored = await table.io.loadInput({
        ...ioContext(table.fixture.base),
        key,
        materializations: [now.materialization],
        partitions: [],
        schema: table.fixture.tables.schema(wanted),
        session: () => table.fixture.session(),
      })
      expect(await table.fixture.tables.read(stored, wanted)).toEqual(wanted.rows)
      await table.rows([row(1, "plain again")])
      expect(await spark.names(table.name)).toEqual(["1 plain again"])
    })

    test.each(["_partition", "_PARTITION_KEY", "_file"])("have no column with the name %s", async name => {
      const table = await makeTable()
      const value = await table.fixture.tables.value({ columns: { [name]: "string" }, rows: [] }, "typescript")
      await expect(table.write(value)).rejects.toMatchObject({ code: "ENVIRONMENT_UNSUPPORTED" })
    })

    test("are read by Spark also where partitions hold former and wider types", async () => {
      const table = await makeTable()
      const narrow: ConformanceTable = { columns: { n: "int" }, rows: [{ n: 7 }] }
      const wide: ConformanceTable = { columns: { n: "bigint" }, rows: [{ n: 8n }] }
      await table.write(await table.fixture.tables.value(narrow, "engine"), { partitions: ["a"] })
      await table.write(await table.fixture.tables.value(wide, "engine"), { partitions: ["b"] })
      expect(await spark.rows(`SELECT n FROM ${table.name} ORDER BY n`)).toEqual([{ n: 7n }, { n: 8n }])
    })

    test("are read by Spark also where the layout gives values folders of their own", async () => {
      const table = await makeTable()
      const values = ["a b", "x/y=1", "100%", "ü"]
      const rows = values.map((name, i) => row(i, name))
      const record = await table.rows(rows, { layout: { partitionBy: ["name"], sortBy: ["id"] } })
      expect(await spark.names(table.name)).toEqual(values.map((name, i) => `${i} ${name}`))
      expect(await table.read([record])).toEqual(values.map((name, i) => `${i} ${name}`))
    })

    test("keep a JSON value as one row of text", async () => {
      const table = await makeTable()
      await table.write({ kind: "json", value: { deep: [1, null] } })
      expect(await spark.rows(`SELECT value FROM ${table.name}`)).toEqual([{ value: '{"deep":[1,null]}' }])
    })
  })

  describe.skipIf(skipsCatalogs)("behind a REST catalog", () => {
    sharedCatalog()
    inCatalog(() => tableIn("iceberg rest on spark", rest))
  })
})

describe("the log of tableIO", () => {
  const open = () => tableIO({ format: "iceberg", root: "data" })

  test("is read to its end where the hint says less, or nothing, or cannot be read", async () => {
    const { io, base, path, write } = new JsonTable(storage)
    const wanted = { a: (await write("a")).id, b: (await write("b")).id }
    const hint = join(path, "metadata", "version-hint.text")
    for (const text of ["1", "0", "77", "no number", ""]) {
      writeFileSync(hint, text)
      expect(await ids(open(), base)).toEqual(wanted)
    }
    rmSync(hint)
    expect(await ids(open(), base)).toEqual(wanted)
    expect(await ids(io, base)).toEqual(wanted)
  })

  test("keeps a hundred former versions of the metadata", async () => {
    const { base, path, write } = new JsonTable(storage)
    const wanted: Record<string, string> = {}
    for (let i = 0; i < 120; i++) wanted[`p${i % 10}`] = (await write(`p${i % 10}`)).id
    const versions = readdirSync(join(path, "metadata")).filter(name => name.endsWith(".metadata.json"))
    expect(versions).toHaveLength(100)
    expect(await ids(open(), base)).toEqual(wanted)
  })

  test("tells of nothing where its record is gone, and is written again", async () => {
    const { base, path, write } = new JsonTable(storage)
    await write("a")
    rmSync(join(path, "_assets"), { recursive: true })
    expect(await ids(open(), base)).toEqual({})
    const again = await write("a")
    expect(await ids(open(), base)).toEqual({ a: again.id })
  })

  test("is not taken for an empty one when it is damaged", async () => {
    const { base, path, write } = new JsonTable(storage)
    await write("a")
    writeFileSync(join(path, "metadata", "v1.metadata.json"), "{")
    await expect(ids(open(), base)).rejects.toMatchObject({ code: "STORAGE_CORRUPT" })
    expect(existsSync(path)).toBe(true)
  })
})
