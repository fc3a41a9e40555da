import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import { type Cost, type Line, ratio } from "../measure.ts"
import { peerScript } from "./pyspark.ts"
import type { MeasuredServer } from "./server.ts"
import { type Pipeline, tinyPipeline } from "./work.ts"

const project = join(import.meta.dirname, "../projects/spark")
const cli = join(import.meta.dirname, "../../../packages/cli/dist/main.js")
const LIMIT = 1.05

export interface PairOptions {
  /** For this run. */
  readonly folder: string
  /** With the tables of TPC-H. */
  readonly data: string
  readonly python: string
  readonly server: MeasuredServer
  readonly pairs: number
}

/** A pipeline through `assets materialize` and by PySpark, each on the server, and the rows of both compared. */
export async function comparedPipeline(pipeline: Pipeline, options: PairOptions): Promise<Line[]> {
  const ours = (of: Pipeline) => runOurs(of, options)
  const peer = (of: Pipeline) => runPeer(of, options)
  const tiny = tinyPipeline(options.data)
  // What the server loads and compiles for a plan the first time is nobody's.
  for (const of of [tiny, pipeline]) for (const side of [ours, peer]) await side(of)
  const result = await ratio(
    { run: () => ours(pipeline), startUp: () => ours(tiny) },
    { run: () => peer(pipeline), startUp: () => peer(tiny) },
    options.pairs,
  )
  // Of the last pair.
  const different = await differentSteps(pipeline, options.folder)
  const seconds = `${result.ours.toFixed(1)} s against ${result.peer.toFixed(1)} s of CPU`
  const startUp = `start-up ${result.startUp[0].toFixed(2)} s against ${result.startUp[1].toFixed(2)} s`
  const quartiles = `${result.lowerQuartile.toFixed(3)}–${result.upperQuartile.toFixed(3)}, ${result.pairs} pairs`
  return [
    {
      what: `${pipeline.what}, on Spark`,
      figure: `${result.median.toFixed(3)} × (${quartiles}; ${seconds}; ${startUp})`,
      limit: `${LIMIT} × PySpark`,
      holds: result.lowerQuartile <= LIMIT,
    },
    {
      what: `${pipeline.what}, rows`,
      figure:
        different.length === 0 ? `equal in all ${pipeline.work.steps.length}` : `other ones in ${different.join(", ")}`,
      limit: "those of PySpark",
      holds: different.length === 0,
    },
  ]
}

const oursIn = (folder: string) => join(folder, "ours")
const peerIn = (folder: string) => join(folder, "peer")

function runOurs({ selection }: Pipeline, { folder, data, server }: PairOptions): Promise<Cost> {
  const output = oursIn(folder)
  rmSync(output, { recursive: true, force: true })
  const env = { BENCH_SOURCES: data, BENCH_OUTPUT: output, SPARK_REMOTE: server.remote }
  const args = [cli, "materialize", ...selection, "--quiet"]
  return server.cost({ program: process.execPath, args, cwd: project, env })
}

function runPeer({ work }: Pipeline, { folder, python, server }: PairOptions): Promise<Cost> {
  const output = peerIn(folder)
  rmSync(output, { recursive: true, force: true })
  mkdirSync(output, { recursive: true })
  const file = join(folder, "work.json")
  writeFileSync(file, JSON.stringify(work))
  return server.cost({ program: python, args: [peerScript, "run", server.remote, file, output] })
}

/** The steps of which the two sides have not the same rows, whatever their order. */
async function differentSteps({ work }: Pipeline, folder: string): Promise<string[]> {
  const instance = await DuckDBInstance.create(":memory:")
  const connection = await instance.connect()
  try {
    const different: string[] = []
    for (const { key, name } of work.steps) {
      const ours = `read_parquet('${join(oursIn(folder), "data", key, "latest", "*.parquet")}')`
      const peer = `read_parquet('${join(peerIn(folder), name, "*.parquet")}')`
      const counted = await connection.runAndReadAll(
        `SELECT (SELECT count(*) FROM (FROM ${ours} EXCEPT ALL FROM ${peer})) + (SELECT count(*) FROM (FROM ${peer} EXCEPT ALL FROM ${ours})),
                (SELECT count(*) FROM ${ours})`,
      )
      const [[differences, rows] = []] = counted.getRowsJson()
      if (differences !== "0" || rows === "0") different.push(key)
    }
    return different
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
