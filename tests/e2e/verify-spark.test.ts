import { describe, expect, test } from "vitest"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { cliProject, shop } from "./cli-project.ts"

const config = `import { defineConfig } from "@assets/core"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { spark } from "@assets/io-spark"
export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "local",
  environments: {
    local: { engine: duckdb(), io: parquetIO({ root: "data" }) },
    file: { engine: duckdb(), io: duckdbFileIO({ path: "warehouse.duckdb" }) },
    spark: { engine: spark(), io: parquetIO({ root: "data-spark" }) },
    copied: { extends: "spark", io: parquetIO({ root: "data-copied" }) },
  },
})
`

/** Sums of doubles that hang on the order in which they are added: there is no other of the numbers. */
const sums = `
import { rowGenerator } from "./rows.ts"
export const numbers = asset("raw/numbers", {
  returns: frame({ id: t.int64, x: t.float64 }),
  version: "1",
  compute: () => rowGenerator(),
})
export const totals = asset("marts/totals", {
  deps: { numbers },
  returns: frame({ kind: t.int64, total: t.float64, mean: t.float64 }),
  transform: ({ numbers }) =>
    numbers.withColumn("kind", f => f.id.mod(4n)).groupBy("kind").agg(f => ({ total: sum(f.x), mean: avg(f.id) })),
})
`

const rows = `export function* rowGenerator() {
  for (let id = 0; id < 100_000; id++) yield { id, x: ((id * 7919) % 100_003) / 7 }
}
`

describe.skipIf(skipsSpark)("verify against Spark", () => {
  sharedSpark()

  test("finds no difference, and compares by DuckDB what both have stored", async () => {
    const project = cliProject({ ...shop, "assets.config.ts": config })
    const verified = await project.assets(["verify", "--against", "spark"])
    expect([verified.code, verified.stderr]).toEqual([0, ""])
    expect(verified.stdout).toMatch(/\nVerified\. same=3 different=0 failed=0 in \S+\n$/)
    // Of a server that nobody answers for nothing is asked: what is unchanged is compared where it lies.
    const nowhere = { env: { SPARK_REMOTE: "sc://127.0.0.1:9/" } }
    const again = await project.assets(["verify", "--env", "spark", "--against", "local", "--quiet"], nowhere)
    expect(again).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/^Verified\. same=3 /) })
    await project.assets(["materialize", "--env", "file", "--quiet"])
    const file = await project.assets(["verify", "--env", "spark", "--against", "file", "--quiet"], nowhere)
    expect(file).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/^Verified\. same=3 /) })
  })

  test("takes means of whole numbers to the bit, and sums of doubles but for their last ones", async () => {
    const text = `${shop["assets.ts"]}${sums}`.replace("{ count, sum }", "{ avg, count, sum }")
    const project = cliProject({ ...shop, "assets.config.ts": config, "assets.ts": text, "rows.ts": rows })
    const exact = await project.json<{
      type: string
      key: string
      why: string | null
      difference: { columns: readonly { readonly name: string }[] }
    }>(["verify", "marts/totals", "--against", "spark", "--key", "kind"])
    const totals = exact.find(({ type }) => type === "asset_compared")
    expect(totals?.difference.columns.map(({ name }) => name)).not.toContain("mean")
    const near = await project.assets([
      "verify",
      "raw/numbers",
      "marts/totals",
      "--against",
      "spark",
      "--tolerance",
      "1e-7%",
    ])
    expect([near.code, near.stdout]).toEqual([0, expect.stringContaining("SAME marts/totals 4 rows\n")])
  })

  test("names what was copied from another engine, and fails where Spark is not there", async () => {
    const project = cliProject({ ...shop, "assets.config.ts": config })
    await project.assets(["materialize", "--quiet"])
    expect((await project.assets(["copy", "--from", "local", "--to", "copied"])).code).toBe(0)
    const copied = await project.assets(["verify", "--against", "copied"])
    expect(copied.stdout).toContain(
      "SKIP marts/customers (what 'copied' has was computed by duckdb: copied, reused, or made before the engine was changed; --force computes it there)",
    )
    const nowhere = { env: { SPARK_REMOTE: "sc://127.0.0.1:9/" } }
    const failed = await project.assets(["verify", "--against", "spark"], nowhere)
    expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining("assets runs show ")])
    expect(failed.stdout).toContain("FAIL staging/large (failed with ENGINE_UNREACHABLE in 'spark')")
  })
})
