import {
  Binary,
  Bool,
  type DataType,
  Dictionary,
  Field,
  Int32,
  Int64,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  tableFromArrays,
  Utf8,
  type Vector,
  vectorFromArray,
} from "apache-arrow"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { Channel } from "../../src/connect/channel.ts"
import { connect, type SparkClient } from "../../src/connect/client.ts"
import { collectMetrics, type SparkRelation, sql } from "../../src/connect/relation.ts"
import { parseRemote } from "../../src/connect/remote.ts"
import { SessionCalls } from "../../src/connect/session-calls.ts"
import { upload } from "../../src/connect/upload.ts"
import { type SparkServer, startSparkServer } from "../spark-server.ts"
import { skipsSpark } from "../started-spark.ts"
import { openTcpProxy } from "./tcp-proxy.ts"

let server: SparkServer
let client: SparkClient
beforeAll(async () => {
  if (!skipsSpark) server = await startSparkServer()
})
afterAll(() => server?.stop())
beforeEach(async ({ skip }) => {
  skip(skipsSpark)
  client = await connect(parseRemote(server.remote))
})
afterEach(() => client?.close())

/** A batch of columns. */
function batchOf(columns: { readonly [name: string]: Vector }): RecordBatch {
  const vectors = Object.values(columns)
  const fields = Object.entries(columns).map(([name, vector]) => new Field(name, vector.type, true))
  const children = vectors.map(vector => vector.data[0] ?? makeData({ type: vector.type as never }))
  const length = vectors[0]?.length ?? 0
  return new RecordBatch(new Schema(fields), makeData({ type: new Struct(fields), length, nullCount: 0, children }))
}

const texts = (values: readonly (string | null)[], type: DataType = new Utf8()) => vectorFromArray(values, type)

async function rowsOf(relation: SparkRelation): Promise<unknown[]> {
  const rows: unknown[] = []
  for await (const batch of client.batches(relation)) rows.push(...batch.toArray().map(row => row?.toJSON()))
  return rows
}

/** The rows of an uploaded relation under a statement that names it `up`. */
async function ask(relation: SparkRelation, text: string): Promise<unknown[]> {
  await client.createView(relation, "up")
  return rowsOf(sql(text))
}

/** Batches with ids from 0 on and a text of some length in each row. */
function* manyRows(batches: number, rows: number, width: number): Generator<RecordBatch> {
  for (let i = 0; i < batches; i++) {
    const ids = Array.from({ length: rows }, (_, row) => BigInt(i * rows + row))
    const names = ids.map(id => `${id}-`.padEnd(width, "ü"))
    yield batchOf({ id: vectorFromArray(ids, new Int64()), name: texts(names) })
  }
}

const totals = `select count(*) n, count(distinct id) d, sum(id) s, sum(if(name = rpad(concat(id, '-'), 20, 'ü'), 0, 1)) wrong from up`

describe("few rows", () => {
  test("travel with the plan, in the columns told", async () => {
    const batch = batchOf({
      id: vectorFromArray([1, 2, null], new Int32()),
      name: texts(["a", null, "ü"]),
      flag: vectorFromArray([true, false, null], new Bool()),
      bytes: vectorFromArray([new Uint8Array([0, 255]), null, new Uint8Array()], new Binary()),
      list: vectorFromArray([["x", null], [], null], new List(new Field("element", new Utf8(), true))),
    })
    const ddl = "id bigint, name string, flag boolean, bytes binary, list array<string>"
    const relation = await client.upload([batch], ddl)
    expect(relation.relType.case).toBe("localRelation")
    expect((await client.schema(relation)).map(({ name, typeText }) => `${name} ${typeText}`).join(", ")).toBe(ddl)
    const text = "select id, name, flag, hex(bytes) bytes, cast(list as string) list from up order by id nulls last"
    expect(await ask(relation, text)).toEqual([
      { id: 1n, name: "a", flag: true, bytes: "00FF", list: "[x, null]" },
      { id: 2n, name: null, flag: false, bytes: null, list: "[]" },
      { id: null, name: "ü", flag: null, bytes: "", list: null },
    ])
  })

  test("may be none", async () => {
    const relation = await client.upload([], "id bigint, name string")
    expect(await ask(relation, "select count(*) n from up")).toEqual([{ n: 0n }])
    expect((await client.schema(relation)).map(({ name }) => name)).toEqual(["id", "name"])
  })

  test("with dictionaries arrive as the texts, not as their numbers", async () => {
    const words = ["red", "green", "red", null, "blue"]
    const coded = texts(words, new Dictionary(new Utf8(), new Int32()))
    expect(await ask(await client.upload([batchOf({ word: coded })], "word string"), "select word from up")).toEqual(
      words.map(word => ({ word })),
    )
    // What Arrow makes of arrays of texts by itself.
    const table = tableFromArrays({ word: ["red", "green", "red"], n: Int32Array.of(1, 2, 3) })
    expect(await ask(await client.upload(table.batches, "word string, n int"), "select * from up order by n")).toEqual([
      { word: "red", n: 1 },
      { word: "green", n: 2 },
      { word: "red", n: 3 },
    ])
  })

  test("with dictionaries inside of lists and structs arrive as the texts", async () => {
    const type = new Dictionary(new Utf8(), new Int32())
    const coded = texts(["a", "b", "a"], type)
    const [data] = coded.data
    if (!data) throw new Error("there is no data")
    const list = makeData({
      type: new List(new Field<DataType>("element", type, true)),
      length: 2,
      nullCount: 0,
      valueOffsets: Int32Array.of(0, 2, 3),
      child: data,
    })
    const struct = makeData({
      type: new Struct([new Field("list", list.type, true)]),
      length: 2,
      nullCount: 0,
      children: [list],
    })
    const fields = [new Field("s", struct.type, true)]
    const whole = makeData({ type: new Struct(fields), length: 2, nullCount: 0, children: [struct] })
    const relation = await client.upload([new RecordBatch(new Schema(fields), whole)], "s struct<list:array<string>>")
    expect(await ask(relation, "select cast(s.list as string) s from up")).toEqual([{ s: "[a, b]" }, { s: "[a]" }])
  })

  test("that are not of the columns told are refused", async () => {
    const relation = await client.upload([batchOf({ id: texts(["x"]) })], "other bigint")
    await expect(rowsOf(relation)).rejects.toMatchObject({ code: "ENGINE_QUERY_FAILED" })
  })
})

