import { comparableRows } from "../examples/tpch-data.ts"
import { type Cost, type Line, quantile, type Ratio, ratio, type Side } from "./measure.ts"
import { type QuerySide, queryNumbers } from "./tpch-sides.ts"

export const limit = 1.1
/** The least CPU time of the peer in one measurement of one query. */
const querySeconds = 0.5

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

export function ratioText({ median, lowerQuartile, upperQuartile, pairs }: Ratio): string {
  return `${median.toFixed(3)} × (${lowerQuartile.toFixed(3)}–${upperQuartile.toFixed(3)}, ${pairs} pairs`
}

async function lineOfQuery(ours: QuerySide, peer: QuerySide, number: number, pairs: number): Promise<Line> {
  const costs: number[] = []
  for (let i = 0; i < 3; i++) {
    await ours.run(number)
    costs.push((await repeated(peer, number, 1).run()).cpuSeconds)
  }
  const times = Math.max(1, Math.ceil(querySeconds / quantile(costs, 0.5)))
  const result = await ratio(repeated(ours, number, times), repeated(peer, number, times), pairs)
  const milliseconds = (seconds: number) => ((seconds * 1000) / times).toFixed(1)
  return {
    what: `TPC-H query ${number}`,
    figure: `${ratioText(result)} of ${times}; ${milliseconds(result.ours)} ms against ${milliseconds(result.peer)} ms of CPU)`,
    limit: `${limit.toFixed(2)} × its SQL`,
    holds: result.lowerQuartile <= limit,
  }
}

/** Whether each query gives the rows that its SQL gives. */
async function lineOfRows(ours: QuerySide, peer: QuerySide): Promise<Line> {
  const different: number[] = []
  for (const number of queryNumbers) {
    const rows = [comparableRows(await ours.rows(number)), comparableRows(await peer.rows(number))]
    if (JSON.stringify(rows[0]) !== JSON.stringify(rows[1])) different.push(number)
  }
  const figure = different.length === 0 ? "equal in all 22 queries" : `other ones in ${different.join(", ")}`
  return { what: "TPC-H, rows", figure, limit: "those of its SQL", holds: different.length === 0 }
}

/** Compares the rows, then each query for itself, both sides in this process. */
export async function measureQueries(ours: QuerySide, peer: QuerySide, pairs: number): Promise<Line[]> {
  const lines = [await lineOfRows(ours, peer)]
  for (const number of queryNumbers) lines.push(await lineOfQuery(ours, peer, number, pairs))
  return lines
}
