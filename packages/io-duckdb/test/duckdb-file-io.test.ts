import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { EngineSession, InputContext, IOManager, Materialization, OutputValue, StoredValue } from "@assets/core"
import { ioContext, type OutputRequest, outputContext } from "@assets/core/testing"
import type { Relation, Schema } from "@assets/dataframe"
import { describe, expect, onTestFinished, test } from "vitest"
import type { DuckdbSession } from "../src/duckdb-session.ts"
import { duckdbFileIO } from "../src/index.ts"
import { numberColumns, numbers, openSession, schema, sql, table, temporaryFolder } from "./tables.ts"

const signal = new AbortController().signal
const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)))

interface Storage {
  readonly base: string
  readonly file: string
  readonly io: IOManager
  readonly session: DuckdbSession
  readonly scratch: string
  write(value: OutputValue, request?: Partial<OutputRequest>): Promise<Materialization>
  load(records: readonly Materialization[], wanted?: Partial<InputContext>): Promise<StoredValue>
}

async function openStorage(waitMs = 60_000): Promise<Storage> {
  const base = temporaryFolder()
  const scratch = temporaryFolder()
  const session = await openSession({}, scratch)
  const io = duckdbFileIO({ path: "warehouse.duckdb", waitMs })
  onTestFinished(() => io.close?.())
  return {
    base,
    file: join(base, "warehouse.duckdb"),
    io,
    session,
    scratch,
    write: (value, request = {}) =>
      io.handleOutput(outputContext({ base, session: async () => session, key: "marts/numbers", ...request }), value),
    load: (materializations, wanted = {}) =>
      io.loadInput({
        ...ioContext(base),
        key: "marts/numbers",
        materializations,
        partitions: [],
        schema: numberColumns,
        session: async () => session,
        ...wanted,
      }),
  }
}

async function rowsOf(session: EngineSession, stored: StoredValue): Promise<unknown[]> {
  if (stored.kind !== "relation") throw new Error(`${stored.kind} is no table`)
  const rows: unknown[] = []
  for await (const batch of session.batches(stored.relation, signal)) {
    // the batches of this engine are Arrow's
    for (const row of (batch as unknown as { toArray(): { toJSON(): object }[] }).toArray()) rows.push(row.toJSON())
  }
  return rows
}

/** Another process that has the file open for writing, until its input ends. */
async function holder(file: string): Promise<ChildProcess> {
  const script = `const { DuckDBInstance } = require("@duckdb/node-api")
    DuckDBInstance.create(process.argv[1]).then(async i => {
      const c = await i.connect()
      await c.run("CREATE TABLE IF NOT EXISTS other AS SELECT 1 AS n")
      process.stdout.write("open")
      process.stdin.on("data", () => {}).on("end", () => { c.closeSync(); i.closeSync(); process.exit() })
    })`
  const child = spawn(process.execPath, ["-e", script, file], { cwd: packageRoot, stdio: ["pipe", "pipe", "inherit"] })
  onTestFinished(() => void child.kill())
  if (child.stdout) await once(child.stdout, "data")
  return child
}

describe("another process", () => {
  test("is waited for, and told of by its pid", async () => {
    const storage = await openStorage()
    const other = await holder(storage.file)
    let told = ""
    const waiting = (who: string) => {
      told = who
      other.stdin?.end()
    }
    await storage.write(numbers(3), { waiting })
    expect(told).toContain(`PID ${other.pid}`)
    const [current] = (await storage.io.current(ioContext(storage.base), ["marts/numbers"])).get("marts/numbers") ?? []
    expect(current?.materialization.rows).toBe(3)
  })

  test("that does not let go is STORAGE_BUSY, and nothing is changed", async () => {
    const storage = await openStorage(100)
    const other = await holder(storage.file)
    await expect(storage.write(numbers(3))).rejects.toMatchObject({ code: "STORAGE_BUSY", name: "StorageError" })
    other.stdin?.end()
    await once(other, "exit")
    expect(await storage.io.current(ioContext(storage.base), ["marts/numbers"])).toEqual(new Map())
  })

  test("is waited for by nobody who does not wait", async () => {
    const storage = await openStorage() // it would wait for a minute
    const input = await storage.load([await storage.write(numbers(3))], { wait: false })
    await holder(storage.file)
    await expect(rowsOf(storage.session, input)).rejects.toMatchObject({ code: "STORAGE_BUSY" })
    await expect(storage.write(numbers(3), { wait: false })).rejects.toMatchObject({ code: "STORAGE_BUSY" })
    const reading = storage.io.current({ ...ioContext(storage.base), wait: false }, ["marts/numbers"])
    await expect(reading).rejects.toMatchObject({ code: "STORAGE_BUSY" })
  })

  test("is not kept waiting by a computation: the rows are staged while it has the file, or wants it", async () => {
    const storage = await openStorage()
    const staged = () => readdirSync(storage.scratch).filter(name => name.startsWith("staged-"))
    const other = await holder(storage.file)
    let whileWaiting = 0
    const waiting = () => {
      whileWaiting = staged().length
      other.stdin?.end()
    }
    await storage.write(numbers(3), { waiting })
    expect(whileWaiting).toBe(1)
    expect(staged()).toEqual([])
    mkdirSync(`${storage.file}.waiting`)
    writeFileSync(join(`${storage.file}.waiting`, `${Date.now()}-1-1-read`), "")
    let whileChecked = 0
    const record = await storage.write(numbers(4), {
      onApprove: () => {
        whileChecked = staged().length
      },
    })
    expect(whileChecked).toBe(1)
    expect(await rowsOf(storage.session, await storage.load([record]))).toHaveLength(4)
  })

  test("can open the file between two steps", async () => {
    const storage = await openStorage(0)
    await storage.write(numbers(3))
    const other = await holder(storage.file)
    other.stdin?.end()
    await once(other, "exit")
    await storage.write(numbers(4))
  })
})

