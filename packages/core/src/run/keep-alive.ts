import { CancelledError } from "../errors/assets-error.ts"
import type { RunContext } from "./run-context.ts"

const HEARTBEAT_MS = 10_000
/** Milliseconds between two looks at whether another process wants the run to stop. */
const CANCEL_LOOK_MS = 500

/**
 * Says in the event log, until the returned function is called, that the run's process lives; and stops the run when
 * `signal` aborts, or when another process asks for it.
 */
export function keepAlive(run: RunContext, signal: AbortSignal | undefined): () => void {
  const { log, id } = run.settings
  const beat = setInterval(() => attempt(() => log.heartbeat(id)), HEARTBEAT_MS).unref()
  const look = setInterval(() => attempt(() => stopWhenAsked(run)), CANCEL_LOOK_MS).unref()
  const stop = () => run.stop(runCancelled(signal?.reason))
  signal?.addEventListener("abort", stop, { once: true })
  if (signal?.aborted) stop()
  return () => {
    clearInterval(beat)
    clearInterval(look)
    signal?.removeEventListener("abort", stop)
  }
}

function stopWhenAsked(run: RunContext): void {
  const { log, id } = run.settings
  if (!run.stopped && log.isCancelRequested(id)) run.stop(runCancelled("asked by another process"))
}

/** The log may be locked for longer than a change waits: the next beat, or look, does it. */
function attempt(work: () => void): void {
  try {
    work()
  } catch {
    // Nothing depends on this one.
  }
}

function runCancelled(cause: unknown): CancelledError {
  return new CancelledError("RUN_CANCELLED", {
    what: "The run was cancelled.",
    why: "It was asked to stop.",
    fix: "Run again; what was stored by then is kept, and not made again.",
    cause,
  })
}
