import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"

/** What one process and all that it started cost. */
export interface Cost {
  readonly cpuSeconds: number
  readonly wallSeconds: number
}

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: { readonly [name: string]: string }
}

/** CPU seconds of this process's ended children and of theirs, from the kernel: 10 ms grain. */
function childrenCpuSeconds(): number {
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /, "")
    .split(" ")
  const ticksPerSecond = 100
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond
}

/** Runs a command to its end. Rejects with what it printed when it fails. */
export async function cost({ program, args, cwd, env }: Command): Promise<Cost> {
  const cpu = childrenCpuSeconds()
  const start = performance.now()
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] })
  let output = ""
  child.stdout.on("data", chunk => (output += chunk))
  child.stderr.on("data", chunk => (output += chunk))
  const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve))
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${output}`)
  return { cpuSeconds: childrenCpuSeconds() - cpu, wallSeconds: (performance.now() - start) / 1000 }
}

/** The value below which a share of the values lies, between two of them by proportion. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const low = sorted[Math.floor(place)] ?? Number.NaN
  const high = sorted[Math.ceil(place)] ?? Number.NaN
  return low + (high - low) * (place - Math.floor(place))
}

export interface Ratio {
  readonly median: number
  readonly lowerQuartile: number
  readonly upperQuartile: number
  /** Median CPU seconds of each side, start-up subtracted. */
  readonly ours: number
  readonly peer: number
  readonly pairs: number
}

export interface Side {
  /** Runs the work once and gives its cost. */
  run(): Promise<Cost>
  /** The same with next to no input: what is subtracted. */
  startUp(): Promise<Cost>
}

/**
 * CPU seconds of ours over those of the peer, the two taking turns as A B B A so that drift of the machine hits both.
 * Start-up (median of three) is subtracted from each.
 */
export async function ratio(
  ours: Side,
  peer: Side,
  pairs: number,
): Promise<Ratio & { readonly startUp: readonly [number, number] }> {
  const startUps = { ours: [] as number[], peer: [] as number[] }
  for (let i = 0; i < 3; i++) {
    startUps.ours.push((await ours.startUp()).cpuSeconds)
    startUps.peer.push((await peer.startUp()).cpuSeconds)
  }
  const startUp = [quantile(startUps.ours, 0.5), quantile(startUps.peer, 0.5)] as const
  const costs = { ours: [] as number[], peer: [] as number[] }
  for (let i = 0; i < pairs; i++) {
    const first = i % 2 === 0 ? ("ours" as const) : ("peer" as const)
    for (const side of [first, first === "ours" ? "peer" : "ours"] as const) {
      costs[side].push((await (side === "ours" ? ours : peer).run()).cpuSeconds)
    }
  }
  const net = { ours: costs.ours.map(c => c - startUp[0]), peer: costs.peer.map(c => c - startUp[1]) }
  const ratios = net.ours.map((c, i) => c / (net.peer[i] ?? Number.NaN))
  return {
    median: quantile(ratios, 0.5),
    lowerQuartile: quantile(ratios, 0.25),
    upperQuartile: quantile(ratios, 0.75),
    ours: quantile(net.ours, 0.5),
    peer: quantile(net.peer, 0.5),
    pairs,
    startUp,
  }
}

/** One line of the report. */
export interface Line {
  readonly what: string
  readonly figure: string
  readonly limit: string
  readonly holds: boolean
}
