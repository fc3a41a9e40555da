import type { Output } from "./output.ts"
import { LiveRunRenderer } from "./render-live.ts"
import { jsonRunRenderer, PlainRunRenderer, type RunRenderer } from "./render-run.ts"
import { settledEvents } from "./settled-events.ts"

/**
 * What prints a run that follows a plan: events with `--json`, live lines for who watches, else plain ones.
 * @param files the project's modules: a failure shows the user's line first
 */
export function runRendererFor(output: Output, files: ReadonlySet<string>): RunRenderer {
  if (output.json) return jsonRunRenderer(output)
  return settledEvents(output.live ? new LiveRunRenderer(output, files) : new PlainRunRenderer(output, files))
}
