import { readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { resolveSparkOptions, type SparkOptions, type SparkServer, startSparkServer } from "@assets/io-spark"
import { type Command, type Cost, cost } from "../measure.ts"

const QUIET_MS = 300
const QUIET_TICKS = 3
const TICKS_PER_SECOND = 100

/** Ticks of CPU that a process has used. */
function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ")
  return Number(fields[11]) + Number(fields[12])
}

/** A server for both sides, with the figures of its process. */
export interface MeasuredServer {
  readonly remote: string
  readonly version: string
  /** The cost of a command and of what the server did meanwhile, with what it compiles and collects after it. */
  cost(command: Command): Promise<Cost>
  stop(): Promise<void>
}

export async function measuredServer(scratch: string, options: SparkOptions): Promise<MeasuredServer> {
  const resolved = resolveSparkOptions({ master: "local[2]", ...options }, { ...process.env, SPARK_REMOTE: undefined })
  if (resolved.kind !== "launch") throw new Error("The options name a server that runs.")
  const server: SparkServer = await startSparkServer({ launch: resolved.launch, timeZone: "UTC", scratch })
  const { port, token } = server.remote
  // PySpark sends a token without TLS to no other name than this.
  const remote = `sc://localhost:${port}/;token=${token}`
  return {
    remote,
    version: server.version,
    async cost(command) {
      const before = await quietTicks(server.pid)
      const client = await cost(command)
      const used = (await quietTicks(server.pid)) - before
      return { ...client, cpuSeconds: client.cpuSeconds + used / TICKS_PER_SECOND }
    },
    stop: () => server.stop(),
  }
}

/** Ticks when the server has come to rest. */
async function quietTicks(pid: number): Promise<number> {
  for (let last = ticks(pid); ; ) {
    await sleep(QUIET_MS)
    const now = ticks(pid)
    if (now - last < QUIET_TICKS) return now
    last = now
  }
}
