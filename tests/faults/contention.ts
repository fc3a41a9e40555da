// npm run contention -- [--seconds 60] : four processes materialize overlapping selections into one DuckDB file and one
// Parquet root at the same time, while two others read. Ends with 1 when anything is lost, half-read or refused.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { materialize } from "@assets/core"
import { ioContext } from "@assets/core/testing"
import Database from "better-sqlite3"
import { appendedKeys, contentionProject, keys, lakeOf } from "./contention-project.ts"
import type { ReaderReport } from "./contention-reader.ts"
import type { WriterReport } from "./contention-writer.ts"
import { buildPrograms, Program } from "./program.ts"
import { HandReader, leftovers } from "./stored-by-hand.ts"

const writers = 4
const readers = 2

export interface Contention {
  readonly figures: { readonly [what: string]: number }
  /** What must not be: lost, doubled or half-read data, refused runs and reads, what is left over. */
  readonly faults: readonly string[]
}

/** Lets the processes at one project for some seconds, and looks at what they left. */
export async function contention(seconds: number): Promise<Contention> {
  const folder = mkdtempSync(join(tmpdir(), "assets-contention-"))
  const programs = buildPrograms(["contention-writer.ts", "contention-reader.ts"])
  const env = { TMPDIR: join(folder, "tmp") }
  mkdirSync(env.TMPDIR)
  const start = <Report extends object>(name: string, ...args: readonly (string | number)[]) =>
    reportOf(new Program<Report>(join(programs, name), [folder, ...args.map(String)], env))
  try {
    const first = await materialize(contentionProject(folder, 1))
    if (first.status !== "succeeded") throw new Error("the first run failed")
    const begin = Date.now()
    const [wrote, read] = await Promise.all([
      Promise.all(numbers(writers).map(i => start<WriterReport>("contention-writer.mjs", i, begin, seconds))),
      Promise.all(numbers(readers).map(() => start<ReaderReport>("contention-reader.mjs", seconds))),
    ])
    const faults = [
      ...[...wrote, ...read].flatMap(one => one.errors),
      ...read.flatMap(one => one.violations),
      ...(await lostAppends(folder, wrote)),
      ...(await disagreements(folder)),
      ...(await leftOver(folder)),
    ]
    if (faults.length === 0) rmSync(folder, { recursive: true, force: true })
    else faults.push(`the folder is kept: ${folder}`)
    return { figures: figuresOf(wrote, read), faults }
  } finally {
    rmSync(programs, { recursive: true, force: true })
  }
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)

async function reportOf<Report extends object>(program: Program<Report>): Promise<Report> {
  const report = await program.next()
  const { code } = await program.end()
  if (!report || code !== 0) throw new Error(`a process ended with ${code}: ${program.complaints}`)
  return report
}

function figuresOf(wrote: readonly WriterReport[], read: readonly ReaderReport[]): Contention["figures"] {
  const sum = (counts: readonly number[]) => counts.reduce((total, one) => total + one, 0)
  return {
    runs: sum(wrote.map(one => one.runs)),
    materializations: sum(wrote.map(one => one.materializations)),
    skips: sum(wrote.map(one => one.skips)),
    "waits told": sum(wrote.map(one => one.waits)),
    "longest wait, ms": Math.round(Math.max(...wrote.map(one => one.longestWaitMs))),
    reads: sum(read.map(one => one.reads)),
    "longest read, ms": Math.round(Math.max(...read.map(one => one.longestReadMs))),
    "reads begun anew": sum(read.map(one => one.anew)),
    errors: sum([...wrote, ...read].map(one => one.errors.length)),
    "half reads": sum(read.map(one => one.violations.length)),
  }
}

/** What was told to be appended is there; that it is there once, the readers say of each read, and of this one. */
async function lostAppends(folder: string, wrote: readonly WriterReport[]): Promise<string[]> {
  const faults: string[] = []
  for (const key of appendedKeys) {
    const hand = new HandReader(folder, key.startsWith("lake/") ? "parquet" : "duckdb")
    const there = new Set((await hand.read([key])).flatMap(held => [...held.generations.keys()]))
    for (const generation of new Set(wrote.flatMap(one => one.appended[key] ?? []))) {
      if (!there.has(generation)) faults.push(`${key}: generation ${generation} was told to be appended, and is lost`)
    }
  }
  return faults
}

/** The event log tells of what is stored, and of nothing that goes on. */
async function disagreements(folder: string): Promise<string[]> {
  const faults: string[] = []
  const stored = new Map<string, string>()
  for (const storage of ["parquet", "duckdb"] as const) {
    const own = keys.filter(key => key.startsWith("lake/") === (storage === "parquet"))
    for (const { key, partition, id } of await new HandReader(folder, storage).read(own)) {
      stored.set(`${key}|${partition ?? ""}`, id)
    }
  }
  const db = new Database(join(folder, "state", "assets.db"), { readonly: true })
  const latest = db.prepare("select key, partition, materialization from latest").all() as {
    key: string
    partition: string
    materialization: string
  }[]
  for (const { key, partition, materialization } of latest) {
    const id = stored.get(`${key}|${partition.slice(1)}`)
    if (keys.includes(key) && id !== materialization)
      faults.push(`${key}: the log says ${materialization}, stored is ${id}`)
  }
  for (const table of ["leases", "reads", "runs where status = 'running'"]) {
    const { n } = db.prepare(`select count(*) as n from ${table}`).get() as { n: number }
    if (n > 0) faults.push(`${n} ${table} are left`)
  }
  db.close()
  return faults
}

async function leftOver(folder: string): Promise<string[]> {
  await lakeOf(folder).collect?.({ ...ioContext(folder), dryRun: false, inUse: () => new Set() }, keys)
  const lake = leftovers(
    folder,
    "parquet",
    keys.filter(key => key.startsWith("lake/")),
  )
  return [...lake, ...leftovers(folder, "duckdb", [])].map(name => `left over: ${name}`)
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { seconds: { type: "string" } } })
  const seconds = Number(values.seconds ?? 60)
  const { figures, faults } = await contention(seconds)
  console.log(`${writers} processes write and ${readers} read for ${seconds} s`)
  console.log(`| what | figure |\n| --- | ---: |`)
  for (const [what, figure] of Object.entries(figures)) console.log(`| ${what} | ${figure} |`)
  for (const fault of faults) console.log(fault)
  process.exitCode = faults.length === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
