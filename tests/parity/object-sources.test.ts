import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { asset, defineConfig, definitions, materialize, objectStore, source } from "@assets/core"
import { csvFiles, frame, parquetFiles, t } from "@assets/dataframe"
import { sum } from "@assets/dataframe/functions"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { spark } from "@assets/io-spark"
import { describe, expect, onTestFinished, test } from "vitest"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { bucket, sharedObjectStore, skipsObjectStores } from "../object-store.ts"

const raw = `s3://${bucket}/raw`

const sales = source("raw/sales", csvFiles("sales/*.csv", { region: t.string, amount: t.int64 }, { header: true }))
const byRegion = asset("marts/by_region", {
  deps: { sales },
  returns: frame({ region: t.string, amount: t.int64 }),
  layout: { partitionBy: ["region"] },
  transform: ({ sales }) => sales.groupBy("region").agg(f => ({ amount: sum(f.amount) })),
})
const doubled = asset("marts/doubled", {
  deps: { byRegion },
  returns: frame({ region: t.string, amount: t.int64 }),
  transform: ({ byRegion }) => byRegion.select(f => ({ region: f.region, amount: f.amount.multiply(2n) })),
})

async function rowsOf<R>(frame: { rows(): AsyncIterable<R> }): Promise<R[]> {
  const rows: R[] = []
  for await (const row of frame.rows()) rows.push(row)
  return rows
}

const engines = { duckdb: () => duckdb(), spark: () => spark() } as const

for (const [name, engine] of Object.entries(engines)) {
  describe.skipIf(skipsObjectStores || (name === "spark" && skipsSpark))(`sources and assets on s3 on ${name}`, () => {
    sharedObjectStore()
    if (name === "spark") sharedSpark()

    test("are read, written, skipped while nothing changes, and made anew when an object has changed", async () => {
      const base = mkdtempSync(join(tmpdir(), "assets-s3-"))
      onTestFinished(() => rmSync(base, { recursive: true, force: true }))
      const store = objectStore()
      await store.put(`${raw}/sales/a.csv`, "region,amount\neu,1\nus x/y,2\n")
      await store.put(`${raw}/sales/b.csv`, "amount,region\n40,eu\n")
      await store.put(`${raw}/sales/_hidden.csv`, "nothing\n")
      const root = `s3://${bucket}/${name}`
      const { environments } = defineConfig({
        environments: {
          lake: { engine: engine(), io: parquetIO({ root }), sources: raw, state: { path: join(base, "state") } },
        },
      })
      const project = definitions({
        assets: [sales, byRegion, doubled],
        environments,
        state: { path: join(base, "state") },
      })
      const run = async () => materialize(project, { environment: "lake" })
      const first = await run()
      expect(first.steps.map(step => [step.key, step.status, step.error])).toEqual([
        ["marts/by_region", "materialized", undefined],
        ["marts/doubled", "materialized", undefined],
      ])
      expect(await rowsOf((await first.value(doubled)).orderBy("region"))).toEqual([
        { region: "eu", amount: 82n },
        { region: "us x/y", amount: 4n },
      ])
      const folders: string[] = []
      for await (const { url } of store.list(`${root}/marts/by_region/_versions/`))
        folders.push(url.split("/").at(-2) ?? "")
      expect(folders.filter(folder => folder.startsWith("region=")).length).toBe(2)
      expect((await run()).steps.map(step => step.status)).toEqual(["skipped", "skipped"])
      await store.put(`${raw}/sales/b.csv`, "amount,region\n50,eu\n")
      const again = await run()
      expect(again.steps.map(step => step.status)).toEqual(["materialized", "materialized"])
      expect((await rowsOf((await again.value(doubled)).orderBy("region")))[0]).toEqual({ region: "eu", amount: 102n })
    })

    test("Parquet that others made is read from its URL", async () => {
      const base = mkdtempSync(join(tmpdir(), "assets-s3-"))
      onTestFinished(() => rmSync(base, { recursive: true, force: true }))
      const root = `s3://${bucket}/${name}-foreign`
      const numbers = asset("raw/numbers", {
        returns: frame({ n: t.int64 }),
        version: "1",
        compute: () => [{ n: 1n }, { n: 2n }],
      })
      const settings = { engine: engine(), io: parquetIO({ root }) }
      const made = await materialize(
        definitions({ assets: [numbers], environments: { lake: settings }, state: { path: join(base, "a") } }),
        { environment: "lake" },
      )
      expect(made.status).toBe("succeeded")
      const others = source("others/numbers", parquetFiles(`${root}/raw/numbers/_versions/*/*.parquet`, { n: t.int64 }))
      const total = asset("marts/total", {
        deps: { others },
        returns: frame({ n: t.int64 }),
        transform: ({ others }) => others.agg(f => ({ n: sum(f.n) })),
      })
      const run = await materialize(
        definitions({ assets: [others, total], environments: { lake: settings }, state: { path: join(base, "b") } }),
        { environment: "lake" },
      )
      expect(run.steps.map(step => [step.key, step.status, step.error])).toEqual([
        ["marts/total", "materialized", undefined],
      ])
      expect(await rowsOf(await run.value(total))).toEqual([{ n: 3n }])
    })
  })
}
