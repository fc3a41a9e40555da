import { execFile } from "node:child_process"
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { build } from "esbuild"
import { makeTables } from "../../examples/tpch/generator.ts"
import { fetchedGenerator } from "../examples/tpch-data.ts"
import { cost, type Line, ratio, type Side } from "./measure.ts"
import { limit, ratioText } from "./tpch-queries.ts"
import { queryNumbers, textsFile } from "./tpch-sides.ts"

/** The tables at a scale factor as Parquet files, made once and kept in a scratch folder. */
export async function tpchFiles(scratch: string, scale: number): Promise<string> {
  const kept = join(scratch, `tpch-sf${scale}`)
  if (existsSync(kept)) return kept
  const extension = fetchedGenerator()
  if (!extension) throw new Error("The generator of TPC-H could not be fetched with pip.")
  const folder = `${kept}-${process.pid}`
  mkdirSync(folder)
  try {
    const texts = await makeTables(extension, scale, folder)
    writeFileSync(join(folder, textsFile), JSON.stringify(queryNumbers.map(number => texts.get(number))))
    renameSync(folder, kept)
    return kept
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The measured program as JavaScript: what loads TypeScript would be measured with each import. */
async function processScript(folder: string): Promise<string> {
  const outfile = join(folder, "tpch-process.mjs")
  const entryPoints = [join(import.meta.dirname, "tpch-process.ts")]
  await build({ entryPoints, outfile, bundle: true, format: "esm", platform: "node", packages: "external" })
  return outfile
}

/**
 * The 22 queries of TPC-H, written with DataFrames, against their SQL on the same DuckDB, over the same Parquet files.
 * Planning is measured, and that the rows come into memory. `folder` is for this run, `scratch` for the tables.
 */
export async function tpch(
  folder: string,
  { scratch, scale = 1, pairs = 9, times = 2 }: { scratch: string; scale?: number; pairs?: number; times?: number },
): Promise<Line[]> {
  const data = await tpchFiles(scratch, scale)
  const script = await processScript(folder)
  const each = await promisify(execFile)(process.execPath, [script, "each", data, String(pairs)])
  const passes = (side: "ours" | "sql"): Side => {
    const pass = (count: number) => cost({ program: process.execPath, args: [script, side, data, String(count)] })
    return { run: () => pass(times), startUp: () => pass(0) }
  }
  const total = await ratio(passes("ours"), passes("sql"), pairs)
  const seconds = `${total.ours.toFixed(1)} s against ${total.peer.toFixed(1)} s of CPU`
  const startUp = `start-up ${total.startUp[0].toFixed(2)} s against ${total.startUp[1].toFixed(2)} s`
  return [
    ...(JSON.parse(each.stdout) as Line[]), // what tpch-process printed
    {
      what: `TPC-H, all 22 queries ${times} times at scale factor ${scale}`,
      figure: `${ratioText(total)}; ${seconds}; ${startUp})`,
      limit: `${limit.toFixed(2)} × its SQL`,
      holds: total.lowerQuartile <= limit,
    },
  ]
}
