import { setTimeout as delay } from "node:timers/promises"
import { type AssetsEvent, type EventLog, explainReasons, findRun } from "@assets/core"
import { exitCodes } from "../exit-codes.ts"
import { formatCount, formatDuration, formatStep } from "../format.ts"
import type { GlobalOptions } from "../global-options.ts"
import type { Output } from "../output.ts"
import { errorSummary } from "../render-error.ts"
import { withEventLog } from "./runs.ts"

const PAGE = 1_000
/** Milliseconds between two looks for new events, and how many looks until one for dead processes. */
const POLL_MS = 200
const LOOKS = 10

export async function runLogs(id: string, options: GlobalOptions & { readonly follow?: boolean }): Promise<void> {
  await withEventLog(options, async (log, output) => {
    const { id: runId } = findRun(log, id)
    let after = 0
    for (let look = 1; ; look++) {
      const { status } = log.run(runId) ?? { status: "failed" } // deleted meanwhile
      after = printEvents(log, output, runId, after)
      // Told before the events were read: an ended run has no more of them.
      if (!options.follow) return
      if (status !== "running") {
        if (status !== "succeeded") process.exitCode = exitCodes.failed
        return
      }
      if (look % LOOKS === 0) log.endLostRuns()
      await delay(POLL_MS)
    }
  })
}

/** Prints what came after the cursor; returns where the reader stands then. */
function printEvents(log: EventLog, output: Output, runId: string, cursor: number): number {
  for (let after = cursor; ; ) {
    const events = log.events({ runId, after, limit: PAGE })
    for (const event of events) {
      if (output.json) output.object(event)
      else output.line(`${event.time.slice(11, 23)} ${renderEvent(event)}`)
    }
    after = events.at(-1)?.id ?? after
    if (events.length < PAGE) return after
  }
}

/** An event as one line. */
function renderEvent(event: AssetsEvent): string {
  const step = "key" in event ? ` ${formatStep(event.key, event.partitions)}` : ""
  const detail = eventDetail(event)
  return `${event.type}${step}${detail && ` ${detail}`}`
}

function eventDetail(event: AssetsEvent): string {
  switch (event.type) {
    case "run_started":
      return `${formatCount(event.steps, "step")} in ${event.environment}`
    case "step_started":
      return `attempt ${event.attempt}: ${explainReasons(event.reasons)}`
    case "step_waiting":
      return `for ${event.holder}`
    case "step_retried":
      return `in ${formatDuration(event.delayMs)}: ${errorSummary(event.error)}`
    case "asset_materialized":
      return `${event.materialization.rows === undefined ? "" : `${formatCount(event.materialization.rows, "row")} `}in ${formatDuration(event.durationMs)}`
    case "check_evaluated":
      return `${event.result.name} ${event.result.passed ? "passed" : `failed (${event.result.severity})`}`
    case "step_skipped":
      return event.reason
    case "step_blocked":
      return `by ${event.by}`
    case "step_failed":
      return `in ${formatDuration(event.durationMs)}: ${errorSummary(event.error)}`
    case "log_written":
      return `${event.level}: ${event.message}${event.fields ? ` ${JSON.stringify(event.fields)}` : ""}`
    case "step_cancelled":
      return ""
    default:
      return `in ${formatDuration(event.durationMs)}`
  }
}
