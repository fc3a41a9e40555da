import { objectStoreAt } from "@assets/core"
import { describe, expect, test } from "vitest"
import { cliProject } from "../e2e/cli-project.ts"
import { freePort } from "../loopback-server.ts"
import { bucket, sharedEmulator } from "./gcs-emulator.ts"

const project = (engine: string, io: string) =>
  cliProject({
    "assets.config.ts": `import { defineConfig } from "@assets/core"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { deltaIO, spark } from "@assets/io-spark"
const engines = { duckdb, spark }
export default defineConfig({
  assets: ["./assets.ts"],
  environments: { lake: { engine: engines.${engine}(), io: ${io}({ root: "gs://\${BUCKET}/${io}" }) } },
})
`,
    "raw.csv": "id\n1\n2\n",
    "assets.ts": `import { asset, source } from "@assets/core"
import { csvFiles, frame, t } from "@assets/dataframe"
export const raw = source("raw/rows", csvFiles("raw.csv", { id: t.int64 }, { header: true }))
export const copied = asset("marts/copied", {
  deps: { raw }, returns: frame({ id: t.int64 }), transform: ({ raw }) => raw.select("id"),
})
`,
  })

/** A server that nobody answers for: none is asked, and none is started. */
const nowhere = { BUCKET: bucket, SPARK_REMOTE: "sc://127.0.0.1:9/" }

describe.each(["parquetIO", "deltaIO"])("%s on gs://", io => {
  sharedEmulator()

  test("is refused with DuckDB when the config loads", async () => {
    const { code, stderr } = await project("duckdb", io).assets(["list"], { env: { BUCKET: bucket } })
    expect([code, stderr]).toEqual([2, expect.stringContaining("ENVIRONMENT_UNSUPPORTED")])
    expect(stderr).toContain("Use engine: spark()")
  })

  test("tells what the store refuses before Spark is asked for", async () => {
    const away = `http://127.0.0.1:${await freePort()}`
    for (const [env, told, fix] of [
      [{ BUCKET: "no-such-bucket" }, "STORAGE_BUCKET_MISSING", "gcloud storage buckets create gs://no-such-bucket"],
      [{ STORAGE_EMULATOR_HOST: away }, "STORAGE_UNREACHABLE", "unset STORAGE_EMULATOR_HOST"],
    ] as const) {
      const args = ["materialize", "--env", "lake"]
      const { code, stderr } = await project("spark", io).assets(args, { env: { ...nowhere, ...env } })
      expect([code, stderr]).toEqual([1, expect.stringContaining(told)])
      expect(stderr).toContain(fix)
    }
  })

  test("is looked at by the doctor", async () => {
    await objectStoreAt(`gs://${bucket}`).put(`gs://${bucket}/there`, "")
    const doctor = (env: object) =>
      project("spark", io).assets(["doctor", "--env", "lake"], { env: { ...nowhere, ...env } })
    expect((await doctor({})).stdout).toContain(`gs://${bucket}/${io}`)
    const { code, stdout } = await doctor({ BUCKET: "no-such-bucket" })
    expect([code, stdout]).toEqual([1, expect.stringContaining("There is no bucket 'no-such-bucket'.")])
  })
})
