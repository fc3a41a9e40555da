import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { comparableRows, makeTpch, tpchExtension } from "../examples/tpch-data.ts"
import { type Cost, cost, type Line, type Ratio, ratio, type Side } from "./measure.ts"
import { openOurs, openPeer, type QuerySide, queryNumbers, textsFile } from "./tpch-sides.ts"

const LIMIT = 1.1
/** The least CPU time of the peer in one measurement of one query. */
const QUERY_SECONDS = 0.5

/** The tables at a scale factor as Parquet files, made once and kept beside what else the tests fetch. */
async function tpchFiles(scratch: string, scale: number): Promise<string> {
  const kept = join(scratch, `tpch-sf${scale}`)
  if (existsSync(kept)) return kept
  const extension = tpchExtension()
  if (!extension) throw new Error("The generator of TPC-H could not be fetched with pip.")
  const folder = `${kept}-${process.pid}`
  mkdirSync(folder)
  try {
    const texts = await makeTpch(extension, scale, folder)
    writeFileSync(join(folder, textsFile), JSON.stringify(queryNumbers.map(number => texts.get(number))))
    renameSync(folder, kept)
    return kept
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Processes of their own that run all queries: the whole of a process tree is measured, and its start subtracted. */
function passes(kind: "ours" | "sql", folder: string, times: number): Side {
  const script = join(import.meta.dirname, "tpch-pass.ts")
  const pass = (count: number) =>
    cost({ program: process.execPath, args: ["--import", "tsx", script, kind, folder, String(count)] })
  return { run: () => pass(times), startUp: () => pass(0) }
}

/** One query some times over, in this process. */
function repeated(side: QuerySide, number: number, times: number): Side {
  const run = async (): Promise<Cost> => {
    const cpu = process.cpuUsage()
    const start = performance.now()
    for (let i = 0; i < times; i++) await side.run(number)
    const { user, system } = process.cpuUsage(cpu)
    return { cpuSeconds: (user + system) / 1e6, wallSeconds: (performance.now() - start) / 1000 }
  }
  return { run, startUp: async () => ({ cpuSeconds: 0, wallSeconds: 0 }) }
}

const figureOf = ({ median, lowerQuartile, upperQuartile, pairs }: Ratio) =>
  `${median.toFixed(3)} × (${lowerQuartile.toFixed(3)}–${upperQuartile.toFixed(3)}, ${pairs} pairs`

async function lineOfQuery(ours: QuerySide, peer: QuerySide, number: number, pairs: number): Promise<Line> {
  await repeated(ours, number, 2).run()
  const { cpuSeconds } = await repeated(peer, number, 2).run()
  const times = Math.max(1, Math.ceil((QUERY_SECONDS * 2) / cpuSeconds))
  const result = await ratio(repeated(ours, number, times), repeated(peer, number, times), pairs)
  const milliseconds = (seconds: number) => ((seconds * 1000) / times).toFixed(1)
  return {
    what: `TPC-H query ${number}`,
    figure: `${figureOf(result)} of ${times}; ${milliseconds(result.ours)} ms against ${milliseconds(result.peer)} ms of CPU)`,
    limit: `${LIMIT.toFixed(2)} × its SQL`,
    holds: result.lowerQuartile <= LIMIT,
  }
}

/** Whether each query gives the rows that its SQL gives. */
async function lineOfRows(ours: QuerySide, peer: QuerySide): Promise<Line> {
  const different: number[] = []
  for (const number of queryNumbers) {
    const rows = [comparableRows(await ours.rows(number)), comparableRows(await peer.rows(number))]
    if (JSON.stringify(rows[0]) !== JSON.stringify(rows[1])) different.push(number)
  }
  const figure = different.length === 0 ? "22 queries give the same rows" : `other rows in ${different.join(", ")}`
  return { what: "TPC-H, rows", figure, limit: "those of its SQL", holds: different.length === 0 }
}

/** The 22 queries of TPC-H, written with DataFrames, against their SQL on the same DuckDB, over the same Parquet files. */
export async function tpch(scratch: string, { scale = 1, pairs = 9, times = 2 } = {}): Promise<Line[]> {
  const folder = await tpchFiles(scratch, scale)
  const lines: Line[] = []
  const [ours, peer] = [await openOurs(folder), await openPeer(folder)]
  try {
    lines.push(await lineOfRows(ours, peer))
    for (const number of queryNumbers) lines.push(await lineOfQuery(ours, peer, number, pairs))
  } finally {
    await ours.close()
    await peer.close()
  }
  const total = await ratio(passes("ours", folder, times), passes("sql", folder, times), pairs)
  const seconds = `${total.ours.toFixed(1)} s against ${total.peer.toFixed(1)} s of CPU`
  const startUp = `start-up ${total.startUp[0].toFixed(2)} s against ${total.startUp[1].toFixed(2)} s`
  lines.push({
    what: `TPC-H, all 22 queries ${times} times at scale factor ${scale}`,
    figure: `${figureOf(total)}; ${seconds}; ${startUp})`,
    limit: `${LIMIT.toFixed(2)} × its SQL`,
    holds: total.lowerQuartile <= LIMIT,
  })
  return lines
}
