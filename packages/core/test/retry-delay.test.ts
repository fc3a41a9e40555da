import { CheckError, EngineError, StorageError, UserCodeError } from "@assets/core"
import { expect, test } from "vitest"
import { mayHelp, retryDelayMs } from "../src/run/retry-delay.ts"

test("delays are constant, or double with each attempt, and vary by the jitter", () => {
  const delays = (policy: Parameters<typeof retryDelayMs>[0], random = 0.5) =>
    [1, 2, 3].map(attempt => retryDelayMs(policy, attempt, () => random))
  expect(delays({ attempts: 4 })).toEqual([0, 0, 0])
  expect(delays({ attempts: 4, delayMs: 100 })).toEqual([100, 100, 100])
  expect(delays({ attempts: 4, delayMs: 100, backoff: "exponential" })).toEqual([100, 200, 400])
  expect(delays({ attempts: 4, delayMs: 100, jitter: 0.5 }, 0)).toEqual([50, 50, 50])
  expect(delays({ attempts: 4, delayMs: 100, jitter: 0.5 }, 1)).toEqual([150, 150, 150])
})

test("trying again is for what may pass, not for what is wrong", () => {
  const text = { what: "", why: "", fix: "" }
  expect(mayHelp(new EngineError("ENGINE_QUERY_FAILED", { ...text, transient: true }))).toBe(true)
  expect(mayHelp(new EngineError("ENGINE_QUERY_FAILED", text))).toBe(false)
  expect(mayHelp(new UserCodeError("USER_CODE_FAILED", text))).toBe(true)
  expect(mayHelp(new UserCodeError("VALUE_INVALID", text))).toBe(false)
  expect(mayHelp(new StorageError("SOURCE_CHANGED_WHILE_READ", text))).toBe(true)
  expect(mayHelp(new CheckError("CHECK_FAILED", text))).toBe(false)
  expect(mayHelp(new Error("socket hang up"))).toBe(true)
})
