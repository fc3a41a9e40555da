// A process that runs a project of all shapes as it is told, and dies where it is told: node worker.mjs FOLDER STORAGE
import { writeSync } from "node:fs"
import { createInterface } from "node:readline"
import { AssetsError, materialize } from "@assets/core"
import { type FaultPoint, ioContext, setFaultHook } from "@assets/core/testing"
import { type Generations, type Storage, shapedProject, storageOf } from "./shapes.ts"

/** Where a run is to die: at the passing of a point, or, with `tell`, soon after it, by the hand of who is told. */
export interface Death {
  readonly point: FaultPoint
  readonly passing: number
  readonly tell?: boolean
  /** True: it is stopped, and goes on when somebody wakes it. */
  readonly stop?: boolean
}

export type WorkerCommand =
  | {
      readonly run: {
        readonly generations: Generations
        readonly select: readonly string[]
        readonly partitions?: readonly string[]
        readonly death?: Death
        /** Default 2. */
        readonly concurrency?: number
      }
    }
  | { readonly collect: { readonly keys: readonly string[] } }

export type WorkerLine =
  | { readonly is: "at"; readonly point: string }
  | { readonly is: "ok"; readonly key: string; readonly partitions: readonly string[] }
  | { readonly is: "waiting"; readonly step: string; readonly holder: string }
  | {
      readonly is: "done"
      readonly status: string
      readonly errors: readonly string[]
      /** How often each point was passed. */
      readonly passings: { readonly [point: string]: number }
      readonly ms: number
    }
  | { readonly is: "collected"; readonly what: readonly string[] }

/** At once, so that what was told has been told when the process dies. */
function tell(line: WorkerLine): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

const [, , folder = "", storage = ""] = process.argv

async function run({
  generations,
  select,
  partitions,
  death,
  concurrency = 2,
}: Extract<WorkerCommand, { run: unknown }>["run"]) {
  const passings: { [point: string]: number } = {}
  const reset = setFaultHook(point => {
    const passing = (passings[point] ?? 0) + 1
    passings[point] = passing
    if (point !== death?.point || passing !== death.passing) return
    if (death.tell) return tell({ is: "at", point })
    if (death.stop) return void process.kill(process.pid, "SIGSTOP")
    process.kill(process.pid, "SIGKILL")
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })
  const begun = performance.now()
  try {
    const ran = await materialize(shapedProject(folder, storage as Storage, generations), {
      select,
      ...(partitions && { partitions }),
      concurrency,
      onEvent: event => {
        if (event.type === "asset_materialized") tell({ is: "ok", key: event.key, partitions: event.partitions })
        if (event.type === "step_waiting") tell({ is: "waiting", step: event.step, holder: event.holder })
      },
    })
    const errors = ran.steps.flatMap(step =>
      step.error ? [`${step.key}: ${codeOf(step.error)} ${step.error.message}`] : [],
    )
    tell({ is: "done", status: ran.status, errors, passings, ms: performance.now() - begun })
  } catch (error) {
    const errors = [error instanceof Error ? `${codeOf(error)} ${error.stack}` : String(error)]
    tell({ is: "done", status: "threw", errors, passings, ms: performance.now() - begun })
  } finally {
    reset()
  }
}

function codeOf(error: Error): string {
  return error instanceof AssetsError ? error.code : error.name
}

async function collect({ keys }: { readonly keys: readonly string[] }): Promise<void> {
  const io = storageOf(folder, storage as Storage)
  const context = { ...ioContext(folder), dryRun: false, inUse: () => new Set<string>() }
  const collected = (await io.collect?.(context, keys)) ?? []
  await io.close?.()
  tell({ is: "collected", what: collected.map(({ key, why, what }) => `${key}: ${why} ${what}`) })
}

for await (const line of createInterface({ input: process.stdin })) {
  const command: WorkerCommand = JSON.parse(line)
  if ("run" in command) await run(command.run)
  else await collect(command.collect)
}
