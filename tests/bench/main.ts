// npm run bench [-- start types steps history rows pipeline memory tpch spark functions] : prints each figure beside its limit; spark is spark-start,
// spark-compilers, spark-select, spark-flights and spark-tpch. ROWS,
// PAIRS, EVENTS, SCALE and SIZE_GB make it shorter; MEMORY is another memory limit.
// npm run bench -- functions --only decimal : the forms with "decimal" in their name; --write stores what the function reference shows.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { cpus, totalmem } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import type { Line } from "./measure.ts"

const root = join(import.meta.dirname, "../..")
// Inside the workspace, so that the projects made there find its packages.
const scratch = join(root, "tests", ".tmp")
const number = (name: string, otherwise: number) => Number(process.env[name] ?? otherwise)

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string", default: "" }, write: { type: "boolean", default: false } },
})

const tables = async (scale: number) => (await import("./tpch.ts")).tpchFiles(scratch, scale)

const benchmarks: { readonly [name: string]: (folder: string) => Promise<Line[]> } = {
  start: async folder => (await import("./start.ts")).start(folder),
  types: async folder => (await import("./types.ts")).typeCheck(folder),
  steps: async folder => (await import("./steps.ts")).steps(folder),
  history: async folder => (await import("./history.ts")).history(folder, { events: number("EVENTS", 1_000_000) }),
  rows: async folder => (await import("./rows.ts")).rows(folder),
  pipeline: async folder =>
    (await import("./pipeline.ts")).pipeline(folder, { rows: number("ROWS", 20_000_000), pairs: number("PAIRS", 9) }),
  memory: async folder =>
    (await import("./memory.ts")).memory(folder, {
      gigabytes: number("SIZE_GB", 10),
      memoryLimit: process.env.MEMORY ?? "1GiB",
    }),
  tpch: async folder =>
    (await import("./tpch.ts")).tpch(folder, { scratch, scale: number("SCALE", 1), pairs: number("PAIRS", 9) }),
  "spark-start": async folder =>
    (await import("./spark/start.ts")).sparkStart(folder, { data: await tables(0.01), times: number("PAIRS", 5) }),
  "spark-compilers": async folder => {
    const scale = number("SCALE", 1)
    const { sparkCompilers } = await import("./spark/compiler.ts")
    return sparkCompilers(folder, { data: await tables(scale), scale, times: number("PAIRS", 3) })
  },
  "spark-select": async folder => (await import("./spark/against-pyspark.ts")).selectAgainstPyspark(folder),
  "spark-flights": async folder => {
    const { flightsAgainstPyspark } = await import("./spark/against-pyspark.ts")
    return flightsAgainstPyspark(folder, { data: await tables(0.01), pairs: number("PAIRS", 9) })
  },
  "spark-tpch": async folder => {
    const scale = number("SCALE", 1)
    const { tpchAgainstPyspark } = await import("./spark/against-pyspark.ts")
    return tpchAgainstPyspark(folder, { data: await tables(scale), scale, pairs: number("PAIRS", 9) })
  },
  functions: async () => (await import("./functions.ts")).functions({ rows: number("ROWS", 1_000_000), ...options }),
}

console.log(`${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`)
mkdirSync(scratch, { recursive: true })
for (const [name, run] of Object.entries(benchmarks)) {
  if (wanted.length > 0 && !wanted.some(one => name === one || name.startsWith(`${one}-`))) continue
  const folder = mkdtempSync(join(scratch, "bench-"))
  try {
    for (const { what, figure, limit, holds } of await run(folder)) {
      console.log(`${holds ? "ok  " : "OVER"} ${what}: ${figure}; limit ${limit}`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
