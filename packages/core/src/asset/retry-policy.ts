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
