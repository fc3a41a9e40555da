import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import type { DuckdbSession } from "../src/duckdb-session.ts"
import { openSession, options, schema, sorted, sql, table, temporaryFolder } from "./tables.ts"

const columns = schema({ s: "string", i: "int64" })

/** Writes so many rows in the order of a text that is computed for each: all of them are held at one time. */
async function writeSorted(session: DuckdbSession, rows: number) {
  const path = join(temporaryFolder(), "version")
  mkdirSync(path)
  const view = `rows_${rows}`
  await sql(
    session,
    `CREATE VIEW IF NOT EXISTS memory.main.${view} AS SELECT md5(CAST(i AS VARCHAR)) AS s, i FROM range(${rows}) t(i)`,
  )
  return session.write(sorted(table(view, columns), "s"), { kind: "files", format: "parquet", path }, options)
}

test("a write that does not fit tells how much it has spilled, and the limit that it had", async () => {
  const session = await openSession({ memoryLimit: "50MB", threads: 1 })
  const { usage } = await writeSorted(session, 1_500_000)
  expect(usage?.memoryLimitBytes).toBeGreaterThan(49e6)
  expect(usage?.memoryLimitBytes).toBeLessThan(51e6)
  expect(usage?.spilledBytes).toBeGreaterThan(10e6)
  expect(usage?.peakMemoryBytes).toBeGreaterThan(10e6)
  expect(usage?.shared).toBeUndefined()
})

test("a write that fits tells that nothing was spilled", async () => {
  const session = await openSession({ memoryLimit: "2GB", threads: 1 })
  const { usage } = await writeSorted(session, 1_500_000)
  expect(usage).toMatchObject({ spilledBytes: 0 })
  expect(usage?.peakMemoryBytes).toBeGreaterThan(50e6)
})

test("writes at one time tell that what they used is of all of them", async () => {
  const session = await openSession({ memoryLimit: "2GB", threads: 1 })
  const [one, other] = await Promise.all([writeSorted(session, 1_500_000), writeSorted(session, 1_500_001)])
  expect(one.usage?.shared).toBe(true)
  expect(other.usage?.shared).toBe(true)
})
