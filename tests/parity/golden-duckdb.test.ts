import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"
import { afterAll, beforeAll, expect, test } from "vitest"
import { duckdbPrelude } from "../../packages/dataframe/src/sql/compile-sql.ts"
import { readGolden } from "./golden/golden-file.ts"
import { createGoldenTables } from "./golden/golden-tables.ts"
import { runCase } from "./golden/run-case.ts"

const golden = readGolden()
/** Cases of functions that the table has not got yet. Lower it with each function that is added. */
const notYet = 0

let instance: DuckDBInstance
let connection: DuckDBConnection

beforeAll(async () => {
  instance = await DuckDBInstance.create(":memory:", { threads: "1" })
  connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  for (const statement of duckdbPrelude) await connection.run(statement)
  await createGoldenTables(connection, golden)
})

afterAll(() => {
  connection?.closeSync()
  instance?.closeSync()
})

test("DuckDB gives what Spark gave for every case of the functions in the table", async () => {
  const count = { passed: 0, refused: 0, "not yet": 0, open: 0 }
  const open: string[] = []
  const missing = new Set<string>()
  for (const c of golden.cases) {
    const outcome = await runCase(connection, golden, c)
    count[outcome.kind]++
    if (outcome.kind === "open") open.push(`${c.id} | ${c.sparkSql} | ${outcome.why}`)
    if (outcome.kind === "not yet") missing.add(outcome.name)
  }
  console.log(`passed: ${count.passed}, refused: ${count.refused}, not yet: ${count["not yet"]}, open: ${count.open}`)
  console.log(`functions not yet in the table: ${[...missing].sort().join(" ")}`)
  expect(open).toEqual([])
  expect(count["not yet"]).toBe(notYet)
})
