import type { RetryPolicy } from "../asset/retry-policy.ts"
import { AssetsError, EngineError, StorageError, UserCodeError } from "../errors/assets-error.ts"

/** Milliseconds to wait after an attempt, the first being 1. `random` gives a number from 0 to 1. */
export function retryDelayMs(
  { delayMs = 0, backoff, jitter = 0 }: RetryPolicy,
  attempt: number,
  random = Math.random,
): number {
  const delay = backoff === "exponential" ? delayMs * 2 ** (attempt - 1) : delayMs
  return Math.max(0, Math.round(delay * (1 + jitter * (2 * random() - 1))))
}

/** Whether trying again may give another result: not after a wrong value, a failed check or a refused query. */
export function mayHelp(error: unknown): boolean {
  if (error instanceof EngineError) return error.transient
  if (error instanceof UserCodeError) return error.code !== "VALUE_INVALID"
  return error instanceof StorageError || !(error instanceof AssetsError)
}
