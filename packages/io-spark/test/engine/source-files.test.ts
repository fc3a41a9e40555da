import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { csvFiles, jsonFiles, openSession, orcFiles, parquetFiles, type Session, t } from "@assets/dataframe"
import { duckdb } from "@assets/io-duckdb"
import { DuckDBInstance } from "@duckdb/node-api"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { connect, type SparkClient } from "../../src/connect/client.ts"
import { parseRemote } from "../../src/connect/remote.ts"
import { spark } from "../../src/index.ts"
import { sharedSpark, skipsSpark } from "../started-spark.ts"

const columns = { id: t.int64, name: t.string, price: t.decimal(8, 2) }
const ann = { id: 1n, name: "ann", price: "1.50" }
const bob = { id: 2n, name: "bob", price: "2.00" }

describe.skipIf(skipsSpark)("files of others on Spark", () => {
  let folder: string
  let files = 0
  const sessions: Session[] = []
  sharedSpark()
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "assets-spark-sources-"))
    for (const engine of [spark(), duckdb()]) sessions.push(await openSession(engine, { timeZone: "America/New_York" }))
  })
  afterAll(async () => {
    for (const session of sessions) await session.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const onSpark = () => {
    const [session] = sessions
    if (!session) throw new Error("no session is open")
    return session
  }

  function file(content: string | Buffer, extension: string): string {
    const path = join(folder, `in-${++files}.${extension}`)
    writeFileSync(path, content)
    return path
  }

  const csv = (...contents: (string | Buffer)[]) => {
    const paths = contents.map(content => file(content, "csv"))
    return onSpark().read(csvFiles(paths, columns, { header: true }))
  }

  describe("CSV", () => {
    test("is read by the names of its columns, whatever their order and case, and reads no others", async () => {
      expect(await csv("PRICE,zip,Name,id\n1.50,99,ann,1\n").take(9)).toEqual([ann])
    })

    test("may differ from file to file", async () => {
      const both = csv("id,name,price\n1,ann,1.50\n", "price,name,zip,id\n2,bob,9,2\n")
      expect(await both.orderBy("id").take(9)).toEqual(
        [ann, bob].map((row, i) => (i ? { ...row, price: "2.00" } : row)),
      )
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
      expect(
        await onSpark()
          .read(csvFiles(packed, columns, { header: true }))
          .take(9),
      ).toEqual([ann])
      expect(await csv("", "id,name,price\n").count()).toBe(0)
    })

    test("tells the file of a line with another number of fields, or a value of another type", async () => {
      for (const line of ["2,bob", "2,bob,2,3", "x,bob,2"]) {
        await expect(csv(`id,name,price\n1,ann,1.50\n${line}\n`).take(9)).rejects.toMatchObject({
          code: "SOURCE_DATA_INVALID",
        })
      }
    })

    test.each([
      ["quotes", '1,"a ""b"", c",2\n', {}],
      ["newlines", '1,"a\nb",2\n2,"c\r\nd",3\n', {}],
      ["spaces", "1, a ,2\n 2,b,3\n", {}],
      ["empty texts and nulls", '1,"",2\n2,,3\n,x,\n', {}],
      ["a word for null", "1,NA,2\n2,x,NA\n3,,4\n", { nullValue: "NA" }],
      ["an empty number where a word stands for null", "1,x,\n", { nullValue: "NA" }],
      ["another delimiter and quote", "1;'a;b';2\n", { delimiter: ";", quote: "'" }],
      ["an escape", '1,"a\\"b",2\n', { escape: "\\" }],
      ["unicode", "1,größe 世界 🎉,2\n", {}],
    ])("with %s gives what DuckDB reads", async (_, content, options) => {
      for (const header of [true, false]) {
        const { delimiter = "," } = options as { delimiter?: string }
        const path = file(`${header ? `id${delimiter}name${delimiter}price\n` : ""}${content}`, "csv")
        const found = []
        for (const session of sessions)
          found.push(
            await outcome(
              session
                .read(csvFiles(path, columns, { header, ...options }))
                .orderBy("price")
                .take(9),
            ),
          )
        expect(found[0]).toEqual(found[1])
      }
    })
  })

  describe("ORC", () => {
    let client: SparkClient
    beforeAll(async () => {
      client = await connect(parseRemote(process.env.SPARK_REMOTE ?? ""))
    })
    afterAll(() => client.close())

    /** A folder of files that Spark has written. */
    async function orc(select: string): Promise<string> {
      const path = join(folder, `orc-${++files}`)
      await client.sqlCommand(`INSERT OVERWRITE DIRECTORY '${path}' USING orc ${select}`)
      return path
    }

    test("is read by the names of its columns, and gives each type that it has", async () => {
      const path = await orc(
        "SELECT 1.5BD AS Price, 'zip' AS zip, 'ann' AS NAME, 7 AS id, DATE'1969-12-31' AS day, TIMESTAMP_NTZ'2024-03-31 02:30:00' AS wall, TIMESTAMP'2024-03-31 02:30:00Z' AS at, array('a', null) AS list, named_struct('n', 1L) AS inner, X'ff' AS bytes",
      )
      const wanted = {
        ...columns,
        day: t.date,
        wall: t.timestampNtz,
        at: t.timestamp,
        list: t.array(t.string),
        inner: t.struct({ n: t.int64 }),
        bytes: t.binary,
      }
      const read = onSpark().read(orcFiles(path, wanted))
      const [row] = await read.take(9)
      expect(row).toMatchObject({ id: 7n, name: "ann", price: "1.50", list: ["a", null], inner: { n: 1n } })
      const texts = read.select(f => ({
        day: f.day.cast(t.string),
        wall: f.wall.cast(t.string),
        at: f.at.cast(t.string),
      }))
      expect(await texts.take(9)).toEqual([
        { day: "1969-12-31", wall: "2024-03-31 02:30:00", at: "2024-03-30 22:30:00" },
      ])
    })

    test("is found by globs, and may differ from file to file", async () => {
      const one = await orc("SELECT 1 AS id, 'ann' AS name, 1.5BD AS price")
      const other = await orc("SELECT 2.0BD AS price, 2L AS id, 'bob' AS name, true AS more")
      const read = onSpark().read(orcFiles([`${one}/*.orc`, `${other}/part-*`], columns))
      expect(await read.orderBy("id").take(9)).toEqual([ann, bob])
    })

    test("with a column of another type, or without it, is refused by file and column", async () => {
      const path = await orc("SELECT 'x' AS id, 'ann' AS name")
      const read = (wanted: Parameters<typeof orcFiles>[1]) => onSpark().read(orcFiles(path, wanted)).take(9)
      for (const wanted of [{ id: t.int64 }, { price: t.int64 }])
        await expect(read(wanted)).rejects.toMatchObject({ code: "SOURCE_DATA_INVALID" })
    })

    test("is refused by DuckDB, with what reads it", async () => {
      const path = await orc("SELECT 1 AS id")
      const read = sessions[1]?.read(orcFiles(path, { id: t.int64 })).take(9)
      await expect(read).rejects.toMatchObject({
        code: "FRAME_UNSUPPORTED",
        fix: expect.stringContaining("engine: spark()"),
      })
    })
  })

  const kinds = {
    id: t.int32,
    at: t.timestamp,
    wall: t.timestampNtz,
    day: t.date,
    ok: t.boolean,
    share: t.float64,
    small: t.int8,
  }
  const typed = [
    ["whole", { at: "2024-03-10T02:30:00Z", wall: "2024-03-10 02:30:00", day: "2024-02-29", ok: "true", share: "1.5" }],
    ["no zone", { at: "2024-07-01 10:00:00", wall: "2024-07-01T10:00:00.123456" }],
    ["an offset", { at: "2024-07-01T10:00:00+02:00" }],
    ["numbers of floats", { share: "NaN" }],
    ["infinity", { share: "-Infinity" }],
    ["an exponent", { share: "1e-300" }],
    ["no date", { day: "2024-02-30" }],
    ["too large", { small: "300" }],
    ["no number", { share: "one" }],
    ["other words for true", { ok: "TRUE" }],
  ] as const

  describe.each(["csv", "json"])("values in %s", format => {
    test.each(typed)("%s: is what DuckDB reads", async (_, given) => {
      const values: { readonly [name: string]: string } = { id: "1", ...given }
      const names = Object.keys(kinds)
      const content =
        format === "csv"
          ? `${names.join(",")}\n${names.map(name => values[name] ?? "").join(",")}\n`
          : `${JSON.stringify(Object.fromEntries(names.map(name => [name, values[name] ?? null])))}\n`
      const path = file(content, format)
      const source = format === "csv" ? csvFiles(path, kinds, { header: true }) : jsonFiles(path, kinds)
      const found = []
      for (const session of sessions) found.push(await outcome(session.read(source).take(9)))
      expect(found[0]).toEqual(found[1])
    })
  })

  test("a fraction is no whole number", async () => {
    const path = file("small\n1.5\n", "csv")
    const read = onSpark().read(csvFiles(path, { small: t.int8 }, { header: true }))
    await expect(read.take(9)).rejects.toMatchObject({ code: "SOURCE_DATA_INVALID", details: { column: "small" } })
  })

  test("a path of any name is that file, and is named in an error", async () => {
    const path = join(folder, "a b%20[1]{x,y}*?é'.csv")
    writeFileSync(path, "id,name,price\n1,ann,1.50\n")
    writeFileSync(join(folder, "a b%201x.csv"), "id,name,price\n2,bob,2\n")
    expect(
      await onSpark()
        .read(csvFiles(path, columns, { header: true }))
        .take(9),
    ).toEqual([ann])
    writeFileSync(path, "id,name,price\none,ann,1.50\n")
    await expect(
      onSpark()
        .read(csvFiles(path, columns, { header: true }))
        .take(9),
    ).rejects.toMatchObject({
      code: "SOURCE_DATA_INVALID",
      details: { file: path, column: "id" },
      message: expect.stringContaining("'one'"),
    })
  })

  test("damaged files are told as such", async () => {
    const broken = file(Buffer.from("PAR1 this is no Parquet PAR1"), "parquet")
    const reads = [
      [parquetFiles(broken, columns), "SOURCE_DATA_INVALID"],
      [jsonFiles(file('{"id":1,\n', "json"), columns), "SOURCE_DATA_INVALID"],
      [jsonFiles(file('{"id":1,}\n', "json"), columns), "SOURCE_DATA_INVALID"],
      [jsonFiles(file('[{"id":1]\n', "json"), columns), "SOURCE_DATA_INVALID"],
      [csvFiles(file(Buffer.from("not gzip"), "csv.gz"), columns, { header: true }), "SOURCE_DATA_INVALID"],
    ] as const
    for (const [source, code] of reads) {
      await expect(onSpark().read(source).take(9), JSON.stringify(source)).rejects.toMatchObject({ code })
    }
  })

  test("folders of partitions give their values as the declared type", async () => {
    const rows = "(VALUES (1::BIGINT, '007', NULL), (2, 'a b/c=d', 5)) AS v(id, code, n)"
    const path = join(folder, "hive")
    const connection = await (await DuckDBInstance.create()).connect()
    await connection.run(`COPY (SELECT * FROM ${rows}) TO '${path}' (FORMAT parquet, PARTITION_BY (code, n))`)
    connection.closeSync()
    const declared = { id: t.int64, code: t.string, n: t.int32 }
    const found = []
    for (const session of sessions) {
      const read = session.read(parquetFiles(`${path}/**/*.parquet`, declared, { hivePartitioned: true }))
      found.push(await outcome(read.orderBy("id").take(9)))
    }
    expect(found[1]).toEqual([
      { id: 1n, code: "007", n: null },
      { id: 2n, code: "a b/c=d", n: 5 },
    ])
    expect(found[0]).toEqual(found[1])
  })

  describe("JSON", () => {
    test("is lines or an array, also in one source", async () => {
      const lines = file('{"id":1,"name":"ann","price":1.5}\n', "json")
      const array = file('[\n  {"price":"2.00","name":"bob","id":2,"more":[1]}\n]\n', "json")
      expect(
        await onSpark()
          .read(jsonFiles([lines, array], columns))
          .orderBy("id")
          .take(9),
      ).toEqual([ann, bob])
    })

    test("of several lines gives each of them", async () => {
      const lines = file('{"id":1,"name":"ann","price":1.5}\n{"id":2,"name":"bob","price":2}\n', "json")
      expect(await onSpark().read(jsonFiles(lines, columns)).orderBy("id").take(9)).toEqual([ann, bob])
    })

    test("of objects over several lines is refused, and not read in part", async () => {
      const path = file('{\n  "id": 1\n}\n{\n  "id": 2\n}\n', "json")
      await expect(onSpark().read(jsonFiles(path, columns)).take(9)).rejects.toMatchObject({
        code: "SOURCE_DATA_INVALID",
        details: { file: path },
      })
    })

    test("of another type is refused by its file", async () => {
      const path = file('{"id":1}\n{"id":"x"}\n', "json")
      await expect(onSpark().read(jsonFiles(path, columns)).take(9)).rejects.toMatchObject({
        code: "SOURCE_DATA_INVALID",
        details: { file: path },
      })
    })

    test.each([
      ["nested values", '{"id":1,"name":"a","price":1,"x":{"y":[1,null]}}\n'],
      ["nulls and what is absent", '{"id":null,"price":2}\n{"id":3,"name":null,"price":3}\n'],
      ["numbers as texts", '{"id":"7","name":"a","price":"1.25"}\n'],
      ["other values as texts", '{"id":1,"name":5,"price":1}\n{"id":2,"name":true,"price":2}\n'],
      ["no rows", "[]"],
      ["nothing", ""],
    ])("with %s gives what DuckDB reads", async (_, content) => {
      const path = file(content, "json")
      const found = []
      for (const session of sessions)
        found.push(await outcome(session.read(jsonFiles(path, columns)).orderBy("price").take(9)))
      expect(found[0]).toEqual(found[1])
    })
  })

  describe("Parquet", () => {
    const parquet = async (select: string) => {
      const connection = await (await DuckDBInstance.create()).connect()
      const path = join(folder, `stored-${++files}.parquet`)
      await connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`)
      connection.closeSync()
      return path
    }
    const stored = async (expression: string, type: unknown) => {
      const path = await parquet(`SELECT ${expression} AS "it's x"`)
      const row = await onSpark()
        .read(parquetFiles(path, { "it's x": type as typeof t.string }))
        .first()
      return row?.["it's x"] as unknown
    }

    test("without a declared column is refused by the column, and by the file among several", async () => {
      const whole = await parquet("SELECT 1::BIGINT AS id, 'ann' AS name")
      const less = await parquet("SELECT 2::BIGINT AS id")
      const read = (paths: string[]) =>
        onSpark()
          .read(parquetFiles(paths, { id: t.int64, name: t.string }))
          .take(9)
      await expect(read([less])).rejects.toMatchObject({ code: "SOURCE_DATA_INVALID", details: { column: "name" } })
      for (const paths of [
        [whole, less],
        [less, whole],
      ]) {
        await expect(read(paths)).rejects.toMatchObject({
          code: "SOURCE_DATA_INVALID",
          details: { column: "name", file: less },
        })
      }
    })

    test("of other types from file to file is read where each value keeps its meaning", async () => {
      const paths = [await parquet("SELECT 1::INTEGER AS ID"), await parquet("SELECT 2::BIGINT AS id, 'x' AS more")]
      const rows = await onSpark()
        .read(parquetFiles(paths, { id: t.int64 }))
        .orderBy("id")
        .take(9)
      expect(rows).toEqual([{ id: 1n }, { id: 2n }])
    })

    test("of another type is read where each value keeps its meaning", async () => {
      expect(await stored("7::INTEGER", t.int64)).toBe(7n)
      expect(await stored("7::UTINYINT", t.int32)).toBe(7)
      expect(await stored("7::DECIMAL(4,0)", t.int8)).toBe(7)
      expect(await stored("7::SMALLINT", t.float64)).toBe(7)
      expect(await stored("1.5::DECIMAL(3,1)", t.decimal(10, 2))).toBe("1.50")
      expect(await stored("'a'::ENUM('a')", t.string)).toBe("a")
      await expect(stored("3000000000::BIGINT", t.int32)).rejects.toThrow(/CAST_OVERFLOW/)
    })

    test("of a type whose values would change is refused by column and types", async () => {
      const refusals = [
        ["1.5::DOUBLE", t.int32],
        ["1.2555::DECIMAL(10,4)", t.decimal(10, 2)],
        ["1.5::DOUBLE", t.decimal(10, 2)],
        ["1::BIGINT", t.float64],
        ["'x'", t.int64],
        ["'x'", t.binary],
        ["'x'::BLOB", t.string],
        ["TIMESTAMP '2024-01-01 10:00:00'", t.date],
        ["'2024-01-01'", t.timestamp],
      ] as const
      for (const [expression, type] of refusals) {
        await expect(stored(expression, type), expression).rejects.toMatchObject({
          code: "SOURCE_DATA_INVALID",
          details: { column: "it's x" },
        })
      }
    })

    test("without a zone is UTC where an instant is declared, in any zone of the session", async () => {
      expect(await stored("TIMESTAMP '2024-01-01 10:00:00'", t.timestamp)).toBe("2024-01-01T10:00:00Z")
      expect(await stored("TIMESTAMPTZ '2024-01-01 10:00:00+00'", t.timestamp)).toBe("2024-01-01T10:00:00Z")
      expect(await stored("TIMESTAMP '2024-01-01 10:00:00'", t.timestampNtz)).toBe("2024-01-01T10:00:00")
    })
  })
})

/** What is read, or the code of its error. */
async function outcome(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work
  } catch (error) {
    return (error as { code?: unknown }).code ?? error
  }
}
