import { CancelledError } from "../errors/assets-error.ts"
import type { PlannedWork } from "../plan/build-plan.ts"
import { eventError } from "./event-error.ts"
import { keepAlive } from "./keep-alive.ts"
import { publishRun } from "./publish-run.ts"
import type { RunContext } from "./run-context.ts"
import type { StepOutcome } from "./step-outcome.ts"
import { type QueueLimits, StepQueue } from "./step-queue.ts"

export interface RunLimits extends QueueLimits {
  readonly signal?: AbortSignal | undefined
}

/** How a run has ended. */
export interface EndedExecution {
  readonly status: "succeeded" | "failed" | "cancelled"
  readonly outcomes: ReadonlyMap<string, StepOutcome>
  /** Why it failed, where that is not its steps' doing: what they made could not be published. */
  readonly error?: Error
}

/** Carries a plan out: each step as soon as what it reads is stored. Resolves when every step has ended. */
export async function executeRun(run: RunContext, planned: PlannedWork, limits: RunLimits): Promise<EndedExecution> {
  const { log, id, environment, tags } = run.settings
  const { plan } = planned
  const startedAt = performance.now()
  run.change(append => {
    const about = {
      environment: environment.name,
      selection: plan.selection,
      tags: { ...tags },
      steps: plan.steps.length,
    }
    append({ type: "run_started", runId: id, ...about })
    log.addSteps(id, plan.steps)
    for (const { key, code, message } of plan.warnings) {
      const fields = { code }
      append({ type: "log_written", runId: id, step: key, key, partitions: [], level: "warn", message, fields })
    }
  })
  const end = keepAlive(run, limits.signal)
  const execution = new StepQueue(run, planned, limits)
  const durationMs = () => Math.round(performance.now() - startedAt)
  try {
    const ended = await finish(run, await execution.run())
    const { status, error } = ended
    const left = run.staged.length
    run.unstage()
    run.emit({
      type: `run_${status}`,
      runId: id,
      durationMs: durationMs(),
      ...(error && { error: eventError(error) }),
      ...(left > 0 && { unpublished: left }),
    })
    return ended
  } catch (error) {
    try {
      run.emit({ type: "run_failed", runId: id, durationMs: durationMs(), error: eventError(error as Error) })
    } catch {
      // It is the log that cannot be written: the next one to open it finds the run lost.
    }
    throw error
  } finally {
    end()
  }
}

/** Publishes what was left to the end of the run, when all went well; tells how the run has ended. */
async function finish(run: RunContext, outcomes: Map<string, StepOutcome>): Promise<EndedExecution> {
  const status = statusOf(run, outcomes.values())
  if (run.staged.length === 0) return { status, outcomes }
  let failure: unknown
  try {
    if (status === "succeeded") {
      if (run.stopped) throw run.stopped
      for (const [step, outcome] of await publishRun(run)) outcomes.set(step, outcome)
      run.staged.splice(0)
      return { status, outcomes }
    }
  } catch (error) {
    failure = run.stopped ?? error
  }
  for (const { about, materialization } of run.staged) {
    outcomes.set(about.step, { status: "staged", reason: "not published", materialization })
  }
  if (failure === undefined) return { status, outcomes }
  // Whoever cancels has said what there is to say; and what is no Error was not made by this product.
  if (failure instanceof CancelledError) return { status: "cancelled", outcomes }
  return { status: "failed", outcomes, error: failure as Error }
}

/** How a run has ended: cancelled when it was asked to stop before all was done. */
function statusOf(run: RunContext, outcomes: Iterable<StepOutcome>): EndedExecution["status"] {
  const statuses = new Set<StepOutcome["status"]>()
  for (const { status } of outcomes) statuses.add(status)
  if (run.stopped instanceof CancelledError && statuses.has("cancelled")) return "cancelled"
  return statuses.has("failed") || statuses.has("blocked") || statuses.has("cancelled") ? "failed" : "succeeded"
}
