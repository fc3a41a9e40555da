import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Asset, definitions, materialize, type Run } from "@assets/core"
import { parquetIO } from "@assets/io-parquet"
import { spark } from "@assets/io-spark"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import * as first from "../../examples/tpch/queries-1-11.ts"
import * as second from "../../examples/tpch/queries-12-22.ts"
import * as tables from "../../examples/tpch/tables.ts"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { type ByHand, comparableRows, makeTpch, openByHand, tpchExtension } from "../examples/tpch-data.ts"

const queries = { ...first, ...second }
const extension = tpchExtension()

let folder: string
let texts: ReadonlyMap<number, string>
let byHand: ByHand
let run: Run

describe.skipIf(skipsSpark || (!extension && !process.env.CI))("the queries of TPC-H on Spark", () => {
  sharedSpark()

  beforeAll(async () => {
    if (!extension) throw new Error("The generator of TPC-H could not be fetched with pip.")
    folder = mkdtempSync(join(tmpdir(), "assets-tpch-spark-"))
    texts = await makeTpch(extension, 0.02, folder)
    byHand = await openByHand(folder)
    const engine = spark()
    const project = definitions({
      assets: { ...queries, ...tables },
      environments: { spark: { engine, io: parquetIO({ root: "data" }), sources: folder } },
      base: folder,
    })
    run = await materialize(project, { environment: "spark" })
  }, 600_000)
  afterAll(async () => {
    await run?.close()
    byHand?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test("are all there, and all ran", () => {
    expect(run.steps.filter(step => step.status !== "materialized").map(step => [step.key, step.error])).toEqual([])
    expect(Object.keys(queries)).toHaveLength(22)
  })

  test.each(Object.entries(queries))("%s gives what its SQL gives on DuckDB", async (name, query) => {
    const frame = await run.value(query as Asset<(typeof queries)["q1"]["returns"]>)
    const rows: unknown[][] = []
    for await (const row of frame.rows()) rows.push(Object.values(row))
    const wanted = (await byHand.read(texts.get(Number(name.slice(1))) ?? "")).getRowsJson()
    expect(comparableRows(rows)).toEqual(comparableRows(wanted))
  })
})
