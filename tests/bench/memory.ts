import { spawn } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import type { Line } from "./measure.ts"
import { type MadeTables, makeTables, orderColumns, paymentColumns } from "./memory-data.ts"

const here = import.meta.dirname
const cli = join(here, "../../packages/cli/dist/main.js")
const SAMPLE_MS = 100

export interface MemoryRequest {
  readonly gigabytes: number
  /** What `duckdb({ memoryLimit })` is given. */
  readonly memoryLimit: string
}

/** How `assets materialize` went under a memory limit. */
export interface MemoryRun {
  readonly made: MadeTables
  readonly exitCode: number | null
  readonly output: string
  /** Of the whole process, Node and all, as the kernel counts it. */
  readonly peakBytes: number
  /** The most that lay in the run's scratch folder at a time. */
  readonly spilledBytes: number
  /** What was left there when the process had ended. */
  readonly left: readonly string[]
  readonly seconds: number
  readonly cpuSeconds: number
  /** What is wrong with the stored rows; empty when nothing is. */
  readonly faults: readonly string[]
  /** Stored rows, by the name of the asset. */
  readonly rows: { readonly [asset: string]: number }
}

/** Makes the tables, groups and joins them by `assets materialize` under a memory limit, and checks what was stored. */
export async function materializeUnderLimit(folder: string, request: MemoryRequest): Promise<MemoryRun> {
  const sources = join(folder, "sources")
  const output = join(folder, "out")
  const scratch = join(folder, "scratch")
  mkdirSync(scratch, { recursive: true })
  const made = await makeTables(sources, request.gigabytes)
  const env = { BENCH_SOURCES: sources, BENCH_OUTPUT: output, MEMORY: request.memoryLimit, TMPDIR: scratch }
  const ended = await watched(env, scratch)
  const checked = ended.exitCode === 0 ? await check(join(output, "data"), made) : { faults: ["it failed"], rows: {} }
  return { made, ...ended, left: readdirSync(scratch), ...checked }
}

/** Runs the command to its end and looks at it all the while. */
async function watched(env: { readonly [name: string]: string }, scratch: string) {
  const start = performance.now()
  const child = spawn(process.execPath, [cli, "materialize"], {
    cwd: join(here, "projects/memory"),
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  let output = ""
  child.stdout.on("data", chunk => (output += chunk))
  child.stderr.on("data", chunk => (output += chunk))
  let [peakBytes, spilledBytes, cpuSeconds] = [0, 0, 0]
  const look = setInterval(() => {
    const seen = processFigures(child.pid ?? 0)
    if (!seen) return
    peakBytes = Math.max(peakBytes, seen.peakBytes)
    cpuSeconds = seen.cpuSeconds
    spilledBytes = Math.max(spilledBytes, folderBytes(scratch))
  }, SAMPLE_MS)
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) =>
      child.on("error", reject).on("close", resolve),
    )
    return { exitCode, output, peakBytes, spilledBytes, cpuSeconds, seconds: (performance.now() - start) / 1000 }
  } finally {
    clearInterval(look)
  }
}

/** The most resident memory so far, which the kernel keeps, and the CPU; undefined when the process has ended. */
function processFigures(pid: number): { readonly peakBytes: number; readonly cpuSeconds: number } | undefined {
  try {
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ")
    return peak === undefined
      ? undefined
      : { peakBytes: Number(peak) * 1024, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100 }
  } catch {
    return undefined
  }
}

function folderBytes(folder: string): number {
  let bytes = 0
  for (const entry of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    bytes += statSync(join(folder, entry), { throwIfNoEntry: false })?.size ?? 0
  }
  return bytes
}

/**
 * Compares what was stored with what follows from how the tables were made: each row of the join by itself, the groups by
 * sums that change when an order is in a wrong one. No query of it groups or joins.
 */
