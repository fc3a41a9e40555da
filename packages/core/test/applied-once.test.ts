import { asset, definitions, inMemory, json, materialize, plan, type Run, StorageError, status } from "@assets/core"
import { expect, test } from "vitest"
import { FakeFrame, fakeEngine, type Row, table } from "./fake-table.ts"
import { singleVersionIO } from "./single-version-io.ts"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()
const told = (run: Run) => run.steps.map(step => [step.key, step.status, step.reason])

/** An asset that appends what its source holds. */
const day = asset("a/day", { returns: table(), version: "1", compute: () => [] })
const all = asset("a/all", {
  deps: { day },
  returns: table(),
  write: "append",
  transform: ({ day }) => day as FakeFrame,
})

/** Runs the project with these rows as the input of what is appended. */
function appending() {
  const environment = inMemory({ engine: fakeEngine() })
  const run = (rows: readonly Row[], options = {}) => {
    const day = asset("a/day", {
      returns: table(),
      version: JSON.stringify(rows),
      transform: () => new FakeFrame([["rows", rows as never]], () => rows),
    })
    const made = asset("a/all", { deps: { day }, returns: table(), write: "append", transform: ({ day }) => day })
    const project = definitions({ assets: { day, made }, base: folder() })
    return { project, run: () => materialize(project, { environment, ...options }), made, environment }
  }
  return run
}

test("what was appended is not appended again, also when the input goes back to what it was", async () => {
  const days = appending()
  expect(told(await days([{ id: 1 }]).run())[1]).toEqual(["a/all", "materialized", "never_materialized"])
  expect(told(await days([{ id: 2 }]).run())[1]).toEqual(["a/all", "materialized", "input_changed"])
  const back = days([{ id: 1 }])
  expect((await plan(back.project, { environment: back.environment })).steps[1]?.decision).not.toBe("run")
  const third = await back.run()
  expect(told(third)[1]).toEqual(["a/all", "skipped", "unchanged"])
  expect(await (await third.value(back.made)).collect()).toEqual([{ id: 1 }, { id: 2 }])
  const all = await status(back.project, { environment: back.environment, select: "a/all" })
  expect(all.map(one => one.status)).toEqual(["fresh"])
})

test("force is refused for what any earlier run appended; with reapply its rows are added once more", async () => {
  const days = appending()
  await days([{ id: 1 }]).run()
  await days([{ id: 2 }]).run()
  const select = "a/all"
  await days([{ id: 1 }]).run()
  const forced = days([{ id: 1 }], { force: true, select })
  await expect(forced.run()).rejects.toMatchObject({ code: "ARGUMENT_INVALID" })
  const again = days([{ id: 1 }], { force: true, reapply: true, select })
  const run = await again.run()
  expect(told(run)).toEqual([["a/all", "materialized", "forced"]])
  expect(await (await run.value(again.made)).collect()).toEqual([{ id: 1 }, { id: 2 }, { id: 1 }])
})

test("reapply adds rows once more, and not once more for each attempt", async () => {
  const retry = { attempts: 2 }
  const environment = inMemory({ engine: fakeEngine() })
  const { io } = environment
  if (!io) throw new Error("an environment in memory has an IO manager")
  const added = asset("a/all", {
    deps: { day },
    returns: table(),
    write: "append",
    retry,
    transform: ({ day }) => day as FakeFrame,
  })
  const project = definitions({ assets: { day, added }, base: folder() })
  const inputs = { "a/day": [{ id: 1 }] }
  await materialize(project, { environment, inputs })
  const { handleOutput } = io
  let calls = 0
  io.handleOutput = async (context, value) => {
    const record = await handleOutput(context, value)
    if (++calls > 1) return record
    throw new StorageError("STORAGE_UNWRITABLE", { what: "said after the commit", why: "a test", fix: "run again" })
  }
  await expect(materialize(project, { environment, inputs, reapply: true })).rejects.toMatchObject({
    code: "ARGUMENT_INVALID",
    message: "reapply is asked for without force.",
  })
  const run = await materialize(project, { environment, inputs, force: true, reapply: true })
  expect(told(run)).toEqual([["a/all", "materialized", "forced"]])
  expect(calls).toBe(1)
  expect(await (await run.value(added)).collect()).toEqual([{ id: 1 }, { id: 1 }])
})

test("a step ends as skipped when the storage says that its rows were added by another run", async () => {
  const environment = inMemory({ engine: fakeEngine() })
  const { io } = environment
  if (!io) throw new Error("an environment in memory has an IO manager")
  const project = definitions({ assets: { day, all }, base: folder() })
  const other = {
    id: "other",
    key: "a/all",
    partitions: [],
    kind: "relation",
    fingerprint: "f",
    dataVersion: "d",
  } as const
  const record = { ...other, codeVersion: "c", inputs: {}, runId: "another", attempt: 1, createdAt: "", engine: "none" }
  const { handleOutput } = io
  io.handleOutput = async (context, value) => (context.key === "a/all" ? record : handleOutput(context, value))
  const run = await materialize(project, { environment, inputs: { "a/day": [] } }).finally(() => {
    io.handleOutput = handleOutput
  })
  expect(told(run).at(-1)).toEqual(["a/all", "skipped", "materialized by run another"])
})

test("of two writers whom no lease keeps apart, the second ends as skipped when both made the same", async () => {
  const io = singleVersionIO()
  const one = asset("a/one", { returns: json<number>(), version: "1", compute: () => 1 })
  const project = definitions({ assets: { one }, environments: { local: { io } }, base: folder() })
  const conflict = new StorageError("STORAGE_CONFLICT", { what: "another was first", why: "a test", fix: "run again" })
  const { handleOutput } = io
  io.handleOutput = async (context, value) => {
    const made = await handleOutput(context, value)
    io.replace("a/one", { id: "other", runId: "another" }, 1)
    throw made ? conflict : made
  }
  expect(told(await materialize(project))).toEqual([["a/one", "skipped", "materialized by run another"]])
  expect(io).toBeDefined()
})

test("a writer that comes second with other work fails, and what the first stored stays", async () => {
  const io = singleVersionIO()
  const one = asset("a/one", { returns: json<number>(), version: "1", compute: () => 1 })
  const project = definitions({ assets: { one }, environments: { local: { io } }, base: folder() })
  const conflict = new StorageError("STORAGE_CONFLICT", { what: "another was first", why: "a test", fix: "run again" })
  const { handleOutput } = io
  io.handleOutput = async (context, value) => {
    await handleOutput(context, value)
    io.replace("a/one", { id: "other", runId: "another", fingerprint: "other" }, 2)
    throw conflict
  }
  expect(told(await materialize(project))).toEqual([["a/one", "failed", "STORAGE_CONFLICT"]])
})
