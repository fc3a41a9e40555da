import { mkdirSync, readdirSync } from "node:fs"
import { join } from "node:path"
import type { Layout, WriteResult } from "@assets/core"
import type { Relation } from "@assets/dataframe"
import { expect, test } from "vitest"
import type { DuckdbSession } from "../src/duckdb-session.ts"
import {
  allTypes,
  createAllTypes,
  difference,
  openSession,
  options,
  schema,
  sorted,
  sql,
  table,
  temporaryFolder,
} from "./tables.ts"

function newFolder(): string {
  const folder = join(temporaryFolder(), "version's folder")
  mkdirSync(folder)
  return folder
}

async function write(
  session: DuckdbSession,
  relation: Relation,
  folder: string,
  layout?: Layout,
): Promise<WriteResult> {
  return session.write(
    relation,
    { kind: "files", format: "parquet", path: folder },
    { ...options, ...(layout && { layout }) },
  )
}

const files = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(f => f.endsWith(".parquet"))
const read = (folder: string, extra = "") =>
  `read_parquet('${folder.replaceAll("'", "''")}/**/*.parquet', hive_partitioning=false${extra})`

test("every type is read back equal, and the write tells what it saw", async () => {
  const session = await openSession()
  const folder = newFolder()
  const result = await write(session, await createAllTypes(session), folder)
  expect(await difference(session, "all_types", read(folder))).toEqual([])
  expect(result).toMatchObject({ rows: 4, files: [{ path: "part-0.parquet", rows: 4 }] })
  expect(result.bytes).toBe(result.files[0]?.bytes)
  expect(result.bytes).toBeGreaterThan(0)
  const column = (name: string) => result.columns.find(c => c.name === name)
  expect(column("i64")).toEqual({
    name: "i64",
    type: "bigint",
    nullCount: 1,
    min: "-9223372036854775808",
    max: "9223372036854775807",
  })
  expect(column("d18")).toMatchObject({
    type: "decimal(18,6)",
    min: "-123456789012.123456",
    max: "123456789012.123456",
  })
  expect(column("list")).toEqual({ name: "list", type: "array<string>" })
})

test("no rows give one file with the full schema, also where there would be a folder for each value", async () => {
  const session = await openSession()
  await sql(session, "CREATE TABLE source AS SELECT 1::BIGINT AS id, 'x' AS s WHERE false")
  const columns = schema({ id: "int64", s: "string" })
  for (const layout of [{}, { partitionBy: ["s"] }, { partitionBy: ["s"], sortBy: ["id"] }]) {
    const folder = newFolder()
    const result = await write(session, table("source", columns), folder, layout)
    expect(result).toMatchObject({ rows: 0, files: [{ path: "part-0.parquet", rows: 0 }] })
    expect(await sql(session, `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${read(folder)})`)).toEqual(
      [
        { column_name: "id", column_type: "BIGINT" },
        { column_name: "s", column_type: "VARCHAR" },
      ],
    )
  }
})

test("sortBy holds in each file, nulls first, and keeps -0.0", async () => {
  const session = await openSession()
  await sql(
    session,
    "CREATE TABLE source AS SELECT CASE WHEN i = 7 THEN NULL WHEN i = 9 THEN '-0.0'::DOUBLE ELSE ((i * 7919) % 400000)::DOUBLE END AS id, i % 3 AS p FROM range(400000) t(i)",
  )
  const columns = schema({ id: "float64", p: "int64" })
  for (const layout of [{ sortBy: ["id"] }, { partitionBy: ["p"], sortBy: ["id"] }]) {
    const folder = newFolder()
    const result = await write(session, table("source", columns), folder, layout)
    expect(result.rows).toBe(400_000)
    expect(files(folder)).toHaveLength(layout.partitionBy ? 3 : 1)
    const [row] = await sql(
      session,
      `SELECT count(*) FILTER (WHERE before > id OR (id IS NULL AND file_row_number > 0))::INTEGER AS wrong, count(*) FILTER (WHERE CAST(id AS VARCHAR) = '-0.0')::INTEGER AS zero FROM (SELECT id, file_row_number, lag(id) OVER (PARTITION BY filename ORDER BY file_row_number) AS before FROM ${read(folder, ", filename=true, file_row_number=true")})`,
    )
    expect(row).toEqual({ wrong: 0, zero: 1 })
  }
})

