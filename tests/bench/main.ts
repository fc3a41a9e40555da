// npm run bench [-- start types steps history rows pipeline memory tpch functions] : prints each figure beside its limit. ROWS,
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
  functions: async () => (await import("./functions.ts")).functions({ rows: number("ROWS", 1_000_000), ...options }),
}

console.log(`${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`)
mkdirSync(scratch, { recursive: true })
for (const [name, run] of Object.entries(benchmarks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const folder = mkdtempSync(join(scratch, "bench-"))
  try {
    for (const { what, figure, limit, holds } of await run(folder)) {
      console.log(`${holds ? "ok  " : "OVER"} ${what}: ${figure}; limit ${limit}`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