async function check(data: string, { orders, payments }: MadeTables): Promise<Pick<MemoryRun, "faults" | "rows">> {
  const instance = await DuckDBInstance.create(":memory:")
  try {
    const connection = await instance.connect()
    const one = async (sql: string) => {
      const [row] = await (await connection.runAndReadAll(sql)).getRowObjectsJson()
      return row ?? {}
    }
    const stored = (key: string) => `read_parquet('${join(data, key, "latest", "*.parquet")}')`
    const order = orderColumns("order_id", orders)
    const payment = paymentColumns("payment_id", orders)
    const wrong = [
      ...["customer", "product", "note"].map(name => `${name} IS DISTINCT FROM ${order[name]}`),
      ...["order_id", "amount", "paid_at", "reference"].map(name => `${name} IS DISTINCT FROM ${payment[name]}`),
    ]
    const joined = await one(
      `SELECT count(*) AS n, count(*) FILTER (${wrong.join(" OR ")}) AS wrong, sum(hash(payment_id)) AS keys
       FROM ${stored("marts/paid_orders")}`,
    )
    const paid = await one(`SELECT sum(hash(payment_id)) AS keys FROM range(${payments}) AS t(payment_id)`)
    // A sum of products with a number of the group differs when a row is counted in another group.
    const sums = (orders: string, items: string, revenue: string) =>
      `sum(${orders} * weight) AS orders, sum(${items} * weight) AS items, sum(${revenue} * weight) AS revenue`
    const weight = "CAST(hash(customer, product) % 65521 AS BIGINT) AS weight"
    const grouped = await one(
      `SELECT ${sums("orders", "items", "revenue")}, count(*) AS n, min(orders) AS fewest, max(orders) AS most
       FROM (SELECT *, ${weight} FROM ${stored("marts/baskets")})`,
    )
    const ordered = await one(
      `SELECT ${sums("1", "quantity", "quantity * price")} FROM (SELECT *, ${weight} FROM
         (SELECT ${["customer", "product", "quantity", "price"].map(name => `${order[name]} AS ${name}`).join(", ")}
          FROM range(${orders}) AS t(order_id)))`,
    )
    const expected: readonly (readonly [string, unknown, unknown])[] = [
      ["rows of the join", Number(joined.n), payments],
      ["wrong rows of the join", Number(joined.wrong), 0],
      ["keys of the join", joined.keys, paid.keys],
      ["groups", Number(grouped.n), orders / 2],
      ["orders of the smallest group", Number(grouped.fewest), 2],
      ["orders of the largest group", Number(grouped.most), 2],
      ...["orders", "items", "revenue"].map(name => [`${name} by group`, grouped[name], ordered[name]] as const),
    ]
    const faults = expected.filter(([, found, wanted]) => found !== wanted)
    return {
      faults: faults.map(([what, found, wanted]) => `${what}: ${found} in place of ${wanted}`),
      rows: { "marts/baskets": Number(grouped.n), "marts/paid_orders": Number(joined.n) },
    }
  } finally {
    instance.closeSync()
  }
}

/** The run in words, for the benchmark and for the test of the same. */
export function told(run: MemoryRun, { memoryLimit }: MemoryRequest): string {
  const rows = Object.entries(run.rows).map(([key, n]) => `${key} ${(n / 1e6).toFixed(1)} M rows`)
  return [
    `peak RSS ${(run.peakBytes / 2 ** 20).toFixed(0)} MiB with memoryLimit ${memoryLimit}`,
    `${(run.made.bytes / 1e9).toFixed(1)} GB of Parquet`,
    `${(run.spilledBytes / 1e9).toFixed(1)} GB spilled`,
    ...rows,
    `${run.seconds.toFixed(0)} s, ${run.cpuSeconds.toFixed(0)} s of CPU`,
  ].join("; ")
}

/** Parquet of many times the memory, grouped and joined under a limit. */
export async function memory(folder: string, request: MemoryRequest): Promise<Line[]> {
  const run = await materializeUnderLimit(folder, request)
  const faults = [...run.faults, ...run.left.map(name => `${name} is left in the scratch folder`)]
  if (run.exitCode !== 0) console.log(run.output)
  for (const fault of faults) console.log(fault)
  return [
    {
      what: `${request.gigabytes} GB grouped and joined under ${request.memoryLimit}`,
      figure: told(run, request),
      limit: "completes, with the right rows",
      holds: run.exitCode === 0 && faults.length === 0,
    },
  ]
}
