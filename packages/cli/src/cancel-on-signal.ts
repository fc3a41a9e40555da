import { CancelledError } from "@assets/core"
import { exitCodes } from "./exit-code.ts"

/** Gives a signal that aborts at the first Ctrl-C; the second one ends the process at once. */
export async function cancelOnSignal<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) process.exit(exitCodes.cancelled)
    process.stderr.write("Cancelling; once more ends at once.\n")
    controller.abort()
  }
  process.on("SIGINT", stop)
  process.on("SIGTERM", stop)
  try {
    return await work(controller.signal)
  } catch (error) {
    throw controller.signal.aborted ? cancelled(error) : error
  } finally {
    process.off("SIGINT", stop)
    process.off("SIGTERM", stop)
  }
}

function cancelled(cause: unknown): CancelledError {
  if (cause instanceof CancelledError) return cause
  return new CancelledError("RUN_CANCELLED", {
    what: "The command was cancelled.",
    why: "A signal asked this process to end.",
    fix: "Give the command again.",
    cause,
  })
}
