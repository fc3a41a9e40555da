import { DuckDBInstance } from "@duckdb/node-api"
import { duckdbPrelude } from "../../../packages/dataframe/src/sql/compile-sql.ts"
import type { Golden } from "./golden-file.ts"
import { createGoldenTables } from "./golden-tables.ts"
import type { CaseOutcome } from "./parity-page.ts"
import { runCase } from "./run-case.ts"

/** How each case comes out on DuckDB. */
export async function duckdbOutcomes(
  golden: Golden,
): Promise<{ readonly outcomes: ReadonlyMap<string, CaseOutcome>; readonly version: string }> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" })
  const connection = await instance.connect()
  try {
    await connection.run("SET TimeZone = 'UTC'")
    for (const statement of duckdbPrelude) await connection.run(statement)
    await createGoldenTables(connection, golden)
    const outcomes = new Map<string, CaseOutcome>()
    for (const c of golden.cases) {
      const { kind } = await runCase(connection, golden, c)
      outcomes.set(c.id, kind === "not yet" ? "open" : kind)
    }
    const [row] = await (await connection.run("SELECT version()")).getRowsJS()
    return { outcomes, version: String(row?.[0]).replace(/^v/, "") }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
