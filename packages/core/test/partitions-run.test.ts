import {
  addPartitionKeys,
  asset,
  daily,
  definitions,
  dep,
  dynamicPartitions,
  inMemory,
  json,
  lastN,
  materialize,
  plan,
  staticPartitions,
  status,
} from "@assets/core"
import { memoryIO } from "@assets/core/testing"
import { describe, expect, test } from "vitest"
import { fakeEngine, table } from "./fake-table.ts"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()
const now = new Date("2026-01-06T12:00:00Z")
const days = daily({ start: "2026-01-01", timezone: "UTC" })

const orders = asset("p/orders", {
  returns: json<string>(),
  version: "1",
  partitions: days,
  compute: (_, { partition }) => partition.key,
})
const week = asset("p/week", {
  deps: { orders: dep(orders, { partitions: lastN(2, { allowMissing: true }) }) },
  returns: json<string>(),
  version: "1",
  partitions: days,
  compute: (_, { partition }) => partition.window.start.toISOString(),
})
const ids = (run: {
  readonly steps: readonly { key: string; partitions: readonly string[]; status: string; reason: string }[]
}) => run.steps.map(step => `${step.key}[${step.partitions}] ${step.status} ${step.reason}`)

function project() {
  return definitions({ assets: { orders }, environments: { local: inMemory() }, base: folder() })
}

describe("partitions of a request", () => {
  test("run each as its own step", async () => {
    const local = project()
    const run = await materialize(local, { partitions: ["2026-01-02", "2026-01-01"], now })
    expect(ids(run)).toEqual([
      "p/orders[2026-01-01] materialized never_materialized",
      "p/orders[2026-01-02] materialized never_materialized",
    ])
    expect(await run.value(orders, { partitions: ["2026-01-02"] })).toBe("2026-01-02")
    const range = await materialize(local, { partitions: ["2026-01-02..2026-01-04"], now })
    expect(ids(range)).toEqual([
      "p/orders[2026-01-02] skipped unchanged",
      "p/orders[2026-01-03] materialized partition_missing",
      "p/orders[2026-01-04] materialized partition_missing",
    ])
    expect(ids(await materialize(local, { partitions: ["missing"], now }))).toEqual([
      "p/orders[2026-01-05] materialized partition_missing",
    ])
    expect((await materialize(local, { partitions: ["all"], now })).steps).toHaveLength(5)
  })

  test("left out, are those that are missing or stale", async () => {
    const local = project()
    await materialize(local, { partitions: ["2026-01-02"], now })
    const run = await materialize(local, { now })
    expect(run.steps.map(step => step.partitions[0])).toEqual(["2026-01-01", "2026-01-03", "2026-01-04", "2026-01-05"])
    expect((await materialize(local, { now })).steps).toEqual([])
  })

  test("left out, are refused when more than 100 would run", async () => {
    await expect(plan(project(), { now: new Date("2026-12-01T00:00:00Z") })).rejects.toMatchObject({
      code: "PARTITION_TOO_MANY",
      details: { key: "p/orders", count: 334 },
    })
  })

  test("that do not exist are refused with the nearest", async () => {
    await expect(plan(project(), { partitions: ["2026-01-0"], now })).rejects.toMatchObject({
      code: "PARTITION_KEY_UNKNOWN",
      fix: expect.stringContaining("2026-01-01"),
    })
  })

  test("are told to be turned round when a range ends before it begins", async () => {
    await expect(plan(project(), { partitions: ["2026-01-04..2026-01-02"], now })).rejects.toMatchObject({
      code: "PARTITION_RANGE_BACKWARDS",
      fix: "Turn it round: --partitions '2026-01-02..2026-01-04'",
    })
  })

  test("are refused where no selected asset has any, since they would be without effect", async () => {
    const whole = asset("p/whole", { returns: json<number>(), version: "1", compute: () => 1 })
    const local = definitions({ assets: { whole }, environments: { local: { io: memoryIO() } }, base: folder() })
    const refused = { code: "PARTITION_REQUIRED", message: "Partitions are asked for, and 'p/whole' has none." }
    await expect(materialize(local, { partitions: ["all"] })).rejects.toMatchObject(refused)
    await expect(status(local, { partitions: ["all"] })).rejects.toMatchObject(refused)
  })

  test("that failed are run again by that word", async () => {
    const environment = inMemory()
    let fails = true
    const flaky = asset("p/flaky", {
      returns: json<string>(),
      version: "1",
      partitions: staticPartitions(["a", "b"]),
      compute: (_, { partition }) => {
        if (fails && partition.key === "b") throw new Error("no")
        return partition.key
      },
    })
    const local = definitions({ assets: { flaky }, base: folder() })
    await materialize(local, { environment, partitions: ["all"] })
    fails = false
    expect(ids(await materialize(local, { environment, partitions: ["failed"] }))).toEqual([
      "p/flaky[b] materialized partition_missing",
    ])
  })
})

