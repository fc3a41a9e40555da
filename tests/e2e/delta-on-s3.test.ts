import { objectStore } from "@assets/core"
import { openSession, parquetFiles, t } from "@assets/dataframe"
import { duckdb } from "@assets/io-duckdb"
import { describe, expect, test } from "vitest"
import { connect } from "../../packages/io-spark/src/connect/client.ts"
import { sql } from "../../packages/io-spark/src/connect/relation.ts"
import { parseRemote } from "../../packages/io-spark/src/connect/remote.ts"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { bucket, sharedObjectStore, skipsObjectStores } from "../object-store.ts"
import { cliProject, shop } from "./cli-project.ts"

const columns = { customer: t.string, orders: t.int64, cents: t.int64 }
const root = `s3://${bucket}/lake`
const config = `import { defineConfig } from "@assets/core"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { deltaIO, spark } from "@assets/io-spark"
export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "local",
  environments: {
    local: { engine: duckdb(), io: parquetIO({ root: "data" }) },
    lake: { engine: spark(), io: deltaIO({ root: "s3://\${BUCKET}/lake" }), vars: { BUCKET: "${bucket}" } },
  },
})
`

/** The names of the files that the log of a table says are its rows, in the order of its commits. */
async function filesOfTable(table: string): Promise<string[]> {
  const store = objectStore()
  const files = new Set<string>()
  for await (const { url } of store.list(`${table}/_delta_log/`)) {
    if (!/\/\d{20}\.json$/.test(url)) continue
    const text = Buffer.from((await store.get(url))?.bytes ?? []).toString("utf8")
    for (const line of text.split("\n").filter(Boolean)) {
      const { add, remove } = JSON.parse(line)
      if (remove) files.delete(remove.path)
      if (add) files.add(add.path)
    }
  }
  return [...files].map(path => `${table}/${decodeURIComponent(path)}`)
}

describe.skipIf(skipsObjectStores || skipsSpark)("Delta on S3 from the command line", () => {
  sharedObjectStore()
  sharedSpark()

  test("holds what another environment computes, and its files are read by others, and by Spark", async () => {
    const project = cliProject({ ...shop, "assets.config.ts": config })
    const run = await project.assets(["materialize", "--env", "lake"])
    expect([run.code, run.stderr]).toEqual([0, ""])
    // Nothing is left to do, and no Spark is asked for that.
    const nowhere = { env: { SPARK_REMOTE: "sc://127.0.0.1:9/" } }
    const again = await project.assets(["materialize", "--env", "lake", "--quiet"], nowhere)
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("skipped=3")])
    const verified = await project.assets(["verify", "--env", "lake", "--against", "local"])
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringMatching(/\nVerified\. same=3 different=0 /)])
    const files = await filesOfTable(`${root}/marts/customers`)
    await using session = await openSession(duckdb())
    const rows: unknown[] = []
    for (const url of files) for await (const row of session.read(parquetFiles(url, columns)).rows()) rows.push(row)
    const wanted = [{ customer: "ada", orders: 2n, cents: 2225n }]
    expect(rows).toEqual(wanted)
    const table = `s3a${root.slice("s3".length)}/marts/customers`
    const client = await connect(parseRemote(process.env.SPARK_REMOTE ?? ""))
    try {
      const found: unknown[] = []
      for await (const batch of client.batches(sql(`SELECT * FROM delta.\`${table}\``)))
        for (const row of batch) found.push({ ...row?.toJSON() })
      expect(found).toEqual(wanted)
    } finally {
      await client.close()
    }
  })
})
