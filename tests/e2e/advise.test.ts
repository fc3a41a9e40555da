import { describe, expect, test } from "vitest"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { cliProject, shop } from "./cli-project.ts"

const lines = (stdout: string) => stdout.trim().split("\n")
const objects = (stdout: string) => lines(stdout).map(line => JSON.parse(line))

const config = (engine: string, io = 'parquetIO({ root: "data" })') => `import { defineConfig } from "@assets/core"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { spark } from "@assets/io-spark"
export default defineConfig({
  assets: ["./assets.ts"],
  environments: { local: { engine: ${engine}, io: ${io} } },
})
`

const numbers = `import { asset, source } from "@assets/core"
import { csvFiles, frame, t } from "@assets/dataframe"
import { explode, lit, md5, sequence } from "@assets/dataframe/functions"

export const blocks = source("raw/blocks", csvFiles("blocks.csv", { block: t.int64 }, { header: true }))

export const numbers = asset("staging/numbers", {
  deps: { blocks },
  returns: frame({ block: t.int64, id: t.int64 }),
  transform: ({ blocks }) => blocks.select("block", () => ({ id: explode(sequence(lit(1n), lit(1000n))) })),
})

export const sorted = asset("marts/sorted", {
  deps: { numbers },
  returns: frame({ block: t.int64, id: t.int64, text: t.string }),
  transform: ({ numbers }) =>
    numbers
      .withColumn("text", f => md5(f.id.multiply(1000003n).plus(f.block).cast(t.string).cast(t.binary)))
      .orderBy(f => f.text.asc()),
})

export const divided = asset("marts/divided", {
  deps: { blocks },
  returns: frame({ block: t.int64, rest: t.int64 }),
  layout: { partitionBy: ["block"] },
  transform: ({ blocks }) => blocks.filter(f => f.block.lt(40n)).withColumn("rest", f => f.block.mod(7n)),
})
`

const blocks = `block\n${Array.from({ length: 2_000 }, (_, i) => i).join("\n")}\n`

describe("plan --advise on DuckDB", () => {
  test("tells of what spilled and of many small files, with figures and fixes, and changes nothing", async () => {
    const project = cliProject({
      "assets.config.ts": config('duckdb({ memoryLimit: "100MB", threads: 1 })'),
      "assets.ts": numbers,
      "blocks.csv": blocks,
    })
    const before = await project.assets(["plan", "--advise"])
    expect([before.code, before.stderr]).toEqual([0, ""])
    expect(before.stdout).toContain("not measured: no materialization by duckdb in 'local'")
    expect(before.stdout).not.toContain("fix:")

    const run = await project.assets(["materialize", "--concurrency", "1"])
    expect([run.code, run.stderr]).toEqual([0, ""])
    const { code, stdout } = await project.assets(["plan", "--advise"])
    expect(code).toBe(0)
    const told = lines(stdout)
    const below = (key: string) => told[told.findIndex(line => line.includes(key)) + 1]
    expect(below("SKIP  marts/sorted")).toMatch(
      /^ +memory_limit: .* spilled with a limit of 99\.\d MB; fix: engine: duckdb\(\{ memoryLimit: "\d00MB" \}\)$/,
    )
    expect(below("SKIP  marts/divided")).toMatch(/^ +small_files: has 40 files of .* leave "block" out of /)
    expect(told.at(-1)).toMatch(/^Done\. run=0 maybe=0 skip=3 in /)

    const json = objects((await project.assets(["plan", "--advise", "--json"])).stdout)
    const sorted = json.find(({ key, advice }) => key === "marts/sorted" && advice)
    expect(sorted).toMatchObject({ engine: "duckdb", measured: { durationMs: expect.any(Number) }, notMeasured: [] })
    expect(sorted.advice[0].figures.spilledBytes).toBe(sorted.measured.usage.spilledBytes)
    expect(sorted.advice[0].figures.spilledBytes).toBeGreaterThan(5e6)
    expect(json.filter(({ id }) => id)).toHaveLength(3)
  })

  test("says nothing of an asset that is well, and what it could not look at", async () => {
    const project = cliProject({
      ...shop,
      "assets.config.ts": config("duckdb()", 'duckdbFileIO({ path: "w.duckdb" })'),
    })
    expect(await project.assets(["materialize", "--quiet"])).toMatchObject({ code: 0, stderr: "" })
    const { code, stdout } = await project.assets(["plan", "--advise", "staging/large"])
    expect(code).toBe(0)
    const [step, unknown, done] = lines(stdout)
    expect(step).toContain("staging/large")
    expect(unknown).toMatch(/^ +not measured: (memory and spill, )?bytes stored$/)
    expect(done).toContain("skip=1")
  })
})

describe.skipIf(skipsSpark)("plan --advise on Spark", () => {
  sharedSpark()

  test("tells that a tiny asset does not need the cluster, and how to compute it in one process", async () => {
    const project = cliProject({ ...shop, "assets.config.ts": config("spark()") })
    const run = await project.assets(["materialize", "--quiet"])
    expect([run.code, run.stderr]).toEqual([0, ""])
    const json = objects((await project.assets(["plan", "--advise", "--json", "staging/large"])).stdout)
    const large = json.find(({ advice }) => advice)
    expect(large).toMatchObject({ engine: "spark", measured: { usage: { shufflePartitions: 2 } } })
    expect(large.notMeasured).toEqual(["memory and spill"])
    expect(large.advice).toMatchObject([
      {
        rule: "needs_no_cluster",
        figures: { readBytes: Buffer.byteLength(shop["orders.csv"] ?? ""), writtenBytes: large.measured.bytes },
        fix: 'route: { "key:staging/large": { engine: "small" } }, engines: { small: duckdb() }',
      },
    ])
  })
})
