import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { csvFiles, jsonFiles, openSession, parquetFiles, type Session, t } from "@assets/dataframe"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { duckdb } from "../src/index.ts"

let folder: string
let session: Session

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "assets-sources-"))
  session = await openSession(duckdb())
})
afterAll(async () => {
  await session?.close()
  rmSync(folder, { recursive: true, force: true })
})

let files = 0

/** A file of this content. */
function file(content: string | Buffer, extension: string): string {
  const path = join(folder, `in-${++files}.${extension}`)
  writeFileSync(path, content)
  return path
}

const columns = { id: t.int64, name: t.string, price: t.decimal(8, 2) }
const ann = { id: 1n, name: "ann", price: "1.50" }
const bob = { id: 2n, name: "bob", price: "2.00" }

const csv = (...contents: (string | Buffer)[]) =>
  session.read(
    csvFiles(
      contents.map(content => file(content, "csv")),
      columns,
      { header: true },
    ),
  )

describe("CSV with a header", () => {
  test("is read by the names of its columns, whatever their order and case, and reads no others", async () => {
    expect(await csv("PRICE,zip,Name,id\n1.50,99,ann,1\n").take(9)).toEqual([ann])
  })

  test("may differ from file to file", async () => {
    const both = csv("id,name,price\n1,ann,1.50\n", "price,name,zip,id\n2,bob,9,2\n")
    expect(await both.orderBy("id").take(9)).toEqual([ann, bob])
  })

  test("that lacks a column is refused by file and column", async () => {
    await expect(csv("id,nmae,price\n1,ann,1.50\n").take(9)).rejects.toMatchObject({
      code: "SOURCE_DATA_INVALID",
      message: expect.stringContaining("no column 'name'"),
      why: expect.stringContaining("'nmae'"),
    })
    await expect(csv("id,name,Name,price\n1,a,b,1\n").count()).rejects.toThrow(/the column 'name' 2 times/)
  })

  test("may have a byte order mark, quotes, line ends of Windows, no end of its last line, or be compressed", async () => {
    expect(await csv('\uFEFF"id","name","price"\r\n1,ann,1.50\r\n2,bob,2').take(9)).toEqual([ann, bob])
    const packed = file(gzipSync("price,name,id\n1.50,ann,1\n"), "csv.gz")
    expect(await session.read(csvFiles(packed, columns, { header: true })).take(9)).toEqual([ann])
    expect(await csv("", "id,name,price\n").count()).toBe(0)
  })

  test("tells line and file of a line with another number of fields, or a value of another type", async () => {
    for (const line of ["2,bob", "2,bob,2,3", "x,bob,2"]) {
      await expect(csv(`id,name,price\n1,ann,1.50\n${line}\n`).take(9)).rejects.toMatchObject({
        code: "SOURCE_DATA_INVALID",
        details: { line: 3, file: expect.stringContaining(folder) },
      })
    }
  })

  test("with line ends of two kinds is refused as what it is", async () => {
    await expect(csv("id,name,price\r\n1,ann,1.50\n2,bob,2\r\n").take(9)).rejects.toMatchObject({
      code: "SOURCE_DATA_INVALID",
      details: { file: expect.stringContaining(folder) },
    })
  })

  test("whose place hides its header from the client is looked at by the engine", async () => {
    // as DuckDB reads what is on an object store, or compressed in a way that Node does not know
    const { compileDuckdb } = await import("@assets/dataframe")
    const path = file("price,name,id\n1.50,ann,1\n", "csv")
    const relation = csvFiles(path, columns, { header: true }).relation([path])
    const { DuckDBInstance } = await import("@duckdb/node-api")
    const connection = await (await DuckDBInstance.create()).connect()
    const rows = await connection.runAndReadAll(compileDuckdb(relation).sql)
    expect(rows.getRowObjectsJson()).toEqual([{ id: "1", name: "ann", price: "1.50" }])
  })
})

describe("JSON", () => {
  test("is lines or an array, also in one source", async () => {
    const lines = file('{"id":1,"name":"ann","price":1.5}\n', "json")
    const array = file('[\n  {"price":"2.00","name":"bob","id":2,"more":[1]}\n]\n', "json")
    const read = session.read(jsonFiles([lines, array], columns))
    expect(await read.orderBy("id").take(9)).toEqual([ann, bob])
  })

  test("of another type is refused by file and line", async () => {
    const path = file('{"id":1}\n{"id":"x"}\n', "json")
    await expect(session.read(jsonFiles(path, columns)).take(9)).rejects.toMatchObject({
      code: "SOURCE_DATA_INVALID",
      why: expect.stringContaining("line 2"),
      details: { file: path },
    })
  })
})

