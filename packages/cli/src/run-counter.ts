import type { AssetsEvent } from "@assets/core"
import { formatDuration } from "./format.ts"

/** Counts the steps of a run by how they ended. */
export class RunCounter {
  #steps = 0
  #ok = 0
  #skipped = 0
  #failed = 0
  #cancelled = 0
  #checksFailed = 0

  count(event: AssetsEvent): void {
    if (event.type === "run_started") this.#steps = event.steps
    else if (event.type === "asset_materialized" || event.type === "step_staged") this.#ok++
    else if (event.type === "step_skipped" || event.type === "step_blocked") this.#skipped++
    else if (event.type === "step_failed") this.#failed++
    else if (event.type === "step_cancelled") this.#cancelled++
    else if (event.type === "check_evaluated" && !event.result.passed) this.#checksFailed++
  }

  /** `12 of 240`: the steps that have ended. */
  get position(): string {
    const ended = this.#ok + this.#skipped + this.#failed + this.#cancelled
    return `${ended} of ${this.#steps}`
  }

  lastLine(durationMs: number): string {
    const counts = `ok=${this.#ok} skipped=${this.#skipped} failed=${this.#failed} checks_failed=${this.#checksFailed}`
    const cancelled = this.#cancelled === 0 ? "" : ` cancelled=${this.#cancelled}`
    return `Done. ${counts}${cancelled} in ${formatDuration(durationMs)}`
  }
}
