import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { openSession } from "@assets/dataframe"
import { spark } from "@assets/io-spark"
import { type Line, quantile } from "../measure.ts"
import { peerScript } from "./pyspark.ts"
import type { MeasuredServer } from "./server.ts"

const ROUNDS = 4
const COUNT = 50

/** `select 1`, by our session and by PySpark's, in turns on one server: the median of the milliseconds. */
export async function roundTrip(server: MeasuredServer, python: string): Promise<Line[]> {
  const times = { ours: [] as number[], peer: [] as number[] }
  // The first round of each is for the server to grow warm.
  for (let i = 0; i <= ROUNDS; i++) {
    const sides = i % 2 === 0 ? (["ours", "peer"] as const) : (["peer", "ours"] as const)
    for (const side of sides) {
      const found = side === "ours" ? await ours(server.remote) : await peer(server.remote, python)
      if (i > 0) times[side].push(...found)
    }
  }
  const [p50, peer50] = [quantile(times.ours, 0.5), quantile(times.peer, 0.5)]
  return [
    {
      what: "select 1 and its row, on Spark",
      figure: `p50 ${p50.toFixed(1)} ms against ${peer50.toFixed(1)} ms (${ROUNDS * COUNT} each)`,
      limit: "1.05 × PySpark",
      holds: p50 <= 1.05 * peer50,
    },
  ]
}

async function ours(remote: string): Promise<number[]> {
  const session = await openSession(spark({ remote }))
  try {
    const times: number[] = []
    for (let i = 0; i < COUNT; i++) {
      const start = performance.now()
      await session.sql("select 1 as x").collect()
      times.push(performance.now() - start)
    }
    return times
  } finally {
    await session.close()
  }
}

async function peer(remote: string, python: string): Promise<number[]> {
  const { stdout } = await promisify(execFile)(python, [peerScript, "select", remote, String(COUNT)])
  return JSON.parse(stdout) // what the script prints
}
