import { asset, definitions, explainPlan, json, materialize, plan } from "@assets/core"
import { memoryIO } from "@assets/core/testing"
import { expect, test } from "vitest"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()

function gate() {
  let open: () => void = () => {}
  const passed = new Promise<void>(resolve => {
    open = resolve
  })
  return { open: () => open(), passed }
}

/** A step that holds the only place until it is let go, and others that want it. */
function held(limit = 1) {
  const begun = gate()
  const letGo = gate()
  const order: string[] = []
  const of = (key: string, priority = 0, compute: () => unknown = () => order.push(key)) =>
    asset(key, {
      returns: json<unknown>(),
      version: "1",
      pool: "api",
      priority,
      compute: async () => compute() ?? null,
    })
  const holder = asset("hold/it", {
    returns: json<number>(),
    version: "1",
    pool: "api",
    compute: async () => {
      begun.open()
      await letGo.passed
      return 1
    },
  })
  const low = of("want/low")
  const high = of("want/high", 5)
  const middle = of("want/middle")
  const below = asset("want/below", { deps: { middle }, returns: json<number>(), version: "1", compute: () => 1 })
  const free = asset("want/free", {
    returns: json<number>(),
    version: "1",
    compute: () => order.push("want/free"),
  })
  const environments = { local: { io: memoryIO(), pools: { api: limit } } }
  const project = definitions({ assets: { holder, low, high, middle, below, free }, environments, base: folder() })
  return { project, begun, letGo, order }
}

test("of the steps that wait for another run's place, the declared priority, then the longest path below, decides", async () => {
  const { project, begun, letGo, order } = held()
  const holding = materialize(project, { select: "hold/it" })
  await begun.passed
  const waiting: string[] = []
  const run = await materialize(project, {
    select: "want/*",
    concurrency: 2,
    onEvent: event => {
      if (event.type !== "step_waiting") return
      waiting.push(event.key)
      if (waiting.length === 3) letGo.open()
    },
  })
  expect(run.status).toBe("succeeded")
  // What wants no place is kept from nothing by those that wait.
  expect(order[0]).toBe("want/free")
  expect(order.slice(1)).toEqual(["want/high", "want/middle", "want/low"])
  expect((await holding).status).toBe("succeeded")
})

test("within a run the same decides, and nobody is told to wait", async () => {
  const { project, letGo, order } = held()
  letGo.open()
  const told: string[] = []
  const run = await materialize(project, {
    select: "want/low or want/high or want/middle+",
    onEvent: event => {
      if (event.type === "step_waiting") told.push(event.step)
    },
  })
  expect(run.status).toBe("succeeded")
  expect(order).toEqual(["want/high", "want/middle", "want/low"])
  expect(told).toEqual([])
})

test("what is ready when the run begins starts by its priority, too", async () => {
  const order: string[] = []
  const of = (key: string, priority: number) =>
    asset(key, { returns: json<number>(), version: "1", priority, compute: () => order.push(key) })
  const assets = { a: of("a/a", 0), b: of("a/b", 1), c: of("a/c", 2) }
  const project = definitions({ assets, environments: { local: { io: memoryIO() } }, base: folder() })
  await materialize(project, { concurrency: 1 })
  expect(order).toEqual(["a/c", "a/b", "a/a"])
})

test("a run that does not wait fails for a place of a pool that another holds, and says who does", async () => {
  const { project, begun, letGo } = held()
  const holding = materialize(project, { select: "hold/it" })
  await begun.passed
  const run = await materialize(project, { select: "want/low or want/free", wait: false })
  letGo.open()
  expect(run.steps.map(step => [step.key, step.status, step.reason])).toEqual([
    ["want/free", "materialized", "never_materialized"],
    ["want/low", "failed", "LEASE_HELD"],
  ])
  expect(run.steps[1]?.error?.message).toContain("the pool 'api'")
  expect(run.steps[1]?.error).toMatchObject({ why: expect.stringContaining(`process ${process.pid}`) })
  expect((await holding).status).toBe("succeeded")
})

test("a run that does not wait waits for its own places", async () => {
  const { project, order } = held()
  const run = await materialize(project, { select: "want/low or want/high", wait: false })
  expect(run.status).toBe("succeeded")
  expect(order).toHaveLength(2)
})

test("a run that is cancelled while it waits for a place ends, and holds none", async () => {
  const { project, begun, letGo } = held()
  const holding = materialize(project, { select: "hold/it" })
  await begun.passed
  const controller = new AbortController()
  const run = await materialize(project, {
    select: "want/low",
    signal: controller.signal,
    onEvent: event => {
      if (event.type === "step_waiting") controller.abort()
    },
  })
  expect(run.status).toBe("cancelled")
  letGo.open()
  expect((await holding).status).toBe("succeeded")
  expect((await materialize(project, { select: "want/low", wait: false })).status).toBe("succeeded")
})

test("a pool that the environment does not declare is told in the plan", async () => {
  const one = asset("a/one", { returns: json<number>(), version: "1", pool: "api", compute: () => 1 })
  const two = asset("a/two", { returns: json<number>(), version: "1", pool: "api", compute: () => 1 })
  const project = definitions({ assets: { one, two }, environments: { local: { io: memoryIO() } }, base: folder() })
  const planned = await plan(project)
  expect(planned.warnings).toEqual([
    { code: "POOL_UNDECLARED", key: "a/one", message: expect.stringContaining("the pool 'api'") },
  ])
  expect(explainPlan(planned)).toContain("warning: 'a/one' and 1 more name the pool 'api'")
})
