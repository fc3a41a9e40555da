import { asset, definitions, explainPlan, explainPlanAsJson, inMemory, json, materialize, plan } from "@assets/core"
import { expect, test } from "vitest"
import { fakeEngine, table } from "./fake-table.ts"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()

function project(environment = inMemory({ engine: fakeEngine() }), value = 1) {
  const rows = asset("t/rows", { returns: table(), version: "1", compute: () => [{ id: 1 }] })
  const copy = asset("t/copy", { deps: { rows }, returns: table(), transform: ({ rows }) => rows.with("x", value) })
  const count = asset("t/count", { deps: { copy }, returns: json<number>(), version: "1", compute: () => 1 })
  const last = asset("t/last", { deps: { count }, returns: json<number>(), version: "1", compute: () => 2 })
  return definitions({ assets: { rows, copy, count, last }, environments: { local: environment }, base: folder() })
}

test("a plan is explained with reasons, differences and what is undecided", async () => {
  const environment = inMemory({ engine: fakeEngine() })
  await materialize(project(environment))
  const changed = await plan(project(environment, 2))
  expect(explainPlan(changed)).toBe(
    [
      "run    t/copy  code changed",
      `         - ["with","x",1]`,
      `         + ["with","x",2]`,
      "run    t/count  input changed: t/copy",
      "maybe  t/last  hangs on what t/count gives",
      "2 to run, 1 undecided, 1 to skip in 'local'.",
    ].join("\n"),
  )
  expect(explainPlan(changed, { all: true }).split("\n")[0]).toBe("skip   t/rows  unchanged")
  const { counts, steps } = explainPlanAsJson(changed)
  expect(counts).toEqual({ run: 2, maybe: 1, skip: 1 })
  expect(steps.map(step => [step.id, step.decision, step.why])).toEqual([
    ["t/rows", "skip", "unchanged"],
    ["t/copy", "run", "code changed"],
    ["t/count", "run", "input changed: t/copy"],
    ["t/last", "maybe", "hangs on what t/count gives"],
  ])
})

test("a plan survives JSON", async () => {
  const made = await plan(project())
  expect(JSON.parse(JSON.stringify(made))).toEqual(made)
})

test("a plan of many steps is built and explained in little time", async () => {
  const top = asset("t/top", { returns: json<number>(), version: "1", compute: () => 0 })
  const many = Array.from({ length: 20_000 }, (_, i) =>
    asset(`t/a${i}`, { deps: { top }, returns: json<number>(), version: "1", compute: () => i }),
  )
  const large = definitions({ assets: { top, many }, environments: { local: inMemory() }, base: folder() })
  const begin = process.cpuUsage()
  explainPlan(await plan(large))
  // A third of a second; what is quadratic takes minutes.
  expect(process.cpuUsage(begin).user / 1000).toBeLessThan(20_000)
})
