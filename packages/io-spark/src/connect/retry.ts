import { setTimeout as sleep } from "node:timers/promises"
import { type ServiceError, status } from "@grpc/grpc-js"

/** How long a server that cannot be reached is waited for, in milliseconds. */
export const defaultPatienceMs = 60_000

const firstDelayMs = 50
const greatestDelayMs = 5_000

/**
 * Delays between attempts: each twice the one before, and drawn from its upper half, so that clients that lost a server
 * together do not come back together. There are no more once `patienceMs` have passed since the last success.
 */
export class Backoff {
  readonly #patienceMs: number
  readonly #random: () => number
  readonly #now: () => number
  #attempt = 0
  #since: number | undefined

  constructor(patienceMs: number, random = Math.random, now: () => number = () => performance.now()) {
    this.#patienceMs = patienceMs
    this.#random = random
    this.#now = now
  }

  /** The milliseconds to wait before the next attempt; undefined when there is to be none. */
  next(): number | undefined {
    const now = this.#now()
    this.#since ??= now
    const left = this.#patienceMs - (now - this.#since)
    if (left <= 0) return undefined
    const longest = Math.min(greatestDelayMs, firstDelayMs * 2 ** this.#attempt++)
    return Math.min(left, longest * (0.5 + 0.5 * this.#random()))
  }

  /** Something was received: a failure after this begins anew. */
  reset(): void {
    this.#attempt = 0
    this.#since = undefined
  }
}

/** Waits; true when the time passed, false when the signal ended it. */
export async function waited(delayMs: number, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await sleep(delayMs, undefined, signal && { signal })
    return true
  } catch {
    return false // only the signal makes it reject
  }
}

/** What gRPC says when the connection broke, whatever code it gives to that. */
const broken = /RST_STREAM|ECONNRESET|EPIPE|ETIMEDOUT|Connection dropped|too_many_pings|Stream removed/

/** Whether a call failed by the way to the server, and not by what was asked of it. */
export function isConnectionFailure(error: unknown): boolean {
  if (!isServiceError(error)) return false
  if (error.code === status.UNAVAILABLE) return true
  const mayBeBroken = error.code === status.INTERNAL || error.code === status.UNKNOWN || error.code === status.CANCELLED
  // An error of the server brings its details; one of the connection does not, nor does a server that is ending.
  const isBare = error.metadata.get("grpc-status-details-bin").length === 0
  return mayBeBroken && isBare && (error.details === "" || broken.test(error.details))
}

/** Whether the two ends do not agree on TLS: to try again changes nothing. */
export function isTlsFailure(message: string): boolean {
  return /self-signed certificate|SSL routines|unable to (?:verify|get)[\w ]* certificate|certificate has expired|ERR_TLS_/.test(
    message,
  )
}

/** Whether a call that failed by the way had a connection at first. */
export function wasConnected(error: unknown): boolean {
  const never = /No connection established|Name resolution failed|Failed to connect/
  return isConnectionFailure(error) && !never.test((error as ServiceError).details) // a connection failure is one of gRPC
}

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error && "metadata" in error
}
