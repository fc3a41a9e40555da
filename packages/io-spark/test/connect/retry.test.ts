import { Metadata, status } from "@grpc/grpc-js"
import { describe, expect, test } from "vitest"
import { Backoff, isConnectionFailure, waited, wasConnected } from "../../src/connect/retry.ts"

describe("delays between attempts", () => {
  test("double up to five seconds, and vary in their upper half", () => {
    const delays = (random: number) => {
      const backoff = new Backoff(
        60_000,
        () => random,
        () => 0,
      )
      return Array.from({ length: 9 }, () => backoff.next())
    }
    expect(delays(1)).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000])
    expect(delays(0)).toEqual([25, 50, 100, 200, 400, 800, 1600, 2500, 2500])
  })

  test("end when patience is at its end, and the last is no longer than what is left of it", () => {
    let now = 0
    const backoff = new Backoff(
      1000,
      () => 1,
      () => now,
    )
    expect(backoff.next()).toBe(50)
    now = 990
    expect(backoff.next()).toBe(10)
    now = 1000
    expect(backoff.next()).toBeUndefined()
  })

  test("begin anew after a success", () => {
    let now = 0
    const backoff = new Backoff(
      1000,
      () => 1,
      () => now,
    )
    backoff.next()
    backoff.next()
    backoff.reset()
    now = 5000
    expect(backoff.next()).toBe(50)
  })

  test("are cut short by a signal", async () => {
    const controller = new AbortController()
    const waiting = waited(60_000, controller.signal)
    controller.abort()
    expect(await waiting).toBe(false)
    expect(await waited(60_000, controller.signal)).toBe(false)
    expect(await waited(1, undefined)).toBe(true)
  })
})

describe("a connection failure", () => {
  const failure = (code: number, details: string, metadata = new Metadata()) =>
    Object.assign(new Error(details), { code, details, metadata })

  test("is what gRPC says of the way, under whatever code", () => {
    expect(isConnectionFailure(failure(status.UNAVAILABLE, "No connection established"))).toBe(true)
    const reset = "Received RST_STREAM with code 2 triggered by internal client error: read ECONNRESET"
    expect(isConnectionFailure(failure(status.INTERNAL, reset))).toBe(true)
    expect(isConnectionFailure(failure(status.CANCELLED, "Received RST_STREAM with code 8"))).toBe(true)
    // What a server says that a full heap ends.
    expect(isConnectionFailure(failure(status.INTERNAL, ""))).toBe(true)
  })

  test("is told apart by whether there was a connection", () => {
    expect(wasConnected(failure(status.UNAVAILABLE, "Connection dropped"))).toBe(true)
    const never = "No connection established. Last error: connect ECONNREFUSED 127.0.0.1:1"
    expect(wasConnected(failure(status.UNAVAILABLE, never))).toBe(false)
    expect(wasConnected(failure(status.INTERNAL, "[DIVIDE_BY_ZERO]"))).toBe(false)
  })

  test("is not what the server says of the query, even when it speaks of connections", () => {
    expect(isConnectionFailure(failure(status.INTERNAL, "[DIVIDE_BY_ZERO] Division by zero"))).toBe(false)
    const details = new Metadata()
    details.set("grpc-status-details-bin", Buffer.from("x"))
    expect(isConnectionFailure(failure(status.INTERNAL, "Task failed: read ECONNRESET", details))).toBe(false)
    expect(isConnectionFailure(failure(status.UNAUTHENTICATED, "Invalid authentication token"))).toBe(false)
    expect(isConnectionFailure(failure(status.CANCELLED, "Cancelled on client"))).toBe(false)
    expect(isConnectionFailure(new Error("ECONNRESET"))).toBe(false)
  })
})
