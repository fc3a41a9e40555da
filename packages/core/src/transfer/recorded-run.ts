import { CancelledError } from "../errors/assets-error.ts"
import type { AssetsEvent } from "../event/event.ts"
import { CurrentState } from "../plan/current-state.ts"
import type { OpenProject } from "../plan-work.ts"
import { eventError } from "../run/event-error.ts"
import { keepAlive } from "../run/keep-alive.ts"
import { RunContext } from "../run/run-context.ts"
import { uuidv7 } from "../util/uuid.ts"
import { pendingStep, type StoredStep } from "./step-leases.ts"

/** What the history is to say of a run that follows no plan. */
export interface RecordedRun {
  /** The selection as given, for people. */
  readonly selection: string
  readonly tags: { readonly [name: string]: string }
  readonly steps: readonly StoredStep[]
  /** False: a step that another process works on fails with `LEASE_HELD`. */
  readonly wait: boolean
  readonly onEvent: ((event: AssetsEvent) => void) | undefined
}

/**
 * Carries out work that moves or looks at what is stored: a run in the event log like any other, with leases and a
 * heartbeat, and without a plan.
 *
 * @param work is given the project with a signal that aborts also when another process asks the run to stop. It gives how
 * the run has ended; the run has failed, or was cancelled, when it rejects
 * @returns the id of the run
 */
export async function recordRun(
  open: OpenProject,
  { selection, tags, steps, wait, onEvent }: RecordedRun,
  work: (run: RunContext, open: OpenProject) => Promise<"succeeded" | "failed">,
): Promise<string> {
  const { environment, log, sources } = open
  const id = uuidv7()
  const startedAt = performance.now()
  const state = new CurrentState(environment)
  const fixed = { reusable: [], resources: {}, force: false, reapply: false }
  const run = new RunContext({ id, environment, log, state, sources, wait, tags, onEvent, ...fixed })
  run.change(append => {
    append({ type: "run_started", runId: id, environment: environment.name, selection, tags, steps: steps.length })
    log.addSteps(id, steps.map(pendingStep))
  })
  const end = keepAlive(run, open.signal)
  const attempt = run.beginAttempt(`${id}:transfer:1`)
  const durationMs = () => Math.round(performance.now() - startedAt)
  try {
    const status = await work(run, { ...open, signal: attempt.signal })
    run.emit({ type: `run_${status}`, runId: id, durationMs: durationMs() })
    return id
  } catch (error) {
    const reason = run.stopped ?? (error as Error)
    endBroken(run, { durationMs: durationMs(), error: reason })
    throw reason
  } finally {
    attempt.end()
    end()
  }
}

function endBroken(
  run: RunContext,
  { durationMs, error }: { readonly durationMs: number; readonly error: Error },
): void {
  const runId = run.settings.id
  try {
    if (error instanceof CancelledError) run.emit({ type: "run_cancelled", runId, durationMs })
    else run.emit({ type: "run_failed", runId, durationMs, error: eventError(error) })
  } catch {
    // It is the log that cannot be written: the next one to open it finds the run lost.
  }
}
