import type { AssetsEvent, Json, StepRecord, StepStatus } from "../../api/api-view.ts"

type StepEvent = Extract<AssetsEvent, { readonly step: string }>

/**
 * The steps of a run after some more of its events: what the server would say, without asking it.
 * An event that these steps already know of changes nothing.
 */
export function applyEvents(steps: readonly StepRecord[], events: readonly AssetsEvent[]): readonly StepRecord[] {
  const byId = new Map(steps.map(step => [step.id, step]))
  for (const event of events) {
    if ("step" in event) byId.set(event.step, applyEvent(byId.get(event.step) ?? pending(event), event))
  }
  // Sorting is stable: those of one instant, and those that have not started, keep their order.
  return [...byId.values()].sort((a, b) => compare(startOf(a), startOf(b)))
}

const startOf = (step: StepRecord) => step.startedAt ?? step.endedAt ?? "~"
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

function pending(event: StepEvent): StepRecord {
  return {
    runId: event.runId,
    id: event.step,
    key: event.key,
    partitions: event.partitions,
    status: "pending",
    reason: null,
    startedAt: null,
    endedAt: null,
    attempts: 0,
    rows: null,
    bytes: null,
    dataVersion: null,
    error: null,
  }
}

function codeOf(error: Json): string {
  const code = (error as { readonly code?: unknown } | null)?.code // an AssetsError has one; what else was thrown has not
  return code ? String(code) : "failed"
}

function applyEvent(step: StepRecord, event: StepEvent): StepRecord {
  const ended = (status: StepStatus, change: Partial<StepRecord> = {}): StepRecord => ({
    ...step,
    status,
    endedAt: event.time,
    ...change,
  })
  switch (event.type) {
    case "step_started":
      if (event.attempt < step.attempts || step.endedAt !== null) return step
      return {
        ...step,
        status: "running",
        startedAt: step.startedAt ?? event.time,
        attempts: event.attempt,
        reason: event.reasons[0]?.kind ?? step.reason,
      }
    case "step_staged":
    case "asset_materialized": {
      const { rows = null, bytes = null, dataVersion } = event.materialization
      return ended(event.type === "step_staged" ? "staged" : "materialized", { rows, bytes, dataVersion })
    }
    case "step_skipped":
      return ended("skipped", {
        reason: event.reason,
        startedAt: step.startedAt ?? event.time,
        dataVersion: event.dataVersion ?? step.dataVersion,
      })
    case "step_blocked":
      return ended("blocked", { reason: event.by })
    case "step_failed":
      return ended("failed", { error: event.error, reason: codeOf(event.error), attempts: event.attempt })
    case "step_cancelled":
      return ended("cancelled")
    case "step_retried":
      return { ...step, attempts: Math.max(step.attempts, event.attempt) }
    case "step_waiting":
    case "check_evaluated":
    case "log_written":
      return step
  }
}
