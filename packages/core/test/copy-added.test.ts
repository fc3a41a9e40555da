import { asset, copyAssets, definitions, materialize, openEventLog } from "@assets/core"
import { memoryIO, type RunLog } from "@assets/core/testing"
import { expect, test } from "vitest"
import { type FakeFrame, fakeEngine, type Row, table } from "./fake-table.ts"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()

test("rows that a run adds while a copy waits for it are not replaced", async () => {
  const [local, other] = [memoryIO(), memoryIO()]
  const engine = fakeEngine()
  const environments = { local: { io: local, engine }, other: { io: other, engine } }
  const adding = (rows: readonly Row[], state = ".assets") => {
    const day = asset("a/day", { returns: table(), version: "1", compute: () => rows as never })
    const transform = ({ day }: { readonly day: unknown }) => day as FakeFrame
    const all = asset("a/all", { deps: { day }, returns: table(), write: "append", transform })
    const project = { assets: { day, all }, environments, defaultEnvironment: "local", base: folder() }
    return definitions({ ...project, state: { path: state } })
  }
  const add = (environment: string, id: number) =>
    materialize(adding([{ id }], environment), { environment, select: "a/all", inputs: { "a/day": [{ id }] } })
  await add("local", 1)
  const log = openEventLog(adding([])) as RunLog // what openEventLog opens is the runner's own
  log.append({ type: "run_started", runId: "held", environment: "other", selection: "*", tags: {}, steps: 0 })
  log.acquireLease("other a/all", "held")
  let isDone = false
  const copied = await copyAssets(adding([]), {
    from: "local",
    to: "other",
    select: "a/all",
    onEvent: ({ type }) => {
      if (type !== "step_waiting" || isDone) return
      isDone = true
      void add("other", 2).then(() => log.append({ type: "run_succeeded", runId: "held", durationMs: 0 }))
    },
  })
  expect(copied.steps).toMatchObject([{ status: "failed", error: { code: "STORAGE_CONFLICT" } }])
  const context = { base: folder(), signal: new AbortController().signal, expand: (text: string) => text }
  const [current] = (await other.current(context, ["a/all"])).get("a/all") ?? []
  const held = copied.steps[0]?.dataVersion
  expect(current?.materialization.dataVersion).not.toBe(held)
  log.close()
})

test("rows that were added where a copy goes, and not where it comes from, are not dropped", async () => {
  const [local, other] = [memoryIO(), memoryIO()]
  const engine = fakeEngine()
  const environments = { local: { io: local, engine }, other: { io: other, engine } }
  const day = asset("a/day", { returns: table(), version: "1", compute: () => [] as never })
  const transform = ({ day }: { readonly day: unknown }) => day as FakeFrame
  const all = asset("a/all", { deps: { day }, returns: table(), write: "append", transform })
  const project = definitions({ assets: { day, all }, environments, defaultEnvironment: "local", base: folder() })
  const add = (environment: string, id: number) =>
    materialize(project, { environment, select: "a/all", inputs: { "a/day": [{ id }] } })
  await add("local", 1)
  await add("other", 2)
  const refused = await copyAssets(project, { from: "local", to: "other", select: "a/all" })
  expect(refused.steps).toMatchObject([{ status: "failed", error: { code: "STORAGE_CONFLICT" } }])
  await add("local", 2)
  const copied = await copyAssets(project, { from: "local", to: "other", select: "a/all" })
  expect(copied.steps).toMatchObject([{ status: "copied" }])
})
