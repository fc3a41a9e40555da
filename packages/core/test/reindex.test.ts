import { rmSync } from "node:fs"
import { join } from "node:path"
import {
  asset,
  type Definitions,
  definitions,
  type IOManager,
  json,
  materialize,
  openEventLog,
  reindex,
  reportMaterialization,
  StorageError,
  source,
  staticPartitions,
  status,
} from "@assets/core"
import { memoryIO } from "@assets/core/testing"
import { expect, test } from "vitest"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()

const whole = asset("t/whole", { returns: json<number>(), version: "1", compute: () => 1 })
const parts = asset("t/parts", {
  returns: json<string>(),
  version: "1",
  partitions: staticPartitions(["a", "b", "c"]),
  compute: (_, { partition }) => partition.key,
})
const told = source("raw/told")

function project(local: IOManager = memoryIO(), broken?: IOManager): Definitions {
  return definitions({
    assets: [whole, parts, told],
    environments: { local: { io: local }, prod: { io: memoryIO() }, ...(broken && { broken: { io: broken } }) },
    defaultEnvironment: "local",
    base: folder(),
  })
}

function latestOf(of: Definitions, environment: string) {
  const log = openEventLog(of)
  try {
    const latest = log.latest({ environment })
    return latest.map(({ key, partition, materialization }) => [key, partition, materialization.id])
  } finally {
    log.close()
  }
}

test("a lost event log knows again what is current, as if it had not been lost", async () => {
  const local = project()
  await materialize(local)
  await materialize(local, { environment: "prod", select: "t/whole" })
  const before = latestOf(local, "local")
  expect(before).toHaveLength(4)
  rmSync(join(folder(), ".assets"), { recursive: true })
  const found = await reindex(local)
  expect(found).toEqual([
    { environment: "local", runId: expect.any(String), added: 4, removed: 0 },
    { environment: "prod", runId: expect.any(String), added: 1, removed: 0 },
  ])
  expect(latestOf(local, "local")).toEqual(before)
  expect((await status(local)).every(({ status }) => status === "fresh")).toBe(true)
  const log = openEventLog(local)
  expect(log.run(found[0]?.runId ?? "")).toMatchObject({
    status: "succeeded",
    tags: { reindexed: "true" },
    counts: { steps: 4, ok: 4 },
  })
  log.close()
})

test("a second call changes nothing", async () => {
  const local = project()
  await materialize(local)
  expect(await reindex(local)).toEqual([
    { environment: "local", runId: null, added: 0, removed: 0 },
    { environment: "prod", runId: null, added: 0, removed: 0 },
  ])
  const log = openEventLog(local)
  expect(log.runs()).toHaveLength(1)
  log.close()
})

test("what is no longer stored is forgotten, and what was reported of sources is not", async () => {
  const before = project()
  await materialize(before)
  await reportMaterialization(before, { key: "raw/told", dataVersion: "7" })
  const after = project(memoryIO())
  await materialize(after, { select: "t/whole" })
  expect(await reindex(after, { environment: "local" })).toEqual([
    { environment: "local", runId: null, added: 0, removed: 3 },
  ])
  expect(latestOf(after, "local").map(([key]) => key)).toEqual(["raw/told", "t/whole"])
})

test("an environment that cannot be opened is told of, and the others are looked at", async () => {
  const refusal = new StorageError("STORAGE_UNREADABLE", { what: "No.", why: "No.", fix: "None." })
  const broken = { ...memoryIO(), current: () => Promise.reject(refusal) }
  const both = project(memoryIO(), broken)
  await materialize(both, { select: "t/whole" })
  const found = await reindex(both)
  expect(found.map(({ environment, error }) => [environment, error?.code])).toEqual([
    ["local", undefined],
    ["prod", undefined],
    ["broken", "STORAGE_UNREADABLE"],
  ])
  await expect(reindex(both, { environment: "broken" })).rejects.toThrow(refusal)
  await expect(reindex(both, { environment: "nowhere" })).rejects.toMatchObject({ code: "ENVIRONMENT_UNKNOWN" })
})

test("what a run stores and tells while the data is looked at stays the latest", async () => {
  const io = memoryIO()
  const local = project(io)
  await materialize(local, { select: "t/whole" })
  const { current } = io
  io.current = async (context, keys) => {
    io.current = current
    const before = await current(context, keys)
    await materialize(local, { force: true })
    return before
  }
  await reindex(local, { environment: "local" })
  const found = await current({ base: folder(), signal: new AbortController().signal, expand: text => text }, [
    "t/whole",
    "t/parts",
  ])
  const stored = [...found].flatMap(([key, of]) => of.map(one => [key, one.partition, one.materialization.id]))
  expect(stored).toHaveLength(4)
  expect(latestOf(local, "local").toSorted()).toEqual(stored.toSorted())
})
