import { AssetsError, type SourceLocation, UserCodeError } from "../errors/assets-error.ts"
import { isOwnFile } from "../errors/own-files.ts"
import { stackFrames } from "../errors/stack-frames.ts"

/**
 * The boundary around the code of users: gives the error that a user sees for what their function threw. Errors of this
 * product pass through; of anything else the first line that lies in the user's own files comes first.
 */
export function userCodeError(key: string, part: string, thrown: unknown): Error {
  return thrownBy(`The ${part} of '${key}'`, thrown, { key })
}

/** The same for a function that an engine calls: whose it is, the step that runs it tells. */
export function thrownBy(subject: string, thrown: unknown, details: { readonly key?: string } = {}): Error {
  try {
    if (thrown instanceof AssetsError) return thrown
    return described(subject, details, thrown)
  } catch {
    // An object may refuse to be read at all: a proxy, one without a prototype, an error with a getter that throws.
    return described(subject, details, new Error("something was thrown that cannot be shown"))
  }
}

function described(subject: string, details: { readonly key?: string }, thrown: unknown): UserCodeError {
  const location = thrown instanceof Error ? firstOwnLine(thrown) : undefined
  const place = location
    ? `${location.file}:${location.line}${location.column ? `:${location.column}` : ""}`
    : undefined
  const reasons = causesOf(thrown)
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `threw ${String(thrown)}`
  return new UserCodeError("USER_CODE_FAILED", {
    what: `${subject} failed: ${message}`,
    why: [
      place ? `It threw at ${place}.` : "It threw; its stack names no file of the project.",
      ...reasons.map(reason => `Caused by ${reason}`),
    ].join("\n"),
    fix: place ? `Look at ${place}.` : "Look at the cause.",
    details: { ...details, ...(thrown instanceof Error && thrown.stack && { stack: String(thrown.stack) }) },
    cause: thrown,
    ...(location && { location }),
  })
}

/** The errors below an error: its chain of causes, and the errors of an AggregateError, at most ten. */
function causesOf(thrown: unknown): string[] {
  const found = new Set<unknown>([thrown])
  for (const error of found) {
    if (!(error instanceof Error) || found.size > 10) continue
    if (error instanceof AggregateError) for (const one of error.errors) found.add(one)
    if (error.cause !== undefined) found.add(error.cause)
  }
  found.delete(thrown)
  return [...found].map(one => (one instanceof Error ? `${one.name}: ${one.message}` : String(one)))
}

/** The first line of a stack that is neither Node's, nor a package's, nor ours. */
function firstOwnLine(error: Error): SourceLocation | undefined {
  const stack = String(error.stack ?? "")
  // The message stands before the frames, and may hold lines that look like some.
  const framesAt = stack.includes(error.message) ? stack.indexOf(error.message) + error.message.length : 0
  return stackFrames(stack.slice(framesAt)).find(({ file }) => !/[\\/]node_modules[\\/]/.test(file) && !isOwnFile(file))
}
