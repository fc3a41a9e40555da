import { ConfigError } from "./errors/assets-error.ts"
import type { EventLog, RunRecord, StepStatus } from "./event/event-log.ts"
import { findRun } from "./event/find-run.ts"
import type { PlanOptions } from "./plan-work.ts"

/** What is left to do of a former run. */
export interface RetriedRun {
  readonly run: RunRecord
  /** Asset → the partitions of its steps that did not end well; null for an asset without partitions. */
  readonly left: ReadonlyMap<string, readonly (string | null)[]>
}

/** A step of an ended run that is still `pending` was never started. */
const unfinished: ReadonlySet<StepStatus> = new Set(["pending", "running", "staged", "failed", "blocked", "cancelled"])

/**
 * Finds the steps of a former run that failed, were blocked, cancelled or never started.
 * @throws ConfigError `RUN_UNKNOWN`; `ARGUMENT_INVALID` when more than the run is asked for, or the run goes on
 */
export function retriedRun(
  log: EventLog,
  { fromFailure, select, partitions }: Pick<PlanOptions, "fromFailure" | "select" | "partitions">,
): RetriedRun | undefined {
  if (fromFailure === undefined) return undefined
  if (select !== undefined || partitions !== undefined) {
    throw new ConfigError("ARGUMENT_INVALID", {
      what: "A selection, or partitions, are given together with a run to retry.",
      why: "What is retried is exactly what did not end well in that run.",
      fix: "Leave the selection and the partitions out, or materialize them without --from-failure.",
      details: { run: fromFailure },
    })
  }
  const run = findRun(log, fromFailure)
  if (run.status === "running") {
    throw new ConfigError("ARGUMENT_INVALID", {
      what: `The run ${run.id} goes on.`,
      why: "What failed in it is known when it has ended.",
      fix: `Wait for its end, or stop it: assets runs cancel ${run.id}`,
      details: { run: run.id },
    })
  }
  const left = new Map<string, (string | null)[]>()
  for (const { key, partitions, status } of log.steps(run.id)) {
    if (!unfinished.has(status)) continue
    const known = left.get(key) ?? []
    left.set(key, known)
    known.push(...(partitions.length === 0 ? [null] : partitions))
  }
  return { run, left }
}
