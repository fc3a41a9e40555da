import { join } from "node:path"
import type { Asset } from "@assets/core"
import { asset, definitions, json, materialize, plan } from "@assets/core"
import { memoryIO } from "@assets/core/testing"
import type { Line } from "./measure.ts"

/** A chain (each asset above the next) or a fan (one asset above all others) of assets that do nothing. */
function noOps(shape: "chain" | "fan-out", count: number): Asset[] {
  const made: Asset[] = []
  for (let i = 0; i < count; i++) {
    const up = made[shape === "chain" ? i - 1 : 0]
    made.push(asset(`bench/a${i}`, { deps: up ? { up } : {}, returns: json<number>(), version: "1", compute: () => i }))
  }
  return made
}

/** What a step costs when its function does nothing: planned, leased, run, recorded in SQLite. In process. */
export async function steps(folder: string): Promise<Line[]> {
  const lines: Line[] = []
  for (const [shape, count] of [
    ["chain", 1000],
    ["fan-out", 1000],
    ["chain", 10_000],
    ["fan-out", 10_000],
  ] as const) {
    const project = definitions({
      assets: noOps(shape, count),
      environments: { bench: { io: memoryIO() } },
      defaultEnvironment: "bench",
      base: folder,
      state: { path: join(folder, `${shape}-${count}`) },
    })
    const begin = performance.now()
    const run = await materialize(project, { environment: "bench" })
    const seconds = (performance.now() - begin) / 1000
    if (run.status !== "succeeded") throw new Error(`the run of ${count} steps ended as ${run.status}`)
    const each = (seconds * 1000) / count
    lines.push({
      what: `${count} no-op steps, ${shape}`,
      figure: `${each.toFixed(3)} ms a step, ${seconds.toFixed(2)} s in all`,
      limit: count === 1000 ? "1 ms a step" : "10 s",
      holds: count === 1000 ? each <= 1 : seconds <= 10,
    })
  }
  const project = definitions({
    assets: noOps("fan-out", 100_000),
    environments: { bench: { io: memoryIO() } },
    defaultEnvironment: "bench",
    base: folder,
    state: { path: join(folder, "plan") },
  })
  const begin = performance.now()
  const { steps: planned } = await plan(project, { environment: "bench" })
  const seconds = (performance.now() - begin) / 1000
  const memory = process.memoryUsage().rss / 2 ** 20
  lines.push({
    what: `plan of ${planned.length} steps`,
    figure: `${seconds.toFixed(2)} s, ${memory.toFixed(0)} MiB`,
    limit: "2 s, 1 GiB",
    holds: seconds <= 2 && memory <= 1024,
  })
  return lines
}
