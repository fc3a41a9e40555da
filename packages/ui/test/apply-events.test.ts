import { describe, expect, test } from "vitest"
import type { AssetsEvent, Materialization, StepRecord } from "../src/api/api-view.ts"
import { applyEvents } from "../src/web/run/apply-events.ts"

const at = (second: number) => `2026-01-05T10:00:${String(second).padStart(2, "0")}.000Z`

function step(key: string, change: Partial<StepRecord> = {}): StepRecord {
  return {
    runId: "r1",
    id: key,
    key,
    partitions: [],
    status: "pending",
    reason: null,
    startedAt: null,
    endedAt: null,
    attempts: 0,
    rows: null,
    bytes: null,
    dataVersion: null,
    error: null,
    ...change,
  }
}

const of = (key: string, id: number) => ({ id, time: at(id), runId: "r1", step: key, key, partitions: [] })
const started = (key: string, id: number, attempt = 1): AssetsEvent => ({
  ...of(key, id),
  type: "step_started",
  attempt,
  reasons: [{ kind: "code_changed" }],
})
const materialization: Materialization = {
  id: "m1",
  key: "a",
  partitions: [],
  kind: "relation",
  fingerprint: "f",
  dataVersion: "d",
  codeVersion: "c",
  inputs: {},
  runId: "r1",
  attempt: 1,
  createdAt: at(2),
  engine: "duckdb",
  rows: 18,
  bytes: 200,
}
const materialized = (key: string, id: number): AssetsEvent => ({
  ...of(key, id),
  type: "asset_materialized",
  materialization,
  durationMs: 1000,
})

describe("applyEvents", () => {
  test("a step starts, and goes before those that wait", () => {
    const steps = applyEvents([step("a"), step("b")], [started("b", 1)])
    expect(steps.map(({ key, status, startedAt }) => [key, status, startedAt])).toEqual([
      ["b", "running", at(1)],
      ["a", "pending", null],
    ])
    expect(steps[0]).toMatchObject({ attempts: 1, reason: "code_changed" })
  })

  test("a materialization gives the step its rows, bytes, data version and end", () => {
    const [a] = applyEvents([step("a")], [started("a", 1), materialized("a", 2)])
    expect(a).toMatchObject({ status: "materialized", rows: 18, bytes: 200, dataVersion: "d", endedAt: at(2) })
  })

  test("a step that is not known yet is added", () => {
    const steps = applyEvents([], [{ ...of("a", 1), type: "step_skipped", reason: "unchanged", dataVersion: "d" }])
    expect(steps).toEqual([
      step("a", { status: "skipped", reason: "unchanged", startedAt: at(1), endedAt: at(1), dataVersion: "d" }),
    ])
  })

  test("retries count, and the last failure is the step's", () => {
    const error = { code: "ENGINE_QUERY_FAILED", what: "It failed." }
    const [a] = applyEvents(
      [step("a")],
      [
        started("a", 1),
        { ...of("a", 2), type: "step_retried", attempt: 1, delayMs: 10, error },
        started("a", 3, 2),
        { ...of("a", 4), type: "step_failed", attempt: 2, error, durationMs: 5 },
      ],
    )
    expect(a).toMatchObject({ status: "failed", attempts: 2, error, reason: "ENGINE_QUERY_FAILED", startedAt: at(1) })
  })

  test("blocked and cancelled steps say so", () => {
    const steps = applyEvents(
      [step("a"), step("b")],
      [
        { ...of("a", 1), type: "step_blocked", by: "raw/x" },
        { ...of("b", 2), type: "step_cancelled" },
      ],
    )
    expect(steps.map(({ status, reason }) => [status, reason])).toEqual([
      ["blocked", "raw/x"],
      ["cancelled", null],
    ])
  })

  test("events that the steps already know of change nothing", () => {
    const events = [started("a", 1), materialized("a", 2)]
    const once = applyEvents([step("a")], events)
    expect(applyEvents(once, events)).toEqual(once)
  })
})
