import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { text as textOf } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import type { Current, IOManager, Materialization, OutputValue } from "@assets/core"
import { type ConformanceRow, type ConformanceTable, ioContext, outputContext } from "@assets/core/testing"
import { deltaIO } from "@assets/io-spark"
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { connect, type SparkClient } from "../../packages/io-spark/src/connect/client.ts"
import { sql } from "../../packages/io-spark/src/connect/relation.ts"
import { parseRemote } from "../../packages/io-spark/src/connect/remote.ts"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import type { EngineFixture } from "./fixture.ts"
import { storages } from "./storages.ts"

const key = "marts/table"
const row = (id: number, name: string, part: string | null = null): ConformanceRow => ({
  id: BigInt(id),
  name,
  value: id / 2,
  part,
})

class Table {
  readonly fixture: EngineFixture
  readonly io: IOManager

  constructor() {
    const fixture = storages["delta on spark"]?.()
    if (!fixture) throw new Error("Delta is among the storages")
    this.fixture = fixture
    this.io = fixture.createIOManager()
    onTestFinished(() => fixture.close())
  }

  get path(): string {
    return join(this.fixture.base, "data", key)
  }

  /** What Spark calls it. */
  get name(): string {
    return `delta.\`${this.path}\``
  }

  write(value: OutputValue, request: Partial<Parameters<typeof outputContext>[0]> = {}): Promise<Materialization> {
    const session = () => this.fixture.session()
    return this.io.handleOutput(outputContext({ base: this.fixture.base, key, session, ...request }), value)
  }

  rows(rows: readonly ConformanceRow[], request: Parameters<Table["write"]>[1] = {}): Promise<Materialization> {
    return this.write(this.fixture.relation(rows), request)
  }

  async current(io: IOManager = this.io): Promise<readonly Current[]> {
    return (await io.current(ioContext(this.fixture.base), [key])).get(key) ?? []
  }

  async read(materializations: readonly Materialization[], partitions: readonly string[] = []): Promise<string[]> {
    const { base, schema } = this.fixture
    const session = () => this.fixture.session()
    const stored = await this.io.loadInput({ ...ioContext(base), key, materializations, partitions, schema, session })
    return (await this.fixture.read(stored)).map(one => `${one.id} ${one.name}`)
  }
}

