import type { AssetsEvent, RunningRun } from "@assets/core"
import type { Output } from "./output.ts"
import type { RunRenderer } from "./render-run.ts"
import { runRendererFor } from "./run-renderer-for.ts"

/** Prints runs that follow one another, each under the name of its environment. */
export class SuccessiveRuns {
  readonly #output: Output
  readonly #files: ReadonlySet<string>
  #renderer: RunRenderer | undefined

  /** @param files the project's modules: a failure shows the user's line first */
  constructor(output: Output, files: ReadonlySet<string>) {
    this.#output = output
    this.#files = files
  }

  /** What the command that carries the runs out is to call. */
  get listeners() {
    return {
      onBegin: (run: RunningRun) => this.#begin(run),
      onEvent: (event: AssetsEvent) => this.#pass(event),
    }
  }

  /** Ends what draws by itself, also where a run did not come to its end. */
  close(): void {
    this.#renderer?.close?.()
    this.#renderer = undefined
  }

  #begin(run: RunningRun): void {
    this.close()
    this.#renderer = runRendererFor(this.#output, this.#files)
    this.#renderer.begin?.(run)
  }

  #pass(event: AssetsEvent): void {
    const { json, quiet } = this.#output
    if (event.type === "run_started" && !json && !quiet) this.#output.line(`Materializing in ${event.environment}`)
    this.#renderer?.onEvent(event)
    const isEnd = event.type === "run_succeeded" || event.type === "run_failed" || event.type === "run_cancelled"
    if (!isEnd) return
    if (!quiet) this.#renderer?.finish(event.durationMs)
    this.close()
  }
}
