import { stackFrames, UserCodeError } from "@assets/core"

/** Says of what the project's code threw outside of any step that it did; other errors are passed through. */
export function strayError(error: unknown, files: ReadonlySet<string>): unknown {
  const stack = error instanceof Error ? error.stack : undefined
  const location = stackFrames(stack).find(({ file }) => files.has(file))
  if (!location) return error
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new UserCodeError("USER_CODE_FAILED", {
    what: `The project's code threw where nobody waits for it: ${message}`,
    why: "It was thrown by a timer, by a listener, or by a promise that nothing awaits; no step can be told to have failed.",
    fix: "Await each promise in the function that makes it, and catch errors in timers and listeners.",
    location,
    cause: error,
  })
}
