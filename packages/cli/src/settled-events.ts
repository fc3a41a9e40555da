import type { AssetsEvent } from "@assets/core"
import type { RunRenderer } from "./render-run.ts"

/**
 * Leaves out the `asset_materialized` of a step that is skipped: the event log learns of data that was there before.
 * The two events come in one turn, so a materialization is passed on when the turn is over.
 * A step that has ended is told once, also where what it staged becomes current at the end of the run.
 */
export function settledEvents(renderer: RunRenderer): RunRenderer {
  let held: Extract<AssetsEvent, { type: "asset_materialized" }> | undefined
  const ended = new Set<string>()
  const pass = () => {
    const event = held
    held = undefined
    if (event) renderer.onEvent(event)
  }
  return {
    begin: run => renderer.begin?.(run),
    onEvent(event) {
      if (event.type === "step_skipped" && held?.step === event.step) held = undefined
      pass()
      if ("step" in event && ended.has(event.step)) return
      if (event.type === "step_staged" || event.type === "step_skipped") ended.add(event.step)
      if (event.type === "asset_materialized") {
        held = event
        queueMicrotask(pass)
      } else renderer.onEvent(event)
    },
    finish(durationMs) {
      pass()
      renderer.finish(durationMs)
    },
    close() {
      pass()
      renderer.close?.()
    },
  }
}
