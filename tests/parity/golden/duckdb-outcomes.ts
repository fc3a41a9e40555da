import { DuckDBInstance } from "@duckdb/node-api"
import { duckdbPrelude } from "../../../packages/dataframe/src/sql/compile-sql.ts"
import type { Golden } from "./golden-file.ts"
import { createGoldenTables } from "./golden-tables.ts"
import { type Outcome, runCase } from "./run-case.ts"

/** How each case comes out on DuckDB. */
export async function duckdbOutcomes(
  golden: Golden,
): Promise<{ readonly outcomes: ReadonlyMap<string, Outcome>; readonly version: string }> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" })
  const connection = await instance.connect()
  try {
    await connection.run("SET TimeZone = 'UTC'")
    for (const statement of duckdbPrelude) await connection.run(statement)
    await createGoldenTables(connection, golden)
    const outcomes = new Map<string, Outcome>()
    for (const c of golden.cases) outcomes.set(c.id, await runCase(connection, golden, c))
    const [row] = await (await connection.run("SELECT version()")).getRowsJS()
    return { outcomes, version: String(row?.[0]).replace(/^v/, "") }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
