import { asset, definitions, json, materialize, openEventLog } from "@assets/core"
import { memoryIO, type RunLog } from "@assets/core/testing"
import { expect, test } from "vitest"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()

test("a run that was ended while it waited to publish makes nothing current", async () => {
  const io = memoryIO()
  const one = asset("a/one", { returns: json<number>(), version: "1", compute: () => 1 })
  const environments = { local: { io, publish: "run" as const } }
  const project = definitions({ assets: { one }, environments, base: folder() })
  const log = openEventLog(project) as RunLog // what openEventLog opens is the runner's own
  log.append({ type: "run_started", runId: "other", environment: "local", selection: "*", tags: {}, steps: 0 })
  const staged = { isHeld: false }
  const run = await materialize(project, {
    onEvent: ({ type, runId }) => {
      if (type === "step_staged") staged.isHeld = "token" in log.acquireLease("local a/one", "other")
      if (type !== "step_waiting") return
      // As when its process was stopped for long, and the one that it waited for has come to its end meanwhile.
      log.endRun(runId, "cancelled without its process")
      log.append({ type: "run_succeeded", runId: "other", durationMs: 0 })
    },
  }).catch((error: unknown) => error)
  expect(staged.isHeld).toBe(true)
  expect(run).toMatchObject({ code: "LEASE_LOST" })
  const context = { base: folder(), signal: new AbortController().signal, expand: (text: string) => text }
  expect(await io.current(context, ["a/one"])).toEqual(new Map())
  expect(log.latest({ environment: "local" })).toEqual([])
  log.close()
})
