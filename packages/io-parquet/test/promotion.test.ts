import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { asset, definitions, json, materialize, openEventLog, promote } from "@assets/core"
import type { RunLog } from "@assets/core/testing"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { parquetIO } from "../src/index.ts"
import { syncedPaths } from "./synced-paths.ts"

let base = ""
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "assets-promotion-"))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

/** A chain of two in a branch and in what it is promoted to; `value` is what the upper one gives. */
function chain(value: number, durability: "process" | "power" = "process") {
  const upper = asset("a/upper", { returns: json<number>(), version: `${value}`, compute: () => value })
  const lower = asset("a/lower", {
    deps: { upper },
    returns: json<number>(),
    version: "1",
    compute: ({ upper }) => upper * 10,
  })
  const environments = {
    prod: { io: parquetIO({ root: "prod" }), durability },
    branch: { io: parquetIO({ root: "branch" }) },
  }
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
  expect((await promote(chain(2), { from: "branch", to: "prod" })).promoted.map(({ key }) => key)).toEqual([
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

describe("what was made by other code than the project has now", () => {
  const branch = { from: "branch", to: "prod" }

  test("is not promoted", async () => {
    await materialize(chain(1), { environment: "branch" })
    await expect(promote(chain(2), branch)).rejects.toMatchObject({
      code: "PROMOTE_CONFLICT",
      message: "'a/upper' cannot be promoted from 'branch' to 'prod'.",
      why: "'a/upper' was made by other code, or under other settings, than the project has now.",
      fix: expect.stringContaining("assets materialize a/upper --env branch"),
    })
    await materialize(chain(2), { environment: "branch" })
    expect((await promote(chain(2), branch)).promoted).toMatchObject([{ key: "a/upper" }, { key: "a/lower" }])
  })

  test("is left out, with what was made from it, where the other environment has what the code makes", async () => {
    await materialize(chain(1), { environment: "prod" })
    await materialize(chain(2), { environment: "branch" })
    expect(await promote(chain(1), branch)).toMatchObject({
      runId: null,
      promoted: [],
      behind: [{ key: "a/upper" }, { key: "a/lower" }],
    })
  })
})

test("durability 'power' waits for what a promotion links before it marks and points to it", async () => {
  await materialize(chain(1), { environment: "branch" })
  const paths = await syncedPaths(join(base, "prod/a/upper"), () =>
    promote(chain(1, "power"), { from: "branch", to: "prod" }),
  )
  const first = (part: RegExp) => paths.findIndex(path => part.test(path))
  expect(first(/value\.json$/)).toBeGreaterThan(-1)
  expect(first(/_assets\.json/)).toBeGreaterThan(first(/value\.json$/))
  expect(first(/_current\/all\.json/)).toBeGreaterThan(first(/_assets\.json/))
  expect(paths).toContain("_versions")
  expect(await syncedPaths(base, () => promote(chain(1), { from: "branch", to: "prod" }))).toEqual([])
})
