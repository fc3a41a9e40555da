// One of the processes that materialize overlapping selections: node contention-writer.mjs FOLDER NUMBER BEGIN SECONDS
import { writeSync } from "node:fs"
import { AssetsError, type AssetsEvent, materialize, type Run } from "@assets/core"
import { appendedKeys, contentionProject, selections } from "./contention-project.ts"
import { randomOf } from "./kill-plan.ts"

export interface WriterReport {
  readonly runs: number
  readonly materializations: number
  readonly skips: number
  readonly waits: number
  readonly longestWaitMs: number
  readonly errors: readonly string[]
  /** What was told to be appended, by key. */
  readonly appended: { readonly [key: string]: readonly number[] }
}

const [, , folder = "", number = "0", begin = "0", seconds = "0"] = process.argv
const random = randomOf(Number(begin) + Number(number))
const counts = { runs: 0, materializations: 0, skips: 0, waits: 0, longestWaitMs: 0 }
const errors: string[] = []
const appended: { [key: string]: number[] } = Object.fromEntries(appendedKeys.map(key => [key, []]))

/** Half of the runs are those of the other processes, too: of one generation for half a second. */
function drawGeneration(): number {
  const tick = Math.floor((Date.now() - Number(begin)) / 500) + 1
  return tick * 10 + (random() < 0.5 ? 0 : 1 + Number(number))
}

async function runOnce(): Promise<void> {
  const generation = drawGeneration()
  const select = selections[Math.floor(random() * selections.length)] ?? ["*"]
  const waitingSince = new Map<string, number>()
  const onEvent = (event: AssetsEvent) => {
    if (!("step" in event) || typeof event.step !== "string") return
    if (event.type === "step_waiting") {
      counts.waits++
      if (!waitingSince.has(event.step)) waitingSince.set(event.step, performance.now())
    } else if (event.type === "asset_materialized" || event.type === "step_skipped") {
      const since = waitingSince.get(event.step)
      if (since !== undefined) counts.longestWaitMs = Math.max(counts.longestWaitMs, performance.now() - since)
    }
  }
  try {
    note(await materialize(contentionProject(folder, generation), { select, concurrency: 2, onEvent }), generation)
  } catch (error) {
    errors.push(`${select}: ${tellError(error)}`)
  }
}

function note(run: Run, generation: number): void {
  counts.runs++
  for (const { key, status, error } of run.steps) {
    if (status === "materialized") counts.materializations++
    if (status === "skipped") counts.skips++
    if (error) errors.push(`${key}: ${tellError(error)}`)
    if (appended[key] && (status === "materialized" || status === "skipped")) appended[key].push(generation)
  }
}

function tellError(error: unknown): string {
  if (error instanceof AssetsError) return `${error.code} ${error.message} ${error.why}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

while (Date.now() < Number(begin) + Number(seconds) * 1000) await runOnce()
const report: WriterReport = { ...counts, errors, appended }
writeSync(1, `${JSON.stringify(report)}\n`)