describe("Parquet", () => {
  test("without a declared column is refused by the column, and by the file among several", async () => {
    const { DuckDBInstance } = await import("@duckdb/node-api")
    const connection = await (await DuckDBInstance.create()).connect()
    const [whole, less] = [join(folder, "whole.parquet"), join(folder, "less.parquet")]
    await connection.run(`COPY (SELECT 1::BIGINT AS id, 'ann' AS name) TO '${whole}' (FORMAT parquet)`)
    await connection.run(`COPY (SELECT 2::BIGINT AS id) TO '${less}' (FORMAT parquet)`)
    const read = (paths: string[]) => session.read(parquetFiles(paths, { id: t.int64, name: t.string })).take(9)
    await expect(read([less])).rejects.toMatchObject({ code: "SOURCE_DATA_INVALID", details: { column: "name" } })
    await expect(read([whole, less])).rejects.toMatchObject({
      code: "SOURCE_DATA_INVALID",
      details: { column: "name", file: less },
    })
  })

  const stored = async (expression: string, type: unknown, options?: object) => {
    const { DuckDBInstance } = await import("@duckdb/node-api")
    const connection = await (await DuckDBInstance.create()).connect()
    const path = join(folder, `stored-${++files}.parquet`)
    await connection.run(`COPY (SELECT ${expression} AS "it's x") TO '${path}' (FORMAT parquet)`)
    await using other = await openSession(duckdb(), options)
    const row = await other.read(parquetFiles(path, { "it's x": type as typeof t.string })).first()
    return row?.["it's x"] as unknown
  }

  test("of another type is read where each value keeps its meaning", async () => {
    expect(await stored("7::INTEGER", t.int64)).toBe(7n)
    expect(await stored("7::UTINYINT", t.int32)).toBe(7)
    expect(await stored("7::DECIMAL(4,0)", t.int8)).toBe(7)
    expect(await stored("7::SMALLINT", t.float64)).toBe(7)
    expect(await stored("1.5::DECIMAL(3,1)", t.decimal(10, 2))).toBe("1.50")
    expect(await stored("'a'::ENUM('a')", t.string)).toBe("a")
    expect(await stored("TIMESTAMP_NS '2024-01-01 10:00:00.123456789'", t.timestampNtz)).toBe(
      "2024-01-01T10:00:00.123456",
    )
    await expect(stored("3000000000::BIGINT", t.int32)).rejects.toThrow(/CAST_OVERFLOW/)
  })

  test("of a type whose values would change is refused by column and types", async () => {
    const refusals = [
      ["1.5::DOUBLE", t.int32, "DOUBLE", "int"],
      ["1.2555::DECIMAL(10,4)", t.decimal(10, 2), "DECIMAL(10,4)", "decimal(10,2)"],
      ["1.5::DOUBLE", t.decimal(10, 2), "DOUBLE", "decimal(10,2)"],
      ["1::BIGINT", t.float64, "BIGINT", "double"],
      ["'x'", t.int64, "VARCHAR", "bigint"],
      ["'x'", t.binary, "VARCHAR", "binary"],
      ["'x'::BLOB", t.string, "BLOB", "string"],
      ["TIMESTAMP '2024-01-01 10:00:00'", t.date, "TIMESTAMP", "date"],
      ["'2024-01-01'", t.timestamp, "VARCHAR", "timestamp"],
    ] as const
    for (const [expression, type, from, to] of refusals) {
      await expect(stored(expression, type)).rejects.toMatchObject({
        code: "SOURCE_DATA_INVALID",
        details: { column: "it's x", stored: from, declared: to },
      })
    }
  })

  test("without a zone is UTC where an instant is declared, in any zone of the session", async () => {
    const options = { timeZone: "America/New_York" }
    expect(await stored("TIMESTAMP '2024-01-01 10:00:00'", t.timestamp, options)).toBe("2024-01-01T10:00:00Z")
    expect(await stored("TIMESTAMPTZ '2024-01-01 10:00:00+00'", t.timestamp, options)).toBe("2024-01-01T10:00:00Z")
    expect(await stored("TIMESTAMP '2024-01-01 10:00:00'", t.timestampNtz, options)).toBe("2024-01-01T10:00:00")
  })
})
