import { readdirSync } from "node:fs"
import { join } from "node:path"
import type { Layout, OutputContext, OutputValue, RecordBatch, WriteResult } from "@assets/core"
import { type ConformanceTable, ioContext } from "@assets/core/testing"
import type { Relation, Schema } from "@assets/dataframe"
import { describe, expect, test } from "vitest"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { outputContext, writtenKey } from "./output-context.ts"
import { row, StoredTable } from "./stored-table.ts"
import { batch, cases, collect, inOrder, schema, texts } from "./typed-values.ts"

const signal = new AbortController().signal
type Approved = Parameters<OutputContext["approve"]>[0]

class OrcTable extends StoredTable {
  constructor() {
    super("orc on spark")
  }

  /** What the write tells of the rows. */
  async table(columns: ConformanceTable["columns"], rows: ConformanceTable["rows"], layout: Layout = {}) {
    const value = await this.fixture.tables.value({ columns, rows }, "engine")
    let result: WriteResult | undefined
    const onApprove = (written: Approved) => {
      result = written.result
    }
    await this.write(value, { layout, onApprove })
    return result
  }

  /** The ids of the rows that a condition holds of. */
  async where(columns: ConformanceTable["columns"], condition: string): Promise<unknown[]> {
    const paths = this.files().map(name => join(this.path, name))
    const wanted = this.fixture.tables.schema({ columns, rows: [] }) as Schema // of the dataframe
    const relation: Relation = { kind: "files", format: "orc", paths, schema: wanted }
    const session = await this.fixture.session()
    const found: unknown[] = []
    const views = new Map([["marts/t", async () => relation]])
    for await (const { rows } of session.query?.(`SELECT id FROM marts.t WHERE ${condition}`, views, signal) ?? [])
      found.push(...rows.flat())
    return found
  }

  files(): string[] {
    const names = readdirSync(this.path, { recursive: true, encoding: "utf8" })
    return names.filter(name => /\.(?:orc|parquet)$/.test(name)).sort()
  }
}

/** The values that ORC gives back as they were; the entries of its maps are in the order of their keys. */
const heldByOrc: typeof cases = cases.map(([name, type, values]) => {
  const held = (value: unknown) => value !== -1n && !(value instanceof Date && value.getUTCFullYear() === 1582)
  const sorted = (value: unknown) =>
    value instanceof Map ? new Map([...value].sort(([a], [b]) => (a < b ? -1 : 1))) : value
  return [name, type, type.kind === "timestamp_ntz" ? values : values.filter(held).map(sorted)]
})