describe("partitions of an input", () => {
  test("are those of the mapping, and make stale what reads them", async () => {
    const local = definitions({ assets: { orders, week }, environments: { local: inMemory() }, base: folder() })
    await materialize(local, { now })
    const wanted = await plan(local, { partitions: ["2026-01-02"], force: true, now })
    expect(wanted.steps.map(step => [step.id, step.upstream])).toEqual([
      ["p/orders[2026-01-02]", []],
      ["p/week[2026-01-02]", ["p/orders[2026-01-02]"]],
    ])
    await materialize(local, { select: "p/orders", partitions: ["2026-01-02"], force: true, now })
    const stale = (await status(local, { now })).filter(one => one.status !== "fresh")
    expect(stale.map(one => [one.key, one.partition, one.status, one.causes])).toEqual([
      ["p/week", "2026-01-02", "stale", [{ kind: "input_changed", inputs: ["p/orders"] }]],
      ["p/week", "2026-01-03", "stale", [{ kind: "input_changed", inputs: ["p/orders"] }]],
    ])
  })

  test("have to be stored", async () => {
    const local = definitions({ assets: { orders, week }, environments: { local: inMemory() }, base: folder() })
    await expect(plan(local, { select: "p/week", partitions: ["2026-01-03"], now })).rejects.toMatchObject({
      code: "PARTITION_UPSTREAM_MISSING",
      details: { missing: ["p/orders[2026-01-02]", "p/orders[2026-01-03]"] },
    })
  })
})

test("the key is a parameter of a plan: one plan serves every key", async () => {
  const parts = asset("p/parts", {
    returns: table(),
    version: "1",
    partitions: staticPartitions(["a", "b"]),
    compute: (_, { partition }) => [{ id: partition.key }],
  })
  const keyed = asset("p/keyed", {
    deps: { parts },
    returns: table(),
    partitions: staticPartitions(["a", "b"]),
    transform: ({ parts }) => parts.withPartition("k"),
  })
  const whole = asset("p/whole", { deps: { keyed }, returns: table(), transform: ({ keyed }) => keyed })
  const environment = inMemory({ engine: fakeEngine() })
  const project = definitions({ assets: { parts, keyed, whole }, base: folder() })
  const run = await materialize(project, { environment })
  expect(run.steps.find(step => step.error)).toBeUndefined()
  expect(await (await run.value(whole)).collect()).toEqual([
    { id: "a", k: "a" },
    { id: "b", k: "b" },
  ])
  const again = await plan(project, { environment, partitions: ["all"] })
  const made = again.steps.filter(step => step.key === "p/keyed")
  expect(new Set(made.map(step => step.codeVersion)).size).toBe(1)
  expect(new Set(made.map(step => step.fingerprint)).size).toBe(2)
})

test("keys of dynamic partitions are kept in the event log", async () => {
  const customers = asset("p/customers", {
    returns: json<string>(),
    version: "1",
    partitions: dynamicPartitions("customers"),
    compute: (_, { partition }) => partition.key,
  })
  const local = definitions({ assets: { customers }, environments: { local: inMemory() }, base: folder() })
  expect((await materialize(local)).steps).toEqual([])
  expect(await addPartitionKeys(local, "customers", ["o'brien", "../x"])).toEqual(["o'brien", "../x"])
  expect((await materialize(local)).steps.map(step => step.status)).toEqual(["materialized", "materialized"])
})
