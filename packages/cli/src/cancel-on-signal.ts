import { setMaxListeners } from "node:events"
import { CancelledError } from "@assets/core"
import { exitCodes } from "./exit-codes.ts"
import { endProcess } from "./process-end.ts"

/** Ctrl-C, `kill`, and a terminal that is closed. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/** Gives a signal that aborts at the first Ctrl-C; the second one ends the process at once. */
export async function cancelOnSignal<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal) // all that the command does at once listens to it
  const stop = () => {
    if (controller.signal.aborted) endProcess(exitCodes.cancelled)
    process.stderr.write("Cancelling; once more ends at once.\n")
    controller.abort()
  }
  for (const name of signals) process.on(name, stop)
  try {
    return await work(controller.signal)
  } catch (error) {
    throw controller.signal.aborted ? cancelled(error) : error
  } finally {
    for (const name of signals) process.off(name, stop)
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
