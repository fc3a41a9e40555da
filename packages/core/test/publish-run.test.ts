import {
  type AssetsEvent,
  asset,
  definitions,
  type Json,
  json,
  materialize,
  openEventLog,
  plan,
  type Run,
  status,
} from "@assets/core"
import { memoryIO } from "@assets/core/testing"
import { expect, test } from "vitest"
import { singleVersionIO } from "./single-version-io.ts"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()
const told = (run: Run) => run.steps.map(step => [step.key, step.status, step.reason])

/** A chain of two whose environment publishes by the run. `onLower` is called when the lower one computes. */
function published({ io = memoryIO(), publish = "run" as const } = {}) {
  return (value: number, onLower: () => void | Promise<void> = () => {}) => {
    const upper = asset("a/upper", { returns: json<number>(), version: `${value}`, compute: () => value })
    const lower = asset("a/lower", {
      deps: { upper },
      returns: json<number>(),
      version: "1",
      compute: async ({ upper }) => {
        await onLower()
        return upper * 10
      },
    })
    const environments = { local: { io, publish }, other: { io } }
    const project = definitions({ assets: { upper, lower }, environments, defaultEnvironment: "local", base: folder() })
    return { project, upper, lower }
  }
}

async function values(io: ReturnType<typeof memoryIO>): Promise<Json[]> {
  const context = { base: folder(), signal: new AbortController().signal, expand: (text: string) => text }
  const current = await io.current(context, ["a/upper", "a/lower"])
  return Promise.all(
    [...current].map(async ([key, [one]]) => {
      const session = () => Promise.reject(new Error("JSON needs no engine"))
      const materializations = one ? [one.materialization] : []
      const loaded = await io.loadInput({
        ...context,
        key,
        materializations,
        partitions: [],
        schema: undefined,
        session,
      })
      return loaded.kind === "json" ? loaded.value : null
    }),
  )
}

test("readers see the old values of all assets until the run has succeeded, then all the new ones", async () => {
  const io = memoryIO()
  const project = published({ io })
  expect((await materialize(project(1).project)).status).toBe("succeeded")
  expect(await values(io)).toEqual([1, 10])
  let seen: Json[] = []
  const second = project(2, async () => {
    seen = await values(io)
  })
  const events: AssetsEvent[] = []
  const run = await materialize(second.project, { onEvent: event => events.push(event) })
  expect(seen).toEqual([1, 10])
  expect(await values(io)).toEqual([2, 20])
  expect(await run.value(second.lower)).toBe(20)
  expect(events.map(({ type }) => type)).toEqual([
    "run_started",
    ...["step_started", "step_staged", "step_started", "step_staged"],
    ...["asset_materialized", "asset_materialized", "run_succeeded"],
  ])
  const log = openEventLog(project(2).project)
  expect(log.run(run.id)).toMatchObject({ status: "succeeded", counts: { ok: 2, skipped: 0 } })
  expect(log.latest({ environment: "local" }).map(one => one.materialization.id)).toHaveLength(2)
  log.close()
  expect(told(await materialize(project(2).project)).map(step => step[2])).toEqual(["unchanged", "unchanged"])
})

test("of a run in which a step failed nothing is published, and it says so", async () => {
  const io = memoryIO()
  const project = published({ io })
  await materialize(project(1).project)
  const events: AssetsEvent[] = []
  const failing = project(2, () => {
    throw new Error("no")
  })
  const run = await materialize(failing.project, { onEvent: event => events.push(event) })
  expect(run.status).toBe("failed")
  expect(told(run)).toEqual([
    ["a/upper", "staged", "not published"],
    ["a/lower", "failed", "USER_CODE_FAILED"],
  ])
  expect(await values(io)).toEqual([1, 10])
  expect(await run.value(failing.upper)).toBe(1)
  expect(events.at(-1)).toMatchObject({ type: "run_failed", unpublished: 1 })
  expect((await status(project(2).project, { environment: "local" })).map(one => one.status)).toEqual([
    "fresh",
    "stale",
  ])
  expect((await plan(project(2).project)).steps.map(step => step.decision)).toEqual(["run", "maybe"])
})

test("a run that is cancelled publishes nothing, also when every step has ended", async () => {
  const io = memoryIO()
  const controller = new AbortController()
  const { project } = published({ io })(1)
  const run = await materialize(project, {
    signal: controller.signal,
    onEvent: event => {
      if (event.type === "step_staged" && event.key === "a/lower") controller.abort()
    },
  })
  expect(run.status).toBe("cancelled")
  expect(await values(io)).toEqual([])
})

test("what another has changed meanwhile stays, and the run fails with it", async () => {
  const io = memoryIO()
  const project = published({ io })
  const { project: mine } = project(1, async () => {
    await materialize(project(5).project, { environment: "other" })
  })
  const run = await materialize(mine)
  expect(run).toMatchObject({ status: "failed", error: { code: "STORAGE_CONFLICT" } })
  expect(told(run).map(step => step[1])).toEqual(["staged", "staged"])
  expect(await values(io)).toEqual([5, 50])
})

test("what another has published meanwhile and is the same counts as done", async () => {
  const io = memoryIO()
  const project = published({ io })
  let other: Run | undefined
  const { project: mine } = project(1, async () => {
    other ??= await materialize(project(1).project, { select: "a/upper" })
  })
  const run = await materialize(mine)
  expect(run.status).toBe("succeeded")
  expect(told(run)).toEqual([
    ["a/upper", "skipped", `materialized by run ${other?.id}`],
    ["a/lower", "materialized", "never_materialized"],
  ])
})

test("after a run nothing is held or read any more", async () => {
  const { project } = published()(1)
  await materialize(project)
  const log = openEventLog(project) as unknown as { inUse(): ReadonlySet<string> }
  expect([...log.inUse()]).toEqual([])
})

test("an environment that publishes by the run is refused when its storage keeps no versions", () => {
  expect(() => published({ io: singleVersionIO() })(1)).toThrow(
    expect.objectContaining({ code: "ENVIRONMENT_UNSUPPORTED", message: expect.stringContaining("single") }),
  )
})
