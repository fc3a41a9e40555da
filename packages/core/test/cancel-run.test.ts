import { asset, definitions, json, materialize, openEventLog } from "@assets/core"
import { memoryIO, type RunLog } from "@assets/core/testing"
import { expect, test } from "vitest"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()

test("a run that another process asks to stop is cancelled as by Ctrl-C", async () => {
  const slow = asset("a/slow", {
    returns: json<number>(),
    version: "1",
    compute: (_, { signal }) =>
      new Promise<number>((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped")))),
  })
  const below = asset("a/below", { deps: { slow }, returns: json<number>(), version: "1", compute: () => 1 })
  const project = definitions({ assets: { slow, below }, environments: { local: { io: memoryIO() } }, base: folder() })
  const log = openEventLog(project) as RunLog // what openEventLog opens is the runner's own
  const run = await materialize(project, {
    onEvent: event => {
      if (event.type === "step_started") log.requestCancel(event.runId)
    },
  })
  expect(run.status).toBe("cancelled")
  expect(run.steps.map(step => step.status)).toEqual(["cancelled", "cancelled"])
  expect(log.run(run.id)?.status).toBe("cancelled")
  log.close()
})