describe("many rows", () => {
  test("go in pieces, and come together in Spark", async () => {
    const relation = await client.upload(manyRows(40, 10_000, 20), "id bigint, name string")
    expect(relation.relType.case).toBe("chunkedCachedLocalRelation")
    if (relation.relType.case !== "chunkedCachedLocalRelation") return
    expect(relation.relType.value.dataHashes.length).toBeGreaterThan(1)
    expect(await ask(relation, totals)).toEqual([{ n: 400_000n, d: 400_000n, s: 79_999_800_000n, wrong: 0n }])
  })

  test("in one batch are cut", async () => {
    const relation = await client.upload(manyRows(1, 300_000, 20), "id bigint, name string")
    if (relation.relType.case !== "chunkedCachedLocalRelation") throw new Error(`it is ${relation.relType.case}`)
    expect(relation.relType.value.dataHashes.length).toBeGreaterThan(1)
    expect(await ask(relation, totals)).toEqual([{ n: 300_000n, d: 300_000n, s: 44_999_850_000n, wrong: 0n }])
  })

  test("for a server before 4.1 go as one piece", async () => {
    const channel = new Channel(parseRemote(server.remote))
    const calls = new SessionCalls(channel)
    const options = { schema: "id bigint, name string", takesChunks: false }
    const relation = await upload(calls, manyRows(10, 10_000, 20), options)
    expect(relation.relType.case).toBe("cachedLocalRelation")
    const { Execution } = await import("../../src/connect/execution.ts")
    const counted = collectMetrics(relation, "m", ["count(*) as n", "sum(id) as s"])
    const { rows } = await new Execution(calls, counted).finish()
    expect(rows).toBe(100_000)
    await calls.settled()
    channel.close()
  })

  test("that were there before are not sent again, within the session", async () => {
    const proxy = await openTcpProxy(server.port)
    const here = await connect(parseRemote(`sc://127.0.0.1:${proxy.port}/;token=${server.token}`))
    const first = await here.upload(manyRows(10, 10_000, 20), "id bigint, name string")
    const sent = proxy.sentBytes()
    const second = await here.upload(manyRows(10, 10_000, 20), "id bigint, name string")
    expect(second).toEqual(first)
    expect(sent).toBeGreaterThan(2_000_000)
    expect(proxy.sentBytes() - sent).toBeLessThan(10_000)
    await here.close()
    await proxy.close()
  })

  test("survive a connection that breaks while they are sent", async () => {
    const proxy = await openTcpProxy(server.port)
    const here = await connect(parseRemote(`sc://127.0.0.1:${proxy.port}/;token=${server.token}`))
    let batches = 0
    async function* broken() {
      for (const batch of manyRows(40, 10_000, 20)) {
        if (++batches % 8 === 0) setTimeout(() => proxy.cut("reset"), 20)
        yield batch
      }
    }
    const relation = await here.upload(broken(), "id bigint, name string")
    const { rows } = await here.run(relation)
    expect(rows).toBe(400_000)
    expect(proxy.connections()).toBeGreaterThan(1)
    await here.close()
    await proxy.close()
  })

  test("are not sent on when who sends them stops", async () => {
    const controller = new AbortController()
    async function* stopped() {
      for (const batch of manyRows(100, 10_000, 20)) {
        if (batch.getChild("id")?.get(0) === 500_000n) controller.abort()
        yield batch
      }
    }
    const upload = client.upload(stopped(), "id bigint, name string", { signal: controller.signal })
    await expect(upload).rejects.toMatchObject({ code: "ENGINE_INTERRUPTED" })
  })
})
