import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { duckdb } from "@assets/io-duckdb"
import { DuckDBInstance } from "@duckdb/node-api"
import { afterAll, beforeAll, expect, test } from "vitest"
import { elt, expr, lit, toTimestamp } from "../src/functions.ts"
import { openSession, parquetFiles, type Session, t } from "../src/index.ts"

let folder: string
let session: Session
const columns = { number: t.string, day: t.string, flag: t.string, place: t.int32 }

// Few values, so that they are stored as a dictionary, and no nulls.
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "assets-cast-"))
  const instance = await DuckDBInstance.create(":memory:")
  const connection = await instance.connect()
  await connection.run(
    `COPY (SELECT CAST(i % 100 AS VARCHAR) AS number, CAST(DATE '2024-01-01' + CAST(i % 50 AS INTEGER) AS VARCHAR) AS day,
       CASE WHEN i % 2 = 0 THEN 'true' ELSE 'false' END AS flag, CAST(i % 2 + 1 AS INTEGER) AS place
     FROM range(1000) t(i)) TO '${join(folder, "rows.parquet")}' (FORMAT parquet)`,
  )
  instance.closeSync()
  session = await openSession(duckdb({ threads: 1 }))
})
afterAll(async () => {
  await session?.close()
  rmSync(folder, { recursive: true, force: true })
})

const rows = () => session.read(parquetFiles(join(folder, "rows.parquet"), columns))
type Row = Parameters<Parameters<ReturnType<typeof rows>["filter"]>[0]>[0]

test.each([
  ["int", (f: Row) => f.number.cast(t.int32).lt(1), 10],
  ["decimal", (f: Row) => f.number.cast(t.decimal(10, 2)).lt(lit(1)), 10],
  ["double", (f: Row) => f.number.cast(t.float64).lt(1), 10],
  ["date", (f: Row) => f.day.cast(t.date).lt("2024-01-02"), 20],
  ["timestamp", (f: Row) => f.day.cast(t.timestamp).lt("2024-01-02T00:00:00Z"), 20],
  ["timestamp_ntz", (f: Row) => f.day.cast(t.timestampNtz).lt("2024-01-02T00:00:00"), 20],
  ["boolean", (f: Row) => f.flag.cast(t.boolean), 500],
  ["a parsed timestamp", (f: Row) => toTimestamp(f.day, "yyyy-MM-dd").lt("2024-01-02T00:00:00Z"), 20],
  ["an element by its place", (f: Row) => elt(f.place, lit("a"), lit("b")).equalTo("a"), 500],
  ["a remainder", () => expr("10 % place = 0", t.boolean), 1000],
] as const)(
  "a filter by a cast to %s takes the rows of a Parquet file whose values are in a dictionary",
  async (_, condition, n) => {
    expect(await rows().filter(condition).count()).toBe(n)
  },
)
