import type { AssetsEvent } from "@assets/core"
import { formatStep } from "./format.ts"
import type { Output } from "./output.ts"

/** Tells for whom a command waits. */
export function waitingLine(event: AssetsEvent, output: Output): void {
  if (event.type !== "step_waiting" || output.quiet) return
  output.note(`  ${formatStep(event.key, event.partitions)} waits for ${event.holder}`)
}
