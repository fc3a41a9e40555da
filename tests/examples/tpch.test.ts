import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Asset, definitions, inMemory, materialize, type Run } from "@assets/core"
import { duckdb } from "@assets/io-duckdb"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import * as first from "../../examples/tpch/queries-1-11.ts"
import * as second from "../../examples/tpch/queries-12-22.ts"
import * as tables from "../../examples/tpch/tables.ts"
import { byHand, makeTpch, tpchExtension } from "./tpch-data.ts"

const queries = { ...first, ...second }
const extension = tpchExtension()
if (!extension) console.log("TPC-H is left out: the generator could not be fetched with pip.")

let folder: string
let texts: ReadonlyMap<number, string>
let run: Run

/** Numbers to ten digits and five places: a mean of decimals has six places in Spark, and is a double by hand. */
function comparable(value: unknown): unknown {
  const text = String(value)
  const isNumber = typeof value !== "object" && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)
  return isNumber ? Number(Number(Number(text).toPrecision(10)).toFixed(5)) : value
}

const sorted = (rows: readonly (readonly unknown[])[]) => rows.map(row => JSON.stringify(row.map(comparable))).sort()

describe.skipIf(!extension && !process.env.CI)("the queries of TPC-H", () => {
  beforeAll(async () => {
    if (!extension) throw new Error("The generator of TPC-H could not be fetched with pip.")
    folder = mkdtempSync(join(tmpdir(), "assets-tpch-"))
    texts = await makeTpch(extension, 0.02, folder)
    const project = definitions({
      assets: { ...queries, ...tables },
      environments: { test: { ...inMemory({ engine: duckdb({ threads: 2 }) }), sources: folder } },
      base: folder,
    })
    run = await materialize(project, { environment: "test" })
  }, 120_000)
  afterAll(async () => {
    await run?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test("are all there, and all ran", () => {
    expect(Object.keys(queries)).toHaveLength(22)
    expect(run.steps.filter(step => step.status !== "materialized").map(step => [step.key, step.error])).toEqual([])
  })

  test.each(Object.entries(queries))("%s gives what its SQL gives", async (name, query) => {
    const frame = await run.value(query as Asset<(typeof queries)["q1"]["returns"]>)
    const rows: unknown[][] = []
    for await (const row of frame.rows()) rows.push(Object.values(row))
    const wanted = await byHand(folder, texts.get(Number(name.slice(1))) ?? "")
    expect(sorted(rows)).toEqual(sorted(wanted))
  })
})
