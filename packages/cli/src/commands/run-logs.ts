import { type AssetsEvent, explainReasons } from "@assets/core"
import { formatCount, formatDuration, formatStep } from "../format.ts"
import type { GlobalOptions } from "../global-options.ts"
import { errorSummary } from "../render-error.ts"
import { findRun, withEventLog } from "./runs.ts"

const pageSize = 1_000

export async function runLogs(id: string, options: GlobalOptions): Promise<void> {
  await withEventLog(options, (log, output) => {
    const run = findRun(log, id)
    for (let after = 0; ; ) {
      const events = log.events({ runId: run.id, after, limit: pageSize })
      for (const event of events) {
        if (output.json) output.object(event)
        else output.line(`${event.time.slice(11, 23)} ${renderEvent(event)}`)
      }
      const last = events.at(-1)
      if (!last || events.length < pageSize) return
      after = last.id
    }
  })
}

/** An event as one line. */
export function renderEvent(event: AssetsEvent): string {
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
