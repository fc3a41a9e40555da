import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { cacheFolder } from "@assets/core"
import type { SparkOptions } from "@assets/io-spark"
import { type Cost, cost, type Line, quantile } from "../measure.ts"
import { eventLogConf, serverTimes } from "./event-log.ts"

const project = join(import.meta.dirname, "../projects/spark")
const cli = join(import.meta.dirname, "../../../packages/cli/dist/main.js")
/** The longest that the archive of classes may take, which is made with the least priority. */
const ARCHIVE_MS = 10 * 60_000

export interface StartBenchOptions {
  /** With the tables of TPC-H. */
  readonly data: string
  readonly times: number
}

/** Seconds from the command to the points of a start, and the processor's until it had ended. */
interface Start extends Cost {
  readonly parts: { readonly [part: string]: number }
}

type Mode = "cold" | "archived" | "warm"

/**
 * `assets materialize` of five rows, with the server that it starts: without an archive of classes, with one, and with
 * a server that a command before it has left.
 */
export async function sparkStart(folder: string, { data, times }: StartBenchOptions): Promise<Line[]> {
  const cache = cacheWithoutArchive(folder)
  const starts: { [mode in Mode]: Start[] } = { cold: [], archived: [], warm: [] }
  for (let i = 0; i < times; i++) {
    rmSync(join(cache, "spark", "classes"), { recursive: true, force: true })
    starts.cold.push(await startOnce({ folder, data, cache }))
    await archiveMade(cache)
    starts.archived.push(await startOnce({ folder, data, cache }))
  }
  const keepAlive = { keepAlive: "30s" }
  await startOnce({ folder, data, cache, options: keepAlive })
  for (let i = 0; i < times; i++) starts.warm.push(await startOnce({ folder, data, cache, options: keepAlive }))
  return (["cold", "archived", "warm"] as const).map(mode => lineOf(mode, starts[mode]))
}

/** A cache with the jars of the user's own, and nothing else. */
function cacheWithoutArchive(folder: string): string {
  const cache = join(folder, "cache")
  const own = join(cacheFolder(process.env), "spark")
  mkdirSync(join(cache, "spark"), { recursive: true })
  for (const name of readdirSync(own)) {
    if (/^\d/.test(name)) symlinkSync(join(own, name), join(cache, "spark", name))
  }
  return cache
}

async function archiveMade(cache: string): Promise<void> {
  const classes = join(cache, "spark", "classes")
  const deadline = Date.now() + ARCHIVE_MS
  while (!existsSync(classes) || !readdirSync(classes).some(name => name.endsWith(".jsa") && !name.includes(".list"))) {
    if (Date.now() > deadline) throw new Error("No archive of classes was made.")
    await sleep(500)
  }
}

interface OneStart {
  readonly folder: string
  readonly data: string
  readonly cache: string
  readonly options?: SparkOptions
}

async function startOnce({ folder, data, cache, options = {} }: OneStart): Promise<Start> {
  const events = join(folder, "events")
  // A kept server goes on to write its one file.
  if (options.keepAlive === undefined) rmSync(events, { recursive: true, force: true })
  mkdirSync(events, { recursive: true })
  const output = join(folder, "out")
  rmSync(output, { recursive: true, force: true })
  const engine: SparkOptions = { master: "local[2]", driverMemory: "1g", conf: eventLogConf(events), ...options }
  const env = { BENCH_SOURCES: data, BENCH_OUTPUT: output, BENCH_SPARK: JSON.stringify(engine), ASSETS_CACHE: cache }
  const began = Date.now()
  const args = [cli, "materialize", "bench/tiny", "--quiet"]
  const used = await cost({ program: process.execPath, args, cwd: project, env: { ...env, SPARK_REMOTE: "" } })
  const { context, answers, sessions, tasks } = serverTimes(events)
  const after = (at: readonly number[]) => Math.min(...at.filter(time => time >= began))
  const isNew = context >= began
  const points = {
    ...(isNew && { "Spark begins": context, "server answers": answers }),
    session: after(sessions),
    "first task": after(tasks),
  }
  const parts = Object.entries(points).map(([part, at]) => [part, (at - began) / 1000])
  return { ...used, parts: { ...Object.fromEntries(parts), "command ends": used.wallSeconds } }
}

function lineOf(mode: Mode, starts: readonly Start[]): Line {
  const seconds = (values: readonly number[]) => quantile(values, 0.5).toFixed(2)
  const names = Object.keys(starts[0]?.parts ?? {})
  const parts = names.map(name => `${name} ${seconds(starts.map(start => start.parts[name] ?? Number.NaN))}`)
  const cpu = seconds(starts.map(start => start.cpuSeconds))
  const whose = mode === "warm" ? "of the command alone" : "with the server"
  return {
    what: `assets materialize of five rows on Spark, ${mode}`,
    figure: `${parts.join(", ")} s; ${cpu} s of CPU ${whose} (median of ${starts.length})`,
    limit: "none",
    holds: true,
  }
}
