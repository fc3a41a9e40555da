import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { asset, definitions, json, materialize, openEventLog, promote } from "@assets/core"
import type { RunLog } from "@assets/core/testing"
import { afterEach, beforeEach, expect, test } from "vitest"
import { parquetIO } from "../src/index.ts"

let base = ""
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "assets-promotion-"))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

/** A chain of two in a branch and in what it is promoted to; `value` is what the upper one gives. */
function chain(value: number) {
  const upper = asset("a/upper", { returns: json<number>(), version: `${value}`, compute: () => value })
  const lower = asset("a/lower", {
    deps: { upper },
    returns: json<number>(),
    version: "1",
    compute: ({ upper }) => upper * 10,
  })
  const environments = { prod: { io: parquetIO({ root: "prod" }) }, branch: { io: parquetIO({ root: "branch" }) } }
  return definitions({ assets: { upper, lower }, environments, defaultEnvironment: "prod", base })
}

/** Lets something be done while a promotion waits for a lease, which is free afterwards. */
function whileWaiting(log: RunLog, work: () => Promise<unknown>) {
  log.append({ type: "run_started", runId: "other", environment: "prod", selection: "*", tags: {}, steps: 0 })
  log.acquireLease("prod a/lower", "other")
  let isDone = false
  return ({ type }: { readonly type: string }) => {
    if (type !== "step_waiting" || isDone) return
    isDone = true
    void work().finally(() => log.append({ type: "run_succeeded", runId: "other", durationMs: 0 }))
  }
}

test("what the branch makes while a promotion waits is not promoted without what it was made from", async () => {
  const project = chain(1)
  await materialize(project, { select: "a/upper" })
  await materialize(project, { environment: "branch" })
  const log = openEventLog(project) as RunLog // what openEventLog opens is the runner's own
  const onEvent = whileWaiting(log, () => materialize(chain(2), { environment: "branch" }))
  const promoted = promote(project, { from: "branch", to: "prod", onEvent })
  await expect(promoted).rejects.toMatchObject({ code: "PROMOTE_CONFLICT" })
  expect(log.latest({ environment: "prod" }).map(({ key }) => key)).toEqual(["a/upper"])
  expect((await promote(project, { from: "branch", to: "prod" })).promoted.map(({ key }) => key)).toEqual([
    "a/upper",
    "a/lower",
  ])
  log.close()
})

test("a promotion that was ended while it waited changes nothing, and keeps nothing from being collected", async () => {
  const project = chain(1)
  await materialize(project, { environment: "branch" })
  const log = openEventLog(project) as RunLog // what openEventLog opens is the runner's own
  const work = async () => {
    for (const { id } of log.runs({ status: "running" })) if (id !== "other") log.endRun(id, "without its process")
  }
  const promoted = promote(project, { from: "branch", to: "prod", onEvent: whileWaiting(log, work) })
  await expect(promoted).rejects.toMatchObject({ code: "LEASE_LOST" })
  expect(log.latest({ environment: "prod" })).toEqual([])
  expect([...log.inUse()]).toEqual([])
  log.close()
})
