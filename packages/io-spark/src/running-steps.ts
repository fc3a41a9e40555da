import type { Progress } from "@assets/core"
import type { SparkClient } from "./connect/client.ts"
import type { ExecuteOptions, ExecutionProgress } from "./connect/execution.ts"

/** What runs on behalf of the steps of a run: stopped and told about by the step. */
export class RunningSteps {
  readonly #client: SparkClient
  readonly #stops = new Map<string, Set<AbortController>>()
  readonly #progress = new Map<string, Progress>()

  constructor(client: SparkClient) {
    this.#client = client
  }

  /** Gives `work` what each of its statements is to be run with. */
  async run<T>(stepId: string, signal: AbortSignal, work: (execution: ExecuteOptions) => Promise<T>): Promise<T> {
    const stop = new AbortController()
    const stops = this.#stops.get(stepId) ?? new Set()
    this.#stops.set(stepId, stops.add(stop))
    try {
      return await work({
        tags: [tagOf(stepId)],
        signal: AbortSignal.any([signal, stop.signal]),
        onProgress: progress => this.#progress.set(stepId, percentOf(progress)),
      })
    } finally {
      stops.delete(stop)
      if (stops.size === 0) {
        this.#stops.delete(stepId)
        this.#progress.delete(stepId)
      }
    }
  }

  progress(stepId: string): Progress {
    return this.#progress.get(stepId) ?? {}
  }

  async interrupt(stepId: string): Promise<void> {
    for (const stop of this.#stops.get(stepId) ?? []) stop.abort()
    await this.#client.interruptTag(tagOf(stepId))
  }
}

/** A tag holds no comma. */
function tagOf(stepId: string): string {
  return `assets:${stepId.replaceAll(",", "%2C")}`
}

/** Of the stages that Spark knows of so far. */
function percentOf({ tasks, completedTasks }: ExecutionProgress): Progress {
  return tasks === 0 ? {} : { percent: Math.floor((100 * completedTasks) / tasks) }
}
