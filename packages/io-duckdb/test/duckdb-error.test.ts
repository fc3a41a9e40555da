import { execFileSync } from "node:child_process"
import { mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { AssetsError, EngineSession } from "@assets/core"
import { csvFiles, type Expression, parquetFiles, type Relation, t } from "@assets/dataframe"
import { expect, onTestFinished, test } from "vitest"
import { mapDuckdbError } from "../src/duckdb-error.ts"
import { duckdb } from "../src/index.ts"
import { openSession, options, schema, sql, table, temporaryFolder } from "./tables.ts"

const signal = new AbortController().signal

async function collect(session: EngineSession, relation: Relation, until: AbortSignal = signal): Promise<number> {
  let rows = 0
  for await (const batch of session.batches(relation, until)) rows += batch.numRows
  return rows
}

async function failure(promise: Promise<unknown>): Promise<AssetsError> {
  return promise.then(
    () => expect.unreachable("it was to fail"),
    error => error,
  )
}

test("too little memory is ENGINE_OUT_OF_MEMORY and says what to raise", async () => {
  const session = await openSession({ memoryLimit: "30MB", threads: 1 })
  await sql(session, "CREATE VIEW big AS SELECT list(md5(i::VARCHAR)) AS l FROM range(5000000) t(i)")
  const columns = schema({ l: { kind: "array", element: { kind: "string" } } })
  const error = await failure(collect(session, table("big", columns)))
  expect(error).toMatchObject({ code: "ENGINE_OUT_OF_MEMORY", name: "EngineError" })
  expect(error.fix).toContain("memoryLimit")
})

test("more than memory spills to the scratch folder and not beside the project", async () => {
  const before = readdirSync(process.cwd())
  const session = await openSession({ memoryLimit: "100MB", threads: 1 })
  await sql(session, "CREATE VIEW big AS SELECT md5(i::VARCHAR) AS s FROM range(3000000) t(i) ORDER BY s")
  expect(await collect(session, table("big", schema({ s: "string" })))).toBe(3_000_000)
  expect(readdirSync(process.cwd())).toEqual(before)
})

test("a line of a CSV file that is not as declared is named by file, line and column", async () => {
  const session = await openSession()
  const file = join(temporaryFolder(), "numbers.csv")
  writeFileSync(file, "name,n\na,1\nb,2\nc,three\n")
  const reader = csvFiles(file, { name: t.string, n: t.int64 }, { header: true })
  const error = await failure(collect(session, reader.relation([file]) as Relation))
  expect(error).toMatchObject({
    code: "SOURCE_DATA_INVALID",
    name: "StorageError",
    details: { line: 4, file, column: "n" },
  })
  expect(error.message).toContain(file)
})

test("a file that is gone is SOURCE_FILE_MISSING, and one of another format is SOURCE_DATA_INVALID", async () => {
  const session = await openSession()
  const file = join(temporaryFolder(), "gone.parquet")
  const relation = parquetFiles(file, { n: t.int64 }).relation([file]) as Relation
  expect(await failure(collect(session, relation))).toMatchObject({
    code: "SOURCE_FILE_MISSING",
    details: { path: file },
  })
  writeFileSync(file, "this is no Parquet file")
  expect(await failure(collect(session, relation))).toMatchObject({ code: "SOURCE_DATA_INVALID", details: { file } })
})

test("a condition of Spark that a row raises stands in the details", async () => {
  const session = await openSession()
  const int: Expression["type"] = { kind: "int32" }
  const text = { kind: "column", name: "s", type: { kind: "string" } } as const
  const relation: Relation = {
    kind: "project",
    input: { kind: "values", rows: [["1"], ["x"]], schema: schema({ s: "string" }) },
    columns: [{ name: "n", expression: { kind: "cast", input: text, mode: "ansi", type: int } }],
    schema: schema({ n: "int32" }),
  }
  const error = await failure(collect(session, relation))
  expect(error).toMatchObject({ code: "ENGINE_QUERY_FAILED", details: { condition: "CAST_INVALID_INPUT" } })
  expect(error.fix).toContain("tryCast")
})

test("DuckDB's own message is kept where nothing more is known", async () => {
  const session = await openSession()
  const error = await failure(collect(session, table("none", schema({ n: "int64" }))))
  expect(error).toMatchObject({ code: "ENGINE_QUERY_FAILED" })
  expect(error.message).toContain("none")
})

test("a full disk is STORAGE_FULL", async context => {
  const folder = join(temporaryFolder(), "small")
  mkdirSync(folder)
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], { stdio: "ignore" })
  } catch {
    context.skip("a small file system cannot be mounted without the rights of root")
  }
  onTestFinished(() => void execFileSync("umount", ["-l", folder]))
  const session = await openSession()
  await sql(session, "CREATE VIEW big AS SELECT md5(i::VARCHAR) AS s FROM range(1000000) t(i)")
  const target = { kind: "files", format: "parquet", path: folder } as const
  const error = await failure(session.write(table("big", schema({ s: "string" })), target, options))
  expect(error).toMatchObject({ code: "STORAGE_FULL", name: "StorageError" })
})

test("a target that may not be written is STORAGE_UNWRITABLE, and a source that may not be read is not", () => {
  const message = 'IO Error: Cannot open file "/data/x/part-0.parquet": Permission denied'
  expect(mapDuckdbError(new Error(message), { target: "/data/x" })).toMatchObject({ code: "STORAGE_UNWRITABLE" })
  expect(mapDuckdbError(new Error(message))).toMatchObject({ code: "STORAGE_UNREADABLE" })
})

test("wrong options are refused when the engine is made", () => {
  expect(() => duckdb({ memoryLimit: "lots" })).toThrow(/memoryLimit/)
  expect(() => duckdb({ threads: 0 })).toThrow(/threads/)
})

test("a lost file of a stored version is STORAGE_DATA_MISSING, so that its reader reads what is current", () => {
  const path = "/data/marts/a/_versions/0190/part-0.parquet"
  const error = mapDuckdbError(new Error(`IO Error: No files found that match the pattern "${path}"`))
  expect(error).toMatchObject({ code: "STORAGE_DATA_MISSING", details: { path } })
})

test("a damaged block of a database is STORAGE_CORRUPT, at any statement", () => {
  const texts = [
    "IO Error: Corrupt database file: computed checksum 1 does not match stored checksum 2 in block at location 3",
    'IO Error: Could not read enough bytes from file "/data/w.duckdb": attempted to read 12 bytes from location 8',
  ]
  for (const text of texts) expect(mapDuckdbError(new Error(text))).toMatchObject({ code: "STORAGE_CORRUPT" })
})
