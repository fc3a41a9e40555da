import { execFileSync } from "node:child_process"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { EngineSession, Materialization, OutputValue } from "@assets/core"
import { ioContext, type OutputRequest, outputContext } from "@assets/core/testing"
import type { Relation, Schema } from "@assets/dataframe"
import { duckdb } from "@assets/io-duckdb"
import type { RecordBatch } from "apache-arrow"
import { describe, expect, onTestFinished, test } from "vitest"
import { parquetIO } from "../src/index.ts"
import { filesToMerge } from "../src/merge-small-files.ts"
import { batchOf, key, pathsOf, temporaryFolder } from "./storage.ts"

const columns: Schema = {
  columns: [
    { name: "n", type: { kind: "int64" } },
    { name: "p", type: { kind: "string" } },
  ],
}

type Row = readonly [number, string | null]

class Written {
  readonly base = temporaryFolder()
  readonly io = parquetIO({ root: "data" })
  readonly #session: Promise<EngineSession>

  constructor() {
    const { signal } = new AbortController()
    this.#session = duckdb().open({ timeZone: "UTC", scratch: this.base, now: new Date(0), signal })
    onTestFinished(async () => {
      await this.io.close?.()
      await (await this.#session).close()
    })
  }

  write(value: OutputValue, request: Partial<OutputRequest> = {}): Promise<Materialization> {
    return this.io.handleOutput(
      outputContext({ base: this.base, key, session: () => this.#session, ...request }),
      value,
    )
  }

  async paths(record: Materialization, partitions: readonly string[] = []): Promise<readonly string[]> {
    return pathsOf(await this.#load(record, partitions))
  }

  async rows(record: Materialization, partitions: readonly string[] = []): Promise<Row[]> {
    const stored = await this.#load(record, partitions)
    if (stored.kind !== "relation") throw new Error("no table")
    const rows: Row[] = []
    for await (const batch of (await this.#session).batches(stored.relation, new AbortController().signal)) {
      const read = batch as unknown as RecordBatch // what the engine gives is Arrow's
      for (const row of read.toArray()) rows.push([Number(row.n), row.p])
    }
    return rows.sort(([a], [b]) => a - b)
  }

  #load(record: Materialization, partitions: readonly string[]) {
    const context = { ...ioContext(this.base), key, schema: columns, session: () => this.#session }
    return this.io.loadInput({ ...context, materializations: [record], partitions })
  }
}

function made(rows: readonly Row[]): OutputValue {
  return {
    kind: "batches",
    schema: columns,
    async *batches() {
      for (const [n, p] of rows) yield batchOf(columns, [[BigInt(n)], [p]])
    },
  }
}

function computed(rows: readonly Row[]): OutputValue {
  const relation: Relation = { kind: "values", rows: rows.map(([n, p]) => [String(n), p]), schema: columns }
  return { kind: "relation", relation, schema: columns }
}

describe("many small files of appends", () => {
  test("become few, with the same rows, and former versions keep theirs", async () => {
    const written = new Written()
    let most = 0
    let last: Materialization | undefined
    let before: { record: Materialization; rows: Row[] } | undefined
    for (let i = 0; i < 40; i++) {
      const record = await written.write((i % 2 ? made : computed)([[i, "x"]]), {
        write: "append",
        fingerprint: `${i}`,
      })
      expect(record.rows).toBe(1)
      most = Math.max(most, (await written.paths(record)).length)
      if (i === 31) before = { record, rows: await written.rows(record) }
      last = record
    }
    if (!last || !before) throw new Error("nothing was written")
    expect(most).toBeLessThanOrEqual(32)
    expect((await written.paths(last)).length).toBeLessThan(12)
    expect(await written.rows(last)).toEqual(Array.from({ length: 40 }, (_, i) => [i, "x"]))
    expect(before.rows).toHaveLength(32)
    const folder = join(written.base, "data", key, "_versions")
    expect(readdirSync(folder).length).toBeLessThan(15)
  })

  test("stay where each folder of the layout has few of them", async () => {
    const written = new Written()
    const rows = Array.from({ length: 20 }, (_, i): Row => [i, `p${i}`])
    const request = { write: "append", layout: { partitionBy: ["p"] } } as const
    for (let i = 0; i < 3; i++) await written.write(computed(rows), request)
    const last = await written.write(computed(rows), request)
    expect(await written.paths(last)).toHaveLength(80)
    expect((await written.rows(last)).length).toBe(80)
  })

  test("are merged by size, so that a large file is not written again with every merge", () => {
    const files = (count: number, bytes: number) =>
      Array.from({ length: count }, (_, i) => ({ path: `${bytes}-${i}`, rows: 1, bytes }))
    expect(filesToMerge(files(32, 10), 1000)).toEqual([])
    expect(filesToMerge(files(33, 10), 1000)).toHaveLength(33)
    expect(filesToMerge(files(33, 600), 1000)).toEqual([])
    const mixed = [...files(5, 400), ...files(28, 10)]
    expect(filesToMerge(mixed, 1000).map(file => file.bytes)).toEqual(Array.from({ length: 28 }, () => 10))
  })
})

describe("values that TypeScript made", () => {
  test.each([
    { partitionBy: ["p"] },
    { partitionBy: ["P"], sortBy: ["N"] },
    { sortBy: ["n"], targetFileMB: 1 },
  ] as const)("are laid out as %j says, whatever texts they hold", async layout => {
    const written = new Written()
    const texts = [
      "a/b",
      "../..",
      "x=y",
      "",
      null,
      "a\0b",
      "ü😀",
      "x".repeat(300),
      `${"x".repeat(300)}y`,
      ".",
      "%41",
      "A",
      "a",
    ]
    const rows = texts.map((p, n): Row => [n, p])
    const record = await written.write(made(rows), { layout: { ...layout } })
    expect(await written.rows(record)).toEqual(rows)
    const paths = await written.paths(record)
    expect(paths.every(path => path.startsWith(join(written.base, "data", key, "_versions", record.id)))).toBe(true)
    expect(readdirSync(written.base).sort()).toEqual(["data"])
  })

  test("are stored from a stream that memory could not hold", () => {
    const script = fileURLToPath(new URL("made-rows-process.ts", import.meta.url))
    const args = [
      "--max-old-space-size=96",
      "--conditions=@assets/source",
      "--import",
      "tsx",
      script,
      temporaryFolder(),
      "2000000",
    ]
    const told = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }))
    expect(told).toMatchObject({ rows: 2_000_000 })
    expect(told.peakMB).toBeLessThan(500)
  })
})

describe("partitions of one write", () => {
  const layout = { partitionBy: ["p"] }
  const rows: readonly Row[] = [
    [1, "a"],
    [2, "b/c"],
    [3, "b/c"],
  ]

  test("are read one by one, and added to, where the layout tells them apart", async () => {
    const written = new Written()
    const partitions = ["a", "b/c"]
    const both = await written.write(computed(rows), { partitions, layout })
    expect(await written.rows(both, ["b/c"])).toEqual(rows.slice(1))
    expect(await written.paths(both, ["a"])).toHaveLength(1)
    const request = { partitions, layout, write: "append", fingerprint: "more" } as const
    const added = await written.write(made([[4, "a"]]), request)
    expect(await written.rows(added, ["a"])).toEqual([
      [1, "a"],
      [4, "a"],
    ])
    expect((await written.write(made([[4, "a"]]), request)).id).toBe(added.id)
    expect(await written.rows(added, partitions)).toHaveLength(4)
    const current = (await written.io.current(ioContext(written.base), [key])).get(key) ?? []
    expect(current.map(one => [one.partition, one.applied?.has("more")]).sort()).toEqual([
      ["a", true],
      ["b/c", true],
    ])
  })

  test("cannot be added to where nothing tells them apart", async () => {
    const written = new Written()
    const request = { partitions: ["a", "b"], write: "append" } as const
    await expect(written.write(computed(rows), request)).rejects.toMatchObject({ code: "ENVIRONMENT_UNSUPPORTED" })
    expect(existsSync(join(written.base, "data", key, "_current"))).toBe(false)
  })
})
