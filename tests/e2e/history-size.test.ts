import { statSync } from "node:fs"
import Database from "better-sqlite3"
import { expect, test } from "vitest"
import { cliProject } from "./cli-project.ts"

const columns = Array.from({ length: 10 }, (_, i) => `measured_value_${i}`)

/** Partitioned tables with columns, checks, inputs and metadata, as a team would have them. */
const files = {
  "assets.ts": `import { asset, daily } from "@assets/core"
import { frame, t } from "@assets/dataframe"
import { accepted, notNull, range, rowCount, unique } from "@assets/dataframe/checks"

const partitions = daily({ start: "2026-01-01", end: "2026-03-02" })
const columns = { id: t.int64, name: t.string, ${columns.map(name => `${name}: t.float64`).join(", ")} }

export const events = asset("staging/customer_events", {
  partitions,
  returns: frame(columns),
  version: "1",
  checks: [unique("id"), notNull("name"), range("measured_value_0", { min: 0 }), rowCount({ min: 1 })],
  compute: (_, { partition, metadata, log }) => {
    log.info("fetched", { day: partition.key })
    metadata({ source: "https://api.example.com/v2/events", pages: 12, requestId: "0192e4a0-0000-7000-8000-000000000000" })
    return Array.from({ length: 20 }, (_, i) => ({
      id: BigInt(i), name: "customer " + i, ${columns.map((name, i) => `${name}: i * ${i + 1}.5`).join(", ")},
    }))
  },
})
export const daily_totals = asset("marts/daily_totals_by_customer", {
  partitions,
  deps: { events },
  returns: frame(columns),
  checks: [unique("id"), notNull("name"), accepted("name", ["customer 1"], { severity: "warn" })],
  transform: ({ events }) => events.withColumn("measured_value_0", f => f.measured_value_0.plus(1)),
})
`,
}

test("the history of a step takes at most 2 kB of the file, tables and indexes and all", async () => {
  const project = cliProject(files)
  const { code, stdout } = await project.assets(["materialize", "--partitions", "all", "--concurrency", "1"])
  expect(stdout).toContain("Done. ok=120 ")
  expect(code).toBe(0)
  const path = project.path(".assets/assets.db")
  const db = new Database(path)
  db.pragma("wal_checkpoint(TRUNCATE)")
  const tables = db.prepare("SELECT count(*) FROM sqlite_schema").pluck().get() as number
  db.close()
  // An empty file has a page for each table and index.
  const bytes = statSync(path).size - tables * 4096
  expect(bytes / 120).toBeLessThan(2_000)
})
