import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Relation } from "@assets/dataframe"
import { spark } from "@assets/io-spark"
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { connect } from "../../packages/io-spark/src/connect/client.ts"
import { sql } from "../../packages/io-spark/src/connect/relation.ts"
import { scratchFolder, sparkLaunch, startedSpark } from "../../packages/io-spark/test/started-spark.ts"
import { CliProject, shop } from "../e2e/cli-project.ts"
import { type MiniCluster, sparkHome, startMiniCluster } from "./mini-cluster.ts"

const config = `
import { defineConfig } from "@assets/core"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { spark } from "@assets/io-spark"

const conf = { "spark.yarn.jars": "local:" + process.env.SPARK_HOME + "/jars/*", "spark.sql.shuffle.partitions": 2 }
export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "local",
  environments: {
    local: { engine: duckdb(), io: parquetIO({ root: "data-local" }) },
    yarn: {
      engine: spark({ master: "yarn", executorMemory: "512m", executorCores: 1, executorInstances: 1, conf }),
      io: parquetIO({ root: "data-yarn" }),
    },
  },
})
`

const example = join(import.meta.dirname, "../../examples/flights")

/** The example of flights, with its environment of Spark on YARN, and its assets on HDFS. */
function flights(): CliProject {
  const files = Object.fromEntries(
    ["assets.ts", "delay-model.ts", "assets.config.ts"].map(name => [name, readFileSync(join(example, name), "utf8")]),
  )
  const onYarn = `
    const conf = { "spark.yarn.jars": "local:" + process.env.SPARK_HOME + "/jars/*", "spark.sql.shuffle.partitions": 2 }
    const engine = spark({ master: "yarn", executorMemory: "512m", executorCores: 1, executorInstances: 1, conf })`
  const text = files["assets.config.ts"] ?? ""
  const changed = text
    .replace("export default", `${onYarn}\nexport default`)
    .replace(
      /engine: spark\(\), io: parquetIO\(\{ root: "[^"]+" \}\)/,
      `engine, io: parquetIO({ root: "hdfs://\${NAMENODE}/lake" })`,
    )
  expect(changed).toMatch(/engine, io: parquetIO\(\{ root: "hdfs:/)
  return new CliProject({ ...files, "assets.config.ts": changed })
}

describe("a cluster of YARN and HDFS", { timeout: 600_000 }, () => {
  let cluster: MiniCluster
  let project: CliProject
  beforeAll(async () => {
    cluster = await startMiniCluster()
    project = new CliProject({ ...shop, "assets.config.ts": config })
  }, 600_000)
  afterAll(async () => {
    project?.remove()
    await cluster?.stop()
  })

  const variables = () => ({ ...process.env, HADOOP_CONF_DIR: cluster.conf, SPARK_LOCAL_IP: "127.0.0.1" })

  // Verify itself compares nothing that another engine than the environment's has computed.
  test("computes what DuckDB computes, with Parquet on a disk that both see", async () => {
    const verified = await project.assets(["verify", "--env", "local", "--against", "yarn"], { env: variables() })
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining("Verified. same=3 ") })
  })

  test("keeps the example of flights on hdfs://, equal to DuckDB's on a disk, and finds it current afterwards", async () => {
    const project = flights()
    onTestFinished(() => project.remove())
    const env = { ...variables(), NAMENODE: cluster.hdfs.replace("hdfs://", "") }
    const verified = await project.assets(["verify", "--env", "local", "--against", "spark"], { env })
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining("Verified. same=6 ") })
    const again = await project.assets(["materialize", "--env", "spark"], { env })
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("ok=0 ") })
  })

  test("reads and writes files on hdfs:// by the engine", async () => {
    const conf = { "spark.yarn.jars": `local:${sparkHome}/jars/*` }
    const options = { master: "yarn", sparkHome, executorMemory: "512m", executorInstances: 1, conf }
    const server = await startedSpark({ launch: sparkLaunch(options, variables()) })
    const client = await connect(server.remote)
    const path = `${cluster.hdfs}/made/ids`
    await client.write(sql("select id from range(1000)"), { format: "parquet", path, mode: "error" })
    await client.close()
    const { host, port, token } = server.remote
    const session = await spark({ remote: `sc://${host}:${port}/;token=${token}` }).open({
      timeZone: "UTC",
      scratch: scratchFolder(),
      now: new Date(0),
      signal: new AbortController().signal,
    })
    onTestFinished(() => session.close())
    const schema = { columns: [{ name: "id", type: { kind: "int64" } }] } as const
    const files: Relation = { kind: "files", format: "parquet", paths: [path], schema }
    let rows = 0
    for await (const batch of session.batches(files, new AbortController().signal)) rows += batch.numRows
    expect(rows).toBe(1000)
  })
})