describe.skipIf(skipsSpark)("tables of deltaIO", () => {
  sharedSpark()
  let client: SparkClient
  beforeAll(async () => {
    client = await connect(parseRemote(process.env.SPARK_REMOTE ?? ""))
    await client.configSet({ "spark.databricks.delta.snapshotPartitions": "1" })
  })
  afterAll(() => client.close())

  /** Rows that Spark gives, by its own reader of Delta. */
  async function asked(text: string): Promise<Record<string, unknown>[]> {
    const found: Record<string, unknown>[] = []
    for await (const batch of client.batches(sql(text)))
      for (const one of batch) if (one) found.push({ ...one.toJSON() })
    return found
  }

  async function names(from: string): Promise<string[]> {
    return (await asked(`SELECT concat(id, ' ', name) AS text FROM ${from} ORDER BY id, name`)).map(
      one => `${one.text}`,
    )
  }

  async function run(text: string): Promise<void> {
    await client.sqlCommand(text)
  }

  test("are read by Spark, as they are and as they were, and tell their records in the history", async () => {
    const table = new Table()
    const first = await table.rows([row(1, "a"), row(2, "b")])
    const second = await table.rows([row(3, "c")])
    expect(await names(table.name)).toEqual(["3 c"])
    expect(await names(`${table.name} VERSION AS OF 0`)).toEqual(["1 a", "2 b"])
    await table.rows([row(4, "d")], { write: "append" })
    expect(await names(table.name)).toEqual(["3 c", "4 d"])
    const [detail] = await asked(`DESCRIBE DETAIL ${table.name}`)
    expect(detail).toMatchObject({ format: "delta", numFiles: 2n })
    const log = readdirSync(join(table.path, "_delta_log")).filter(name => name.endsWith(".json"))
    expect(log).toHaveLength(3)
    expect(await table.read([first])).toEqual(["1 a", "2 b"])
    expect(await table.read([second])).toEqual(["3 c"])
  })

  test("tell the partition of each row in a column, whatever its key holds", async () => {
    const table = new Table()
    for (const part of ["it's", "a/b", "100%"]) await table.rows([row(1, part)], { partitions: [part] })
    await table.rows([row(2, "new")], { partitions: ["a/b"] })
    const found = await asked(`SELECT _partition AS p, name FROM ${table.name} ORDER BY _partition`)
    expect(found).toEqual([
      { p: "100%", name: "100%" },
      { p: "a/b", name: "new" },
      { p: "it's", name: "it's" },
    ])
  })

  test("have columns of any name and type, also for Spark's own reader", async () => {
    const table = new Table()
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
    const found = await asked(
      `SELECT \`a b\` AS a, CAST(\`x;{}(),=\` AS STRING) AS x, CAST(when AS STRING) AS w, \`s t\`.\`u v\` AS s FROM ${table.name}`,
    )
    expect(found).toEqual([{ a: "v", x: "1.50", w: "2024-03-31 01:30:00", s: 7 }])
    await table.rows([row(1, "plain again")])
    expect(await names(table.name)).toEqual(["1 plain again"])
  })

  test("are read by Spark also where the layout gives values folders of their own", async () => {
    const table = new Table()
    const values = ["a b", "x/y=1", "100%", "ü"]
    const rows = values.map((name, i) => row(i, name))
    const record = await table.rows(rows, { layout: { partitionBy: ["name"], sortBy: ["id"] } })
    expect(await names(table.name)).toEqual(values.map((name, i) => `${i} ${name}`))
    expect(await table.read([record])).toEqual(values.map((name, i) => `${i} ${name}`))
    const wrong = table.rows(rows, { layout: { partitionBy: ["nmae"] } })
    await expect(wrong).rejects.toMatchObject({ code: "ASSET_OPTIONS_INVALID" })
  })

  test("keep a JSON value as one row of text", async () => {
    const table = new Table()
    await table.write({ kind: "json", value: { deep: [1, null] } })
    expect(await asked(`SELECT value FROM ${table.name}`)).toEqual([{ value: '{"deep":[1,null]}' }])
  })

  test("stay current when somebody optimizes them, and are written to afterwards", async () => {
    const table = new Table()
    const first = await table.rows([row(1, "a")], { write: "append", fingerprint: "a" })
    const second = await table.rows([row(2, "b")], { write: "append", fingerprint: "b" })
    await run(`OPTIMIZE ${table.name}`)
    expect((await table.current()).map(one => [one.materialization.id, one.intact])).toEqual([[second.id, true]])
    expect(await table.read([second])).toEqual(["1 a", "2 b"])
    expect(await table.read([first])).toEqual(["1 a"])
    const third = await table.rows([row(3, "c")], { write: "append", fingerprint: "c" })
    expect(await table.read([third])).toEqual(["1 a", "2 b", "3 c"])
    expect(await names(table.name)).toEqual(["1 a", "2 b", "3 c"])
    expect([...((await table.current())[0]?.applied ?? [])].sort()).toEqual(["a", "b", "c"])
  })

  test("are not taken for what was materialized when somebody changes their rows", async () => {
    const table = new Table()
    const former = await table.rows([row(1, "a"), row(2, "b")])
    await run(`DELETE FROM ${table.name} WHERE id = 1`)
    expect((await table.current()).map(one => one.intact)).toEqual([false])
    expect(await table.read([former])).toEqual(["1 a", "2 b"])
    await run(`INSERT INTO ${table.name} SELECT 9, 'by hand', 0, null`)
    const next = await table.rows([row(5, "e")])
    expect((await table.current()).map(one => [one.materialization.id, one.intact])).toEqual([[next.id, true]])
    expect(await names(table.name)).toEqual(["5 e"])
  })

  test("are the same for another manager after Spark has written a checkpoint", async () => {
    const table = new Table()
    for (let i = 0; i < 11; i++) await table.write({ kind: "json", value: i }, { partitions: [`p${i}`] })
    await run(`ALTER TABLE ${table.name} SET TBLPROPERTIES ('delta.checkpointInterval' = '1')`)
    await run(`ALTER TABLE ${table.name} SET TBLPROPERTIES ('note' = 'the next commit')`)
    expect(readdirSync(join(table.path, "_delta_log")).some(name => name.includes(".checkpoint."))).toBe(true)
    const parts = (found: readonly Current[]) => found.map(one => [one.partition, one.intact]).sort()
    expect(parts(await table.current(deltaIO({ root: "data" })))).toEqual(parts(await table.current()))
    expect(await table.current()).toHaveLength(11)
  })

  test("of others are neither read nor replaced", async () => {
    const table = new Table()
    await run(`CREATE TABLE ${table.name} (id BIGINT) USING delta`)
    await run(`INSERT INTO ${table.name} VALUES (1)`)
    expect(await table.current()).toEqual([])
    await expect(table.rows([row(1, "a")])).rejects.toMatchObject({ code: "ENVIRONMENT_UNSUPPORTED" })
    await table.io.remove?.({ ...ioContext(table.fixture.base), key })
    expect(await asked(`SELECT id FROM ${table.name}`)).toEqual([{ id: 1n }])
  })

  test("that demand of writers what is not done here are not written", async () => {
    const table = new Table()
    const former = await table.rows([row(1, "a")])
    await run(`ALTER TABLE ${table.name} ADD CONSTRAINT positive CHECK (id > 0)`)
    await expect(table.rows([row(-1, "b")])).rejects.toMatchObject({ code: "ENVIRONMENT_UNSUPPORTED" })
    expect((await table.current()).map(one => one.materialization.id)).toEqual([former.id])
  })

  test("are read by a reader who began before others were written and old files removed", async () => {
    const table = new Table()
    const first = await table.rows([row(1, "a")])
    const second = await table.rows([row(2, "b")])
    rmSync(join(table.path, first.id), { recursive: true })
    await expect(table.read([first])).rejects.toMatchObject({ code: "STORAGE_DATA_MISSING" })
    expect(await table.read([second])).toEqual(["2 b"])
    expect(existsSync(join(table.path, second.id))).toBe(true)
  })
})

