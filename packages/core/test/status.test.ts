import {
  asset,
  definitions,
  inMemory,
  json,
  materialize,
  plan,
  reportMaterialization,
  source,
  status,
} from "@assets/core"
import { memoryIO } from "@assets/core/testing"
import { expect, test } from "vitest"
import { fakeEngine, table } from "./fake-table.ts"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()

function project(version: string, value: number) {
  const top = asset("s/top", { returns: json<number>(), version, compute: () => value })
  const mid = asset("s/mid", { deps: { top }, returns: json<number>(), version: "1", compute: ({ top }) => top })
  const low = asset("s/low", { deps: { mid }, returns: json<number>(), version: "1", compute: ({ mid }) => mid })
  return definitions({ assets: { top, mid, low }, base: folder() })
}

test("is missing, then fresh, then stale of the asset whose code changed, and of no other", async () => {
  const environment = inMemory()
  const told = async (version: string, value = 1) =>
    (await status(project(version, value), { environment })).map(one => [one.key, one.status, one.causes])
  expect(await told("1")).toEqual([
    ["s/low", "missing", [{ kind: "never_materialized" }]],
    ["s/mid", "missing", [{ kind: "never_materialized" }]],
    ["s/top", "missing", [{ kind: "never_materialized" }]],
  ])
  await materialize(project("1", 1), { environment })
  expect((await told("1")).map(([, status]) => status)).toEqual(["fresh", "fresh", "fresh"])
  expect(await told("2", 2)).toEqual([
    ["s/low", "fresh", []],
    ["s/mid", "fresh", []],
    ["s/top", "stale", [{ kind: "code_changed" }]],
  ])
  await materialize(project("2", 2), { environment, select: "s/top" })
  expect(await told("2", 2)).toEqual([
    ["s/low", "fresh", []],
    ["s/mid", "stale", [{ kind: "input_changed", inputs: ["s/top"] }]],
    ["s/top", "fresh", []],
  ])
})

test("may be selected by, and selects", async () => {
  const environment = inMemory()
  await materialize(project("1", 1), { environment })
  const stale = await plan(project("2", 1), { environment, select: "status:stale" })
  expect(stale.steps.map(step => step.key)).toEqual(["s/top"])
  const one = await status(project("2", 1), { environment, select: "s/mid" })
  expect(one).toEqual([{ key: "s/mid", partition: null, status: "fresh", causes: [] }])
})

test("what is reused from another environment is fresh, and so is what reads it", async () => {
  const io = memoryIO()
  const rows = asset("s/rows", { returns: table(), version: "1", compute: () => [{ id: 1 }] })
  const copy = asset("s/copy", { deps: { rows }, returns: table(), transform: ({ rows }) => rows })
  const engine = fakeEngine()
  const environments = { prod: { io, engine }, branch: { io: memoryIO(), engine, reuse: ["prod"] } }
  const both = definitions({ assets: { rows, copy }, environments, base: folder() })
  await materialize(both, { environment: "prod" })
  const found = await status(both, { environment: "branch" })
  expect(found.map(one => one.status)).toEqual(["fresh", "fresh"])
})

test("data that was deleted is missing, and made again", async () => {
  const io = memoryIO()
  let isIntact = true
  const damaged = {
    ...io,
    current: async (...args: Parameters<typeof io.current>) => {
      const found = await io.current(...args)
      return new Map([...found].map(([key, all]) => [key, all.map(one => ({ ...one, intact: isIntact }))]))
    },
  }
  const one = asset("s/one", { returns: json<number>(), version: "1", compute: () => 1 })
  const local = definitions({ assets: { one }, environments: { local: { io: damaged } }, base: folder() })
  await materialize(local)
  isIntact = false
  expect(await status(local)).toEqual([
    { key: "s/one", partition: null, status: "missing", causes: [{ kind: "data_missing" }] },
  ])
  expect((await materialize(local)).steps[0]).toMatchObject({ status: "materialized", reason: "data_missing" })
})

test("a version that is still stored is taken instead of computing it", async () => {
  const io = memoryIO()
  const versions = new Map<string, Awaited<ReturnType<typeof io.handleOutput>>>()
  const restoring = {
    ...io,
    handleOutput: async (...args: Parameters<typeof io.handleOutput>) => {
      const made = await io.handleOutput(...args)
      versions.set(made.fingerprint, made)
      return made
    },
    restore: async (_: unknown, fingerprint: string) => versions.get(fingerprint),
  }
  const environment = { io: restoring }
  const run = (version: string) => materialize(project(version, Number(version)), { environment, select: "s/top" })
  const first = await run("1")
  await run("2")
  const back = await run("1")
  expect(back.steps[0]).toMatchObject({
    status: "skipped",
    reason: "restored",
    dataVersion: first.steps[0]?.dataVersion,
  })
})

test("reports of what this product stores, or observes, by itself are refused", async () => {
  const environment = inMemory()
  const one = asset("s/one", { returns: json<number>(), version: "1", compute: () => 1 })
  const outside = source("s/outside")
  const local = definitions({ assets: { one, outside }, base: folder() })
  await expect(reportMaterialization(local, { key: "s/one", environment })).rejects.toMatchObject({
    code: "ARGUMENT_INVALID",
  })
  const partition = reportMaterialization(local, { key: "s/outside", partition: "a", environment })
  await expect(partition).rejects.toMatchObject({ code: "PARTITION_KEY_UNKNOWN" })
})

test("a selection of sources alone has nothing to run", async () => {
  const outside = source("s/outside")
  const one = asset("s/one", { deps: { outside }, returns: json<number>(), version: "1", compute: () => 1 })
  const local = definitions({ assets: { one, outside }, environments: { local: inMemory() }, base: folder() })
  await expect(plan(local, { select: "s/outside" })).rejects.toMatchObject({
    code: "SELECTION_EMPTY",
    fix: "Select what is below them: 's/outside+'.",
  })
})

test("a request that is cancelled before it is planned runs nothing", async () => {
  const wanted = materialize(project("1", 1), { environment: inMemory(), signal: AbortSignal.abort() })
  await expect(wanted).rejects.toMatchObject({ code: "RUN_CANCELLED" })
})

test("a function without partitions that reads its key is told so", async () => {
  const wrong = asset("s/wrong", {
    returns: json<string>(),
    version: "1",
    compute: (_, { partition }) => partition.key,
  })
  const local = definitions({ assets: { wrong }, environments: { local: inMemory() }, base: folder() })
  expect((await materialize(local)).steps[0]).toMatchObject({ status: "failed", reason: "PARTITION_REQUIRED" })
})

test("an environment that extends itself is refused", async () => {
  const one = asset("s/one", { returns: json<number>(), version: "1", compute: () => 1 })
  const make = () =>
    definitions({ assets: { one }, environments: { a: { extends: "b" }, b: { extends: "a" } }, base: folder() })
  await expect((async () => plan(make(), { environment: "a" }))()).rejects.toMatchObject({
    code: expect.stringMatching(/CONFIG_INVALID|DEFINITIONS_INVALID/),
  })
})
