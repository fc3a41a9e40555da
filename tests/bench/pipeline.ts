import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import { type Cost, cost, type Line, ratio, type Side } from "./measure.ts"

const here = import.meta.dirname
const cli = join(here, "../../packages/cli/dist/main.js")

/** Makes the input: sales events with a fixed seed, and the products that they name. */
async function makeSources(folder: string, rows: number): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const instance = await DuckDBInstance.create(":memory:")
  const connection = await instance.connect()
  await connection.run("select setseed(0.5)")
  await connection.run(
    `copy (select i as id, timestamp '2026-01-01' + to_seconds(cast(i % 15552000 as bigint)) as time,
             cast(hash(i) % 500000 as bigint) as customer, 'product-' || (hash(i + 1) % 2000) as product,
             cast(hash(i + 2) % 12 as integer) - 1 as quantity, round((hash(i + 3) % 100000) / 100.0, 2)::double as price
           from range(${rows}) t(i)) to '${folder}/events.parquet' (format parquet, compression zstd)`,
  )
  await connection.run(
    `copy (select 'product-' || i as product, 'category-' || (i % 40) as category from range(2000) t(i))
     to '${folder}/products.parquet' (format parquet)`,
  )
  connection.closeSync()
  instance.closeSync()
}

function sides(kind: "parquet" | "file", folder: string): { readonly ours: Side; readonly peer: Side } {
  const output = join(folder, "out")
  const clean = () => rmSync(output, { recursive: true, force: true })
  const ours = async (sources: string): Promise<Cost> => {
    clean()
    const env = { BENCH_SOURCES: sources, BENCH_OUTPUT: output }
    return cost({
      program: process.execPath,
      args: [cli, "materialize", "--env", kind],
      cwd: join(here, "projects/pipeline"),
      env,
    })
  }
  const peer = async (sources: string): Promise<Cost> => {
    clean()
    return cost({ program: process.execPath, args: [join(here, "by-hand.mjs"), kind, sources, output] })
  }
  const [large, small] = [join(folder, "large"), join(folder, "small")]
  return {
    ours: { run: () => ours(large), startUp: () => ours(small) },
    peer: { run: () => peer(large), startUp: () => peer(small) },
  }
}

/** The pipeline on both IO managers against the same SQL and files by hand. Limit: 1.05 at the lower quartile. */
export async function pipeline(folder: string, { rows = 20_000_000, pairs = 9 } = {}): Promise<Line[]> {
  await makeSources(join(folder, "large"), rows)
  await makeSources(join(folder, "small"), 1)
  const lines: Line[] = []
  for (const kind of ["parquet", "file"] as const) {
    const { ours, peer } = sides(kind, folder)
    const result = await ratio(ours, peer, pairs)
    const quartiles = `${result.lowerQuartile.toFixed(3)}–${result.upperQuartile.toFixed(3)}`
    lines.push({
      what: `pipeline of ${rows / 1e6} M rows, DuckDB + ${kind === "parquet" ? "Parquet" : "DuckDB file"}`,
      figure: `${result.median.toFixed(3)} × (${quartiles}, ${pairs} pairs; ${result.ours.toFixed(1)} s against ${result.peer.toFixed(1)} s of CPU; start-up ${result.startUp[0].toFixed(2)} s against ${result.startUp[1].toFixed(2)} s)`,
      limit: "1.05 × by hand",
      holds: result.lowerQuartile <= 1.05,
    })
  }
  return lines
}
