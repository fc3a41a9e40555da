/** How a failed step is tried again. */
export interface RetryPolicy {
  /** Tries in all, the first one counted. Default 1. */
  readonly attempts: number
  /** Milliseconds before the second try. Default 0. */
  readonly delayMs?: number
  /** `exponential` doubles the delay with each try. Default `constant`. */
  readonly backoff?: "constant" | "exponential"
  /** Share of the delay, from 0 to 1, by which it is varied at random. Default 0. */
  readonly jitter?: number
}

/** Says what is wrong with a retry policy; undefined for a good one. */
export function retryFault({ attempts, delayMs, backoff, jitter }: RetryPolicy): string | undefined {
  if (!Number.isInteger(attempts) || attempts < 1) return `attempts is ${attempts}, and is a whole number from 1 on`
  if (delayMs !== undefined && !(Number.isFinite(delayMs) && delayMs >= 0)) {
    return `delayMs is ${delayMs}, and is a number of milliseconds from 0 on`
  }
  if (backoff !== undefined && backoff !== "constant" && backoff !== "exponential") {
    return `backoff is '${backoff}', and is 'constant' or 'exponential'`
  }
  if (jitter !== undefined && !(jitter >= 0 && jitter <= 1)) return `jitter is ${jitter}, and is a share from 0 to 1`
  return undefined
}
