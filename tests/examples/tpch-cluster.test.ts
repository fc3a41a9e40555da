import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { makeTables } from "../../examples/tpch/generator.ts"
import { sharedCluster } from "../../packages/io-spark/test/standalone-cluster.ts"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { CliProject } from "../e2e/cli-project.ts"
import { fetchedGenerator } from "./tpch-data.ts"

const example = join(import.meta.dirname, "../../examples/tpch")
const assets = ["tables.ts", "queries-1-11.ts", "queries-12-22.ts"]
const extension = fetchedGenerator()

const config = `
import { defineConfig } from "@assets/core"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { deltaIO, spark } from "@assets/io-spark"

const sources = "data-tables"
export default defineConfig({
  assets: ["./tables.ts", "./queries-*.ts"],
  defaultEnvironment: "local",
  environments: {
    local: { engine: duckdb(), io: parquetIO({ root: "data" }), sources },
    lake: { engine: spark(), io: deltaIO({ root: "data-lake" }), sources },
  },
})
`

const isLeftOut = skipsSpark || (!extension && !process.env.CI)

describe.skipIf(isLeftOut)("the example of TPC-H on a standalone cluster", { timeout: 900_000 }, () => {
  const cluster = sharedCluster({ workers: 2 })
  sharedSpark(async () => ({
    master: await cluster().url(),
    driverMemory: "640m",
    executorMemory: "512m",
    executorCores: 1,
  }))
  let project: CliProject

  beforeAll(async () => {
    if (!extension) throw new Error("The generator of TPC-H could not be fetched with pip.")
    const files = assets.map(name => [name, readFileSync(join(example, name), "utf8")])
    project = new CliProject({ ...Object.fromEntries(files), "assets.config.ts": config })
    await makeTables(extension, 0.02, project.path("data-tables"))
  })
  afterAll(() => project?.remove())

  // As Parquet files they are held to DuckDB's on a Spark of one process; twice here would take too long.
  test("stores of its 22 queries in Delta tables what DuckDB stores, with not one line of the assets changed", async () => {
    const verified = await project.assets(["verify", "--env", "local", "--against", "lake"])
    expect([verified.code, verified.stderr]).toEqual([0, ""])
    expect(verified.stdout).toMatch(/\nVerified\. same=22 different=0 failed=0 in \S+\n$/)
    expect(cluster().executors()).toHaveLength(2)
  })
})