describe.skipIf(skipsSpark)("ORC tables of tableIO", () => {
  sharedSpark()

  const outputs: readonly (readonly [string, (table: OrcTable, of: typeof cases) => Promise<OutputValue>])[] = [
    ["made in TypeScript", async (_table, of) => ({ kind: "batches", schema, batches: () => once(of) })],
    [
      "computed by the engine",
      async (table, of) => {
        const session = await table.fixture.session()
        const relation = (await session.upload(once(of), schema)) as Relation // of the dataframe
        return { kind: "relation", relation, schema }
      },
    ],
  ]

  test.each(outputs)("give back every type %s, and refuse values that ORC changes", async (_, output) => {
    const table = new OrcTable()
    const { fixture, io } = table
    const record = await io.handleOutput(outputContext(fixture, "types"), await output(table, heldByOrc))
    const session = () => fixture.session()
    const about = { ...ioContext(fixture.base), key: writtenKey, partitions: [], schema, session }
    const stored = await io.loadInput({ ...about, materializations: [record] })
    if (stored.kind !== "relation") throw new Error(`${stored.kind} is no table`)
    const found = await collect(await fixture.session(), stored.relation as Relation) // of the dataframe
    const [back, sent] = [inOrder(texts(found)), inOrder(texts([batch(heldByOrc)]))]
    for (const [i, [name]] of cases.entries()) expect([name, back[i]]).toEqual([name, sent[i]])
    const all = io.handleOutput(outputContext(fixture, "all"), await output(table, cases))
    await expect(all).rejects.toMatchObject({ code: "STORAGE_VALUE_LOST", details: { column: "date" } })
    const current = await io.current(ioContext(fixture.base), [writtenKey])
    expect(current.get(writtenKey)?.map(one => one.materialization.id)).toEqual([record.id])
  })

  test.each([
    ["array<date>", [["2024-01-01", null, "1582-10-10"]]],
    ["map<date,struct<t:array<timestamp>>>", [new Map([["1582-10-15", { t: ["1969-12-31T23:59:59.500000Z"] }]])]],
  ])("refuse such values also inside %s", async (type, [value]) => {
    const table = new OrcTable()
    const write = table.table({ id: "bigint", c: type }, [{ id: 1n, c: value }])
    await expect(write).rejects.toMatchObject({ code: "STORAGE_VALUE_LOST", details: { column: "c" } })
    expect(await table.current()).toEqual([])
    expect(table.files()).toEqual([])
  })

  test.each([
    [{ id: "bigint", "a`b": "int" }, "a`b"],
    [{ id: "bigint", s: "struct<`a``b`:int>" }, "s"],
    [{ _col1: "bigint", _COL0: "int" }, "_col1"],
  ])("refuse names that ORC does not give back: %j", async (columns, column) => {
    const refused = { code: "ENVIRONMENT_UNSUPPORTED", details: { column } }
    await expect(new OrcTable().table(columns, [])).rejects.toMatchObject(refused)
  })

  const numbered = [1, 2, 3, 4].map(id => ({
    id: BigInt(id),
    name: id === 3 ? null : `n${id}`,
    price: `${id}.50`,
    ratio: id / 4,
    sure: id > 2,
    day: `2024-01-0${id}`,
    at: `2024-01-01T00:00:00.00000${id}Z`,
    tags: [id],
  }))
  const columns = {
    id: "bigint",
    name: "string",
    price: "decimal(9,2)",
    ratio: "double",
    sure: "boolean",
    day: "date",
    at: "timestamp",
    tags: "array<int>",
  }

  test.each(["zstd", "snappy", "gzip"] as const)(
    "tell rows and columns of what is compressed by %s",
    async compression => {
      const table = new OrcTable()
      const result = await table.table(columns, numbered, { compression })
      expect(result?.rows).toBe(4)
      expect(result?.columns).toEqual([
        { name: "id", type: "bigint", nullCount: 0, min: "1", max: "4" },
        { name: "name", type: "string", nullCount: 1, min: "n1", max: "n4" },
        { name: "price", type: "decimal(9,2)", nullCount: 0, min: "1.50", max: "4.50" },
        { name: "ratio", type: "double", nullCount: 0, min: "0.25", max: "1" },
        { name: "sure", type: "boolean", nullCount: 0, min: "false", max: "true" },
        { name: "day", type: "date", nullCount: 0, min: "2024-01-01", max: "2024-01-04" },
        {
          name: "at",
          type: "timestamp",
          nullCount: 0,
          min: "2024-01-01 00:00:00.000001+00",
          max: "2024-01-01 00:00:00.000004+00",
        },
        { name: "tags", type: "array<int>", nullCount: 0 },
      ])
      for (const name of table.files()) expect(name).toMatch(/^[^/]+\/part-[^/]*\.orc$/)
    },
  )

  test("find 0.0 by -0.0 and NaN by what is less, as anywhere else", async () => {
    const table = new OrcTable()
    const read = { id: "bigint", v: "double" }
    await table.table(read, [
      { id: 1n, v: -0 },
      { id: 2n, v: Number.NaN },
    ])
    expect(await table.where(read, "v = 0.0D")).toEqual(["1"])
    expect(await table.where(read, "v > 5.0D")).toEqual(["2"])
  })

  test("put values into folders of their own and sort within files, as the layout says", async () => {
    const table = new OrcTable()
    const rows = ["b", "a", "b"].map((name, i) => row(9 - i, name))
    const record = await table.rows(rows, { layout: { partitionBy: ["name"], sortBy: ["id"] } })
    expect(table.files().map(name => name.split("/")[1])).toEqual(["name=a", "name=b"])
    expect(await table.read([record])).toEqual(["7 b", "8 a", "9 b"])
    await table.rows([row(1, "c")], { write: "append", fingerprint: "more" })
    const merged = await table.rows([row(8, "m")], { write: { merge: ["id"] }, fingerprint: "merged" })
    expect(await table.read([merged])).toEqual(["1 c", "7 b", "8 m", "9 b"])
  })
})

async function* once(of: typeof cases): AsyncGenerator<RecordBatch> {
  yield batch(of)
}
