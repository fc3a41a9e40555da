import { asset, definitions, json, materialize, openEventLog, StorageError, status } from "@assets/core"
import { expect, test } from "vitest"
import { singleVersionIO } from "./single-version-io.ts"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()

/** A chain of two; `onLower` is called while the lower one computes, with how often it was called before. */
function chain(onLower: (call: number) => void, io = singleVersionIO()) {
  let calls = 0
  const upper = asset("a/upper", { returns: json<number>(), version: "1", compute: () => 1 })
  const lower = asset("a/lower", {
    deps: { upper },
    returns: json<number>(),
    version: "1",
    compute: ({ upper }) => {
      onLower(calls++)
      return upper * 10
    },
  })
  const project = definitions({ assets: { upper, lower }, environments: { local: { io } }, base: folder() })
  return { project, io, lower, calls: () => calls }
}

test("a step whose input is replaced before it is read reads what is there now, and records it", async () => {
  const io = singleVersionIO()
  const { project, lower } = chain(() => {}, io)
  const { loadInput } = io
  let loads = 0
  io.loadInput = context => {
    if (loads++ === 0) io.replace("a/upper", { id: "other", dataVersion: "v2", runId: "another" }, 2)
    return loadInput(context)
  }
  const run = await materialize(project)
  expect(run.steps.map(step => [step.key, step.status])).toEqual([
    ["a/upper", "materialized"],
    ["a/lower", "materialized"],
  ])
  expect(await run.value(lower)).toBe(20)
  const current = (await io.current({} as never, ["a/lower"])).get("a/lower")?.[0]
  expect(current?.materialization.inputs).toEqual({ "a/upper": "v2" })
  const log = openEventLog(project)
  const retried = log.events({ runId: run.id }).find(event => event.type === "step_retried")
  expect(retried).toMatchObject({ step: "a/lower", attempt: 1, error: { code: "STORAGE_DATA_MISSING" } })
  log.close()
})

test("a step whose input is replaced after it was read stores what it made, and of what", async () => {
  const io = singleVersionIO()
  const { project, lower, calls } = chain(() => io.replace("a/upper", { id: "other", dataVersion: "v2" }, 2), io)
  const run = await materialize(project)
  expect(run.status).toBe("succeeded")
  expect(calls()).toBe(1)
  expect(await run.value(lower)).toBe(10)
  const [stale] = await status(project, { select: "a/lower" })
  expect(stale).toMatchObject({ status: "stale", causes: [{ kind: "input_changed", inputs: ["a/upper"] }] })
})

test("a step whose input never rests fails after some attempts, and says what happened", async () => {
  const io = singleVersionIO()
  const { project, calls } = chain(() => {}, io)
  const { loadInput } = io
  let loads = 0
  io.loadInput = context => {
    io.replace("a/upper", { id: `other ${loads++}`, dataVersion: `v${loads}` }, 1)
    return loadInput(context)
  }
  const run = await materialize(project)
  expect(run.steps[1]).toMatchObject({ status: "failed", reason: "STORAGE_DATA_MISSING" })
  expect(loads).toBe(6)
  expect(calls()).toBe(0)
})

test("a step ends as skipped when what came instead was made into the same by another run", async () => {
  const io = singleVersionIO()
  const { project } = chain(() => {}, io)
  const first = await materialize(project)
  const made = (await io.current({} as never, ["a/lower"])).get("a/lower")?.[0]?.materialization
  io.replace("a/upper", { dataVersion: "v0", fingerprint: "old" }, 1)
  io.replace("a/lower", { fingerprint: "old" }, 1)
  const { loadInput } = io
  let loads = 0
  io.loadInput = context => {
    // The other run is done with both by the time at which this one reads.
    if (loads++ === 0) {
      io.replace("a/upper", { id: "other", dataVersion: first.steps[0]?.dataVersion ?? "" }, 1)
      io.replace("a/lower", { fingerprint: made?.fingerprint ?? "", runId: "another" }, 10)
    }
    return loadInput(context)
  }
  const second = await materialize(project, { select: "a/lower" })
  expect(second.steps[0]).toMatchObject({ status: "skipped", reason: "materialized by run another" })
})

test("data that is gone, and not replaced, is told as such at once", async () => {
  const io = singleVersionIO()
  const { project } = chain(() => {}, io)
  io.loadInput = () => {
    loads++
    return Promise.reject(missing)
  }
  let loads = 0
  const missing = new StorageError("STORAGE_DATA_MISSING", { what: "gone", why: "a test", fix: "none" })
  const run = await materialize(project)
  expect(run.steps[1]).toMatchObject({ status: "failed", reason: "STORAGE_DATA_MISSING" })
  expect(loads).toBe(1)
})
