import { CancelledError } from "../errors/assets-error.ts"
import type { AssetsEvent } from "../event/event.ts"
import type { PendingStep } from "../event/run-log.ts"
import { CurrentState } from "../plan/current-state.ts"
import type { OpenProject } from "../plan-work.ts"
import { eventError } from "../run/event-error.ts"
import { RunContext } from "../run/run-context.ts"
import { uuidv7 } from "../util/uuid.ts"

const HEARTBEAT_MS = 10_000

/** What the history is to say of a run that follows no plan. */
export interface RecordedRun {
  /** The selection as given, for people. */
  readonly selection: string
  readonly tags: { readonly [name: string]: string }
  readonly steps: readonly PendingStep[]
  /** False: a step that another process works on fails with `LEASE_HELD`. */
  readonly wait: boolean
  readonly onEvent: ((event: AssetsEvent) => void) | undefined
}

/**
 * Carries out work that moves or looks at what is stored: a run in the event log like any other, with leases and a
 * heartbeat, and without a plan.
 *
 * @param work gives how the run has ended; the run has failed, or was cancelled, when it rejects
 * @returns the id of the run
 */
export async function recordRun(
  open: OpenProject,
  request: RecordedRun,
  work: (run: RunContext) => Promise<"succeeded" | "failed">,
): Promise<string> {
  const { environment, log, sources, signal } = open
  const { selection, tags, steps, wait, onEvent } = request
  const id = uuidv7()
  const startedAt = performance.now()
  const state = new CurrentState(environment)
  const fixed = { reusable: [], resources: {}, force: false, reapply: false }
  const run = new RunContext({ id, environment, log, state, sources, wait, tags, onEvent, ...fixed })
  run.change(append => {
    append({ type: "run_started", runId: id, environment: environment.name, selection, tags, steps: steps.length })
    log.addSteps(id, steps)
  })
  const beat = setInterval(() => sendHeartbeat(() => log.heartbeat(id)), HEARTBEAT_MS).unref()
  const durationMs = () => Math.round(performance.now() - startedAt)
  try {
    const status = await work(run)
    run.emit({ type: `run_${status}`, runId: id, durationMs: durationMs() })
    return id
  } catch (error) {
    const reason = signal.aborted ? cancelled(signal) : (error as Error)
    endBroken(run, { durationMs: durationMs(), error: reason })
    throw reason
  } finally {
    clearInterval(beat)
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

function sendHeartbeat(send: () => void): void {
  try {
    send()
  } catch {
    // The log is locked for longer than a change waits; the next beat tells that the run lives.
  }
}

function cancelled(signal: AbortSignal): CancelledError {
  return new CancelledError("RUN_CANCELLED", {
    what: "The run was cancelled.",
    why: "It was asked to stop.",
    fix: "Run the command again; what was stored by then is kept.",
    cause: signal.reason,
  })
}