describe("the log of deltaIO", () => {
  const noSession = () => Promise.reject(new Error("no engine is wanted"))

  function store(): { readonly io: IOManager; readonly base: string; write(part: string): Promise<Materialization> } {
    const fixture = storages["delta on spark"]?.()
    if (!fixture) throw new Error("Delta is among the storages")
    onTestFinished(() => rmSync(fixture.base, { recursive: true, force: true }))
    const io = fixture.createIOManager()
    const { base } = fixture
    const write = (part: string) => {
      const context = outputContext({ base, key, partitions: [part], session: noSession })
      return io.handleOutput(context, { kind: "json", value: part })
    }
    return { io, base, write }
  }

  async function ids(io: IOManager, base: string): Promise<Record<string, string>> {
    const found = (await io.current(ioContext(base), [key])).get(key) ?? []
    return Object.fromEntries(found.map(one => [one.partition ?? "", one.materialization.id]))
  }

  test("tells what is current the same with its written state, without it, and with a damaged one", async () => {
    const { io, base, write } = store()
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
    const { base, write } = store()
    await write("a")
    await write("b")
    rmSync(join(base, "data", key, "_delta_log", `${"0".repeat(20)}.json`))
    await expect(ids(deltaIO({ root: "data" }), base)).rejects.toMatchObject({ code: "STORAGE_CORRUPT" })
  })

  test("gives each of many writers at once a commit of its own", async () => {
    const { io, base, write } = store()
    const written = await Promise.all(Array.from({ length: 20 }, (_, i) => write(`p${i}`)))
    const wanted = Object.fromEntries(written.map((one, i) => [`p${i}`, one.id]))
    expect(await ids(io, base)).toEqual(wanted)
    expect(await ids(deltaIO({ root: "data" }), base)).toEqual(wanted)
  })

  test("lets versions be collected a week after they were replaced, unless they are read", async () => {
    const { io, base, write } = store()
    const path = join(base, "data", key)
    const [first, second] = [await write("a"), await write("a")]
    const collect = async (dryRun: boolean, inUse: readonly string[] = []) => {
      const context = { ...ioContext(base), dryRun, inUse: () => new Set(inUse) }
      return ((await io.collect?.(context, [key])) ?? []).map(one => one.what)
    }
    const old = new Date(Date.now() - 8 * 24 * 3_600_000)
    const abandoned = join(path, "01900000-0000-7000-8000-000000000000")
    mkdirSync(abandoned)
    for (const folder of [first.id, second.id]) {
      for (const name of ["value.parquet", "."]) utimesSync(join(path, folder, name), old, old)
    }
    expect(await collect(false)).toEqual([])
    const commit = join(path, "_delta_log", `${"1".padStart(20, "0")}.json`)
    writeFileSync(commit, readFileSync(commit, "utf8").replace(/"timestamp":\d+/, `"timestamp":${old.getTime()}`))
    utimesSync(abandoned, old, old)
    expect(await collect(false, [first.id, "01900000-0000-7000-8000-000000000000"])).toEqual([])
    expect((await collect(true)).sort()).toEqual([abandoned, join(path, first.id)].sort())
    expect(await collect(false)).toHaveLength(2)
    expect(existsSync(join(path, first.id))).toBe(false)
    expect(await ids(io, base)).toEqual({ a: second.id })
    const context = { ...ioContext(base), key }
    expect((await io.versions?.(context, "a"))?.map(one => one.id)).toEqual([second.id])
  })

  /** Processes that write to one table at once; what each of them has told. */
  async function writers(base: string, names: readonly string[], fault?: string): Promise<string[]> {
    const script = fileURLToPath(new URL("commit-json.ts", import.meta.url))
    const env = { ...process.env, ...(fault && { ASSETS_FAULT: fault }) }
    const told = names.map(async name => {
      const args = ["--conditions=@assets/source", "--import", "tsx", script, base, name, "25"]
      const writer = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] })
      const [text, [code, signal]] = await Promise.all([textOf(writer.stdout), once(writer, "exit")])
      expect(fault ? signal : code).toBe(fault ? "SIGKILL" : 0)
      return text.split("\n").filter(line => line !== "")
    })
    return (await Promise.all(told)).flat()
  }

  test("keeps what each of several processes has committed", async () => {
    const { io, base } = store()
    const told = await writers(base, ["a", "b", "c"])
    expect(told).toHaveLength(75)
    expect(Object.keys(await ids(io, base)).sort()).toEqual(told.sort())
    const log = readdirSync(join(base, "data", key, "_delta_log")).sort()
    expect(log).toEqual(Array.from({ length: 75 }, (_, i) => `${String(i).padStart(20, "0")}.json`))
  })

  test("keeps what killed writers had committed, and nothing else", async () => {
    const { io, base, write } = store()
    const told = await writers(base, ["a", "b"], "io.pointer:9:kill")
    expect(told.sort()).toEqual(["a", "b"].flatMap(name => Array.from({ length: 8 }, (_, i) => `${name}-${i}`)))
    expect(Object.keys(await ids(io, base)).sort()).toEqual(told)
    await write("a-8")
    expect(Object.keys(await ids(io, base))).toHaveLength(17)
  })
})