test("a sorted relation goes into one file in its order", async () => {
  const session = await openSession()
  await sql(session, "CREATE TABLE source AS SELECT (i * 7919) % 500000 AS id FROM range(500000) t(i)")
  const folder = newFolder()
  await write(session, sorted(table("source", schema({ id: "int64" })), "id"), folder, { targetFileMB: 1 })
  expect(files(folder)).toEqual(["part-0.parquet"])
  const [row] = await sql(
    session,
    `SELECT count(*) FILTER (WHERE id <> file_row_number)::INTEGER AS wrong FROM ${read(folder, ", file_row_number=true")}`,
  )
  expect(row).toEqual({ wrong: 0 })
})

test("partitionBy makes a folder for each value, also for null and for hostile texts, and keeps the column's type", async () => {
  const session = await openSession()
  await sql(
    session,
    `CREATE TABLE source AS SELECT i AS id, CASE WHEN i % 4 = 0 THEN NULL ELSE ['..', 'a/b *?[x]', 'o''brien 100%', 'ü'][i % 4 + 1] END AS "p""q" FROM range(100) t(i)`,
  )
  const columns = schema({ id: "int64", 'p"q': "string" })
  for (const layout of [{ partitionBy: ['p"q'] }, { partitionBy: ['p"q'], sortBy: ["id"] }]) {
    const folder = newFolder()
    const result = await write(session, table("source", columns), folder, layout)
    expect(result.rows).toBe(100)
    expect(result.files).toHaveLength(4)
    expect(result.files.map(file => file.path).sort()).toEqual(files(folder).sort())
    expect(result.columns[1]).toMatchObject({ name: 'p"q', nullCount: 25 })
    const listed = result.files.map(file => `'${join(folder, file.path).replaceAll("'", "''")}'`).join(", ")
    expect(await difference(session, "source", `read_parquet([${listed}], hive_partitioning=false)`)).toEqual([])
  }
})

test("partitionBy writes values of any length and form below the folder, and gives them back", async () => {
  const session = await openSession()
  const long = "x".repeat(300)
  const values = [
    "",
    ".",
    "../..",
    "a=b",
    "\u00fc".repeat(150),
    long,
    `${long}y`,
    "__HIVE_DEFAULT_PARTITION__",
    "C:",
    "\n",
  ]
  const rows = [...values.map(value => `('${value}')`), "(NULL)", "('a' || chr(0) || 'b')"]
  await sql(session, `CREATE TABLE source AS SELECT p, 1::BIGINT AS id FROM (VALUES ${rows.join(", ")}) t(p)`)
  const columns = schema({ p: "string", id: "int64" })
  for (const layout of [{ partitionBy: ["p"] }, { partitionBy: ["p"], sortBy: ["id"] }]) {
    const folder = newFolder()
    const result = await write(session, table("source", columns), folder, layout)
    expect(result.rows).toBe(rows.length)
    expect(new Set(result.files.map(file => file.path)).size).toBe(rows.length)
    expect(result.files.map(file => file.path).sort()).toEqual(files(folder).sort())
    const listed = result.files.map(file => `'${join(folder, file.path).replaceAll("'", "''")}'`).join(", ")
    expect(await difference(session, "source", `read_parquet([${listed}], hive_partitioning=false)`)).toEqual([])
  }
})

test("rows above the wanted size go into several files", async () => {
  const session = await openSession()
  await sql(session, "CREATE TABLE source AS SELECT i AS id, md5(i::VARCHAR) AS s FROM range(400000) t(i)")
  const folder = newFolder()
  const result = await write(session, table("source", schema({ id: "int64", s: "string" })), folder, {
    targetFileMB: 2,
  })
  expect(result.files.length).toBeGreaterThan(1)
  expect(result.columns[0]).toEqual({ name: "id", type: "bigint", nullCount: 0, min: "0", max: "399999" })
  expect(result.files.reduce((sum, file) => sum + file.rows, 0)).toBe(400_000)
})

test("columns that no storage keeps are refused before anything is written", async () => {
  const session = await openSession()
  const folder = newFolder()
  const span = {
    columns: [...allTypes.columns, { name: "span", type: { kind: "array", element: { kind: "void" } } }],
  } as const
  await expect(write(session, table("all_types", span), folder)).rejects.toMatchObject({
    code: "FRAME_TYPE_UNSTORABLE",
    details: { column: "span" },
  })
  expect(files(folder)).toEqual([])
})
