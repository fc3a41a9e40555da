import { spark } from "@assets/io-spark"
import { describe, expect, onTestFinished, test } from "vitest"
import type { SparkSession } from "../../packages/io-spark/src/spark-session.ts"
import { scratchFolder } from "../../packages/io-spark/test/started-spark.ts"
import { CliProject } from "../e2e/cli-project.ts"
import { sparkHome } from "./mini-cluster.ts"

/** A metastore in a folder, which one server at a time opens. */
const metastore = (folder: string) => ({
  "spark.sql.catalogImplementation": "hive",
  "spark.hadoop.javax.jdo.option.ConnectionURL": `jdbc:derby:;databaseName=${folder};create=true`,
})

const files = {
  "assets.ts": `
import { asset, staticPartitions } from "@assets/core"
import { frame, t } from "@assets/dataframe"

const generation = Number(process.env.GENERATION)
const returns = frame({ id: t.int64, at: t.timestamp })
const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ id: BigInt(10 * generation + i), at: new Date(0) }))

export const whole = asset("marts/hourly", { returns, version: String(generation), compute: () => rows(2) })
export const added = asset("marts/added", { returns, version: String(generation), write: "append", compute: () => rows(1) })
export const parts = asset("marts/parts", {
  returns,
  version: String(generation),
  partitions: staticPartitions(["it's", "a/b=1", "100%"]),
  compute: () => rows(1),
})
`,
  "assets.config.ts": `
import { defineConfig } from "@assets/core"
import { spark, tableIO } from "@assets/io-spark"

const conf = ${JSON.stringify(metastore("METASTORE"))}
const environment = (format: "orc" | "parquet") => ({
  engine: spark({ master: "local[2]", conf }),
  io: tableIO({ format, root: format, database: format + "_marts" }),
})
export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "orc",
  environments: { orc: environment("orc"), parquet: environment("parquet") },
})
`,
}

describe("a metastore of Hive", { timeout: 600_000 }, () => {
  test.each(["orc", "parquet"] as const)("shows the current rows of tables of %s to later servers", async format => {
    const project = new CliProject(files)
    onTestFinished(() => project.remove())
    const folder = project.path("metastore")
    project.write({ "assets.config.ts": files["assets.config.ts"].replaceAll("METASTORE", folder) })
    for (const generation of [1, 2]) {
      const env = { ...process.env, SPARK_HOME: sparkHome, GENERATION: String(generation) }
      const ran = await project.assets(["materialize", "--env", format, "--partitions", "all"], { env })
      expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining(" failed=0 ") })
    }
    const engine = spark({ master: "local[1]", sparkHome, conf: metastore(folder) })
    const signal = new AbortController().signal
    const session = await engine.open({ timeZone: "UTC", scratch: scratchFolder(), now: new Date(0), signal })
    onTestFinished(() => session.close())
    const { catalog } = session as SparkSession // of this engine
    const ids = (table: string) => catalog.ask(`SELECT id FROM ${format}_marts.${table} ORDER BY id`)
    expect(await ids("marts__hourly")).toEqual([["20"], ["21"]])
    expect(await ids("marts__added")).toEqual([["10"], ["20"]])
    const parts = `SELECT id, _partition_key FROM ${format}_marts.marts__parts ORDER BY _partition_key`
    expect(await catalog.ask(parts)).toEqual(["100%", "a/b=1", "it's"].map(key => ["20", key]))
  })
})
