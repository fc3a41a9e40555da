import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { asset, definitions, inMemory, json, materialize, openEventLog, plan } from "@assets/core"
import { afterEach, beforeEach, expect, test } from "vitest"

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "assets-core-"))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

const one = asset("a/one", { returns: json<number>(), version: "1", compute: () => 1 })
const two = asset("a/two", { deps: { one }, returns: json<number>(), version: "1", compute: ({ one }) => one + 1 })

test("makes what is missing, and skips it when nothing has changed", async () => {
  const local = inMemory()
  const project = definitions({ assets: { one, two }, environments: { local }, base })
  const first = await materialize(project, { environment: "local" })
  expect(first.steps.map(step => [step.key, step.status, step.reason, step.error])).toEqual([
    ["a/one", "materialized", "never_materialized", undefined],
    ["a/two", "materialized", "never_materialized", undefined],
  ])
  expect(await first.value(two)).toBe(2)
  const second = await materialize(project, { environment: "local" })
  expect(second.steps.map(step => [step.key, step.status, step.reason])).toEqual([
    ["a/one", "skipped", "unchanged"],
    ["a/two", "skipped", "unchanged"],
  ])
  expect((await plan(project)).steps.map(step => step.decision)).toEqual(["skip", "skip"])
  expect(
    openEventLog(project)
      .events()
      .map(event => event.type),
  ).toEqual([
    "run_started",
    "step_started",
    "asset_materialized",
    "step_started",
    "asset_materialized",
    "run_succeeded",
    "run_started",
    "step_skipped",
    "step_skipped",
    "run_succeeded",
  ])
})