test("two managers and two sessions of one process take turns at one file and lose nothing", async () => {
  const storage = await openStorage()
  const other = await openSession()
  const io = duckdbFileIO({ path: storage.file })
  onTestFinished(() => io.close?.())
  const keys = Array.from({ length: 8 }, (_, i) => `marts/n${i}`)
  await Promise.all(
    keys.map((key, i) =>
      i % 2 === 0
        ? storage.write(numbers(i), { key })
        : io.handleOutput(outputContext({ base: storage.base, session: async () => other, key }), numbers(i)),
    ),
  )
  const current = await io.current(ioContext(storage.base), keys)
  expect(keys.map(key => current.get(key)?.[0]?.materialization.rows)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

test("what is written can be checked before it is committed, by statements that see the rows", async () => {
  const storage = await openStorage()
  await storage.write(numbers(3))
  let seen: unknown[] = []
  await expect(
    storage.write(numbers(5), {
      onApprove: async ({ stored }) => {
        seen = await rowsOf(storage.session, stored)
        throw new Error("a check failed")
      },
    }),
  ).rejects.toThrow("a check failed")
  expect(seen).toHaveLength(5)
  const [current] = (await storage.io.current(ioContext(storage.base), ["marts/numbers"])).get("marts/numbers") ?? []
  expect(current?.materialization.rows).toBe(3)
})

test("the file can be opened by hand: a schema for the prefix, a table for the asset, the record beside it", async () => {
  const storage = await openStorage()
  await storage.write(numbers(3), { key: "a.b/o-k/Numbers" })
  await storage.write(numbers(4), { key: "single" })
  await storage.write(numbers(5), { key: "main/inner" })
  await sql(storage.session, `ATTACH '${storage.file}' AS byhand (READ_ONLY)`)
  const tables = await sql(
    storage.session,
    "SELECT schema_name, table_name, estimated_size::INTEGER AS n FROM duckdb_tables() WHERE database_name = 'byhand' ORDER BY n, schema_name",
  )
  await sql(storage.session, "DETACH byhand")
  expect(tables).toEqual(
    [
      { schema_name: "_assets", table_name: "applied", n: 0 },
      { schema_name: "_assets", table_name: "materializations", n: 3 },
      { schema_name: "a.b/o-k", table_name: "Numbers", n: 3 },
      { schema_name: "main", table_name: "single", n: 4 },
      { schema_name: "main/", table_name: "inner", n: 5 },
    ].sort((a, b) => a.n - b.n || (a.schema_name < b.schema_name ? -1 : 1)),
  )
  expect(await storage.io.locate({ ...ioContext(storage.base), key: "a.b/o-k/Numbers" }, [])).toEqual([
    `${storage.file}:a.b/o-k.Numbers`,
  ])
})

describe("partitions", () => {
  test("keep their rows when the columns of the asset change", async () => {
    const storage = await openStorage()
    const former = await storage.write(numbers(2), { partitions: ["a"] })
    const wider: Schema = schema({ n: "float64", label: "string" })
    const rows = [["0.5", "half"]]
    const value = { kind: "relation", relation: { kind: "values", rows, schema: wider }, schema: wider } as const
    const latter = await storage.write(value, { partitions: ["b"] })
    const all = await storage.load([former, latter], { partitions: ["a", "b"], schema: wider })
    expect(await rowsOf(storage.session, all)).toEqual(
      expect.arrayContaining([
        { n: 0, label: null },
        { n: 1, label: null },
        { n: 0.5, label: "half" },
      ]),
    )
  })

  test("of an asset that had none are written into a table of their own", async () => {
    const storage = await openStorage()
    await storage.write(numbers(7))
    const record = await storage.write(numbers(2), { partitions: ["a"] })
    const current = await storage.io.current(ioContext(storage.base), ["marts/numbers"])
    expect(current.get("marts/numbers")?.map(one => one.partition)).toEqual(["a"])
    expect(await rowsOf(storage.session, await storage.load([record], { partitions: ["a"] }))).toHaveLength(2)
  })

  test("of JSON values come as an object by partition", async () => {
    const storage = await openStorage()
    const a = await storage.write({ kind: "json", value: [1] }, { partitions: ["a"] })
    const b = await storage.write({ kind: "json", value: "two" }, { partitions: ["b"] })
    expect(await storage.load([a, b], { partitions: ["a", "b"] })).toEqual({
      kind: "json",
      value: { a: [1], b: "two" },
    })
    expect(await storage.load([b], { partitions: ["b"] })).toEqual({ kind: "json", value: "two" })
  })

  test("written several at once are refused, since no row tells its own", async () => {
    const storage = await openStorage()
    await expect(storage.write(numbers(2), { partitions: ["a", "b"] })).rejects.toMatchObject({
      code: "ENVIRONMENT_UNSUPPORTED",
    })
  })
})

describe("append and merge", () => {
  const pair = schema({ id: "int64", v: "string" })
  const rowsOfPair = (...rows: [string | null, string][]): OutputValue => {
    const relation: Relation = { kind: "values", rows, schema: pair }
    return { kind: "relation", relation, schema: pair }
  }

  test.each([[[]], [["a"]]])("add to the rows that are there, of the partitions %j", async partitions => {
    const storage = await openStorage()
    const load = async (record: Materialization) => {
      const rows = await rowsOf(storage.session, await storage.load([record], { partitions, schema: pair }))
      return rows.map(row => Object.values(row as object).join()).sort()
    }
    if (partitions.length > 0) await storage.write(rowsOfPair(["1", "of b"]), { partitions: ["b"] })
    const first = await storage.write(rowsOfPair(["1", "x"], ["2", "y"]), { partitions, write: "append" })
    expect(await load(first)).toEqual(["1,x", "2,y"])
    const second = await storage.write(rowsOfPair(["1", "z"]), { partitions, write: "append" })
    expect(await load(second)).toEqual(["1,x", "1,z", "2,y"])
    const merged = await storage.write(rowsOfPair(["1", "new"], ["3", "n"]), { partitions, write: { merge: ["id"] } })
    expect(await load(merged)).toEqual(["1,new", "2,y", "3,n"])
    expect(merged.rows).toBe(2)
    const refuse = () => {
      throw new Error("refused")
    }
    const again = storage.write(rowsOfPair(["4", "w"]), { partitions, write: "append", onApprove: refuse })
    await expect(again).rejects.toThrow("refused")
    expect(await load(merged)).toEqual(["1,new", "2,y", "3,n"])
  })

  test("do not mix rows of partitions with rows of none", async () => {
    const storage = await openStorage()
    await storage.write(rowsOfPair(["1", "x"]))
    const adding = storage.write(rowsOfPair(["2", "y"]), { partitions: ["a"], write: "append" })
    await expect(adding).rejects.toMatchObject({ code: "ENVIRONMENT_UNSUPPORTED" })
  })
})

test("a table that was replaced since is said to be gone, and is not read in place of what was wanted", async () => {
  const storage = await openStorage()
  const former = await storage.write(numbers(3))
  await storage.write(numbers(4))
  await expect(storage.load([former])).rejects.toMatchObject({ code: "STORAGE_DATA_MISSING" })
})

test("an interrupted write leaves what was there before, and the file free", async () => {
  const storage = await openStorage()
  const former = await storage.write(numbers(3))
  await sql(
    storage.session,
    "CREATE VIEW endless AS SELECT sum(a.range * b.range)::BIGINT AS n FROM range(10000000) a, range(1000000) b",
  )
  const relation: Relation = table("endless", numberColumns)
  const controller = new AbortController()
  const writing = storage.write({ kind: "relation", relation, schema: numberColumns }, { signal: controller.signal })
  controller.abort()
  await expect(writing).rejects.toMatchObject({ code: "ENGINE_INTERRUPTED" })
  expect(await rowsOf(storage.session, await storage.load([former]))).toHaveLength(3)
  await storage.write(numbers(4))
})

test("a file that is no database is STORAGE_CORRUPT", async () => {
  const storage = await openStorage()
  writeFileSync(storage.file, "this is no database".repeat(1000))
  await expect(storage.io.current(ioContext(storage.base), ["marts/numbers"])).rejects.toMatchObject({
    code: "STORAGE_CORRUPT",
    details: { path: storage.file },
  })
})

test("a column with the name of the hidden one is refused", async () => {
  const storage = await openStorage()
  const hidden = schema({ _Partition: "int64" })
  const value = { kind: "relation", relation: { kind: "values", rows: [], schema: hidden }, schema: hidden } as const
  await expect(storage.write(value)).rejects.toMatchObject({ code: "ENVIRONMENT_UNSUPPORTED" })
})
