import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  type Asset,
  type AssetsEvent,
  type AssetsVerification,
  asset,
  copyAssets,
  daily,
  definitions,
  dep,
  type EnvironmentConfig,
  inMemory,
  json,
  lastN,
  materialize,
  nothing,
  openEventLog,
  type Source,
  source,
  type VerifyOptions,
  verify,
} from "@assets/core"
import { memoryIO, type RunLog } from "@assets/core/testing"
import { describe, expect, test } from "vitest"
import { FakeFrame, fakeEngine, table } from "./fake-table.ts"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()
const fakeLog = () => ({ opened: [] as string[], scanned: [], interrupted: [], closed: 0 })

/** Two environments that share nothing, or those that are given. */
function project(
  assets: readonly (Asset | Source)[],
  environments: { readonly [name: string]: EnvironmentConfig } = {},
) {
  const two = { local: { io: memoryIO(), engine: fakeEngine() }, other: { io: memoryIO(), engine: fakeEngine() } }
  return definitions({ assets, environments: { ...two, ...environments }, defaultEnvironment: "local", base: folder() })
}

const statuses = ({ partitions }: AssetsVerification) =>
  partitions.map(({ key, partition, status }) => `${key}${partition === null ? "" : `[${partition}]`} ${status}`)

const one = asset("a/one", { returns: json<number>(), version: "1", compute: () => 1 })
const two = asset("a/two", { deps: { one }, returns: json<number>(), version: "1", compute: ({ one }) => one + 1 })
const three = asset("a/three", { deps: { two }, returns: json<number>(), version: "1", compute: ({ two }) => two + 1 })

/** An asset whose value hangs on the environment that computes it, with what tells it of that environment. */
function differing() {
  let environment = ""
  const onEvent = (event: AssetsEvent) => {
    if (event.type === "run_started") environment = event.environment
  }
  const place = asset("b/place", {
    returns: json<{ place: string }>(),
    version: "1",
    compute: () => ({ place: environment }),
  })
  const length = asset("b/length", {
    deps: { place },
    returns: json<number>(),
    version: "1",
    compute: ({ place }) => place.place.length + 1,
  })
  const upper = asset("b/upper", {
    deps: { place },
    returns: json<string>(),
    version: "1",
    compute: ({ place }) => place.place.toUpperCase(),
  })
  return { onEvent, place, length, upper }
}

describe("verify", () => {
  test("makes the selection and all above it in both environments, and compares the selection", async () => {
    const events: AssetsEvent[] = []
    const [local, compared] = [project([one, two, three]), [] as unknown[]]
    await materialize(local, { select: "a/one" })
    const found = await verify(local, {
      against: "other",
      select: "a/two",
      onEvent: event => events.push(event),
      onCompare: runs => compared.push(...runs.map(({ environment }) => environment)),
      onVerified: ({ key }) => compared.push(key),
    })
    expect(found).toMatchObject({ verified: true, partitions: [{ key: "a/two", partition: null, status: "equal" }] })
    expect(found.runs).toMatchObject([
      { environment: "local", status: "succeeded" },
      { environment: "other", status: "succeeded" },
    ])
    expect(compared).toEqual(["local", "other", "a/two"])
    const made = events.flatMap(event => (event.type === "asset_materialized" ? [event.key] : []))
    expect(made).toEqual(["a/two", "a/one", "a/two"])
    const again: string[] = []
    await verify(local, { against: "other", select: "a/two", onEvent: ({ type }) => again.push(type) })
    expect(again).not.toContain("asset_materialized")
    await verify(local, { against: "other", select: "a/two", force: true, onEvent: ({ type }) => again.push(type) })
    expect(again.filter(type => type === "asset_materialized")).toHaveLength(4)
  })

  test("tells what differs, and of what is below it from where that comes", async () => {
    const { onEvent, place, length, upper } = differing()
    const found = await verify(project([place, length, upper]), { against: "other", onEvent })
    expect(found.verified).toBe(false)
    expect(found.partitions).toEqual([
      expect.objectContaining({ key: "b/place", status: "different" }),
      expect.objectContaining({ key: "b/length", status: "equal" }),
      expect.objectContaining({ key: "b/upper", status: "different", why: "it reads 'b/place', which differs" }),
    ])
    expect(found.partitions[0]?.difference?.samples).toEqual([
      { change: "changed", left: { "$.place": "local" }, right: { "$.place": "other" } },
    ])
  })

  test("takes numbers as equal within the tolerance, and says when their last digits alone differ", async () => {
    const numbers = [0.1 + 0.2, 0.3]
    const sum = asset("a/sum", { returns: json<number>(), version: "1", compute: () => numbers.shift() ?? 0 })
    const local = project([sum])
    const exact = await verify(local, { against: "other" })
    expect(exact).toMatchObject({
      verified: false,
      partitions: [{ status: "different", why: expect.stringContaining("--tolerance 1e-7%") }],
    })
    expect((await verify(local, { against: "other", tolerance: { relative: 1e-9 } })).verified).toBe(true)
  })

  test("names what failed on a side, and goes on with the rest", async () => {
    const { onEvent, place } = differing()
    const fragile = asset("b/fragile", {
      deps: { place },
      returns: json<number>(),
      version: "1",
      compute: ({ place }) => {
        if (place.place === "other") throw new Error("not here")
        return 1
      },
    })
    const below = asset("b/below", {
      deps: { fragile },
      returns: json<number>(),
      version: "1",
      compute: ({ fragile }) => fragile,
    })
    const found = await verify(project([one, place, fragile, below]), {
      against: "other",
      select: ["b/fragile+", "a/one"],
      onEvent,
    })
    expect(found.verified).toBe(false)
    expect(found.runs.map(({ status }) => status)).toEqual(["succeeded", "failed"])
    expect(found.partitions).toEqual([
      { key: "a/one", partition: null, status: "equal", difference: expect.anything() },
      { key: "b/fragile", partition: null, status: "failed", why: "failed with USER_CODE_FAILED in 'other'" },
      { key: "b/below", partition: null, status: "failed", why: "blocked by b/fragile in 'other'" },
    ])
  })

  test("computes both sides with one instant", async () => {
    const rows = asset("t/rows", { returns: table(), version: "1", compute: () => [{ id: 1 }] as never })
    const clock = asset("t/clock", {
      deps: { rows },
      returns: table(),
      transform: ({ rows }) => (rows as FakeFrame).withNow("at"),
    })
    expect(statuses(await verify(project([rows, clock]), { against: "other" }))).toEqual([
      "t/rows equal",
      "t/clock equal",
    ])
  })

  test("does not hold a plan that gives other rows each time against the environments, nor what reads it", async () => {
    let count = 0
    const rows = asset("t/rows", { returns: table(), version: "1", compute: () => [{ id: 1 }] as never })
    const random = asset("t/random", {
      deps: { rows },
      returns: table(),
      transform: ({ rows }) =>
        new FakeFrame(
          ["random"],
          (...x) => (rows as FakeFrame).with("x", count++).bind(x[0], x[1], x[2]).rows(),
          "volatile",
        ),
    })
    const below = asset("t/below", {
      deps: { random },
      returns: table(),
      transform: ({ random }) => (random as FakeFrame).with("y", 1),
    })
    const found = await verify(project([rows, random, below]), { against: "other" })
    expect(found.verified).toBe(true)
    expect(found.partitions.map(({ status, why }) => [status, why])).toEqual([
      ["equal", undefined],
      ["not_compared", "it gives other rows each time"],
      ["not_compared", "it reads 't/random', which gives other rows each time"],
    ])
  })

  test("of an asset that keeps nothing says so", async () => {
    const mail = asset("a/mail", { deps: { one }, returns: nothing(), version: "1", compute: () => {} })
    const found = await verify(project([one, mail]), { against: "other" })
    expect(found.verified).toBe(true)
    expect(found.partitions[1]).toMatchObject({
      key: "a/mail",
      status: "not_compared",
      why: "nothing is kept of it: nothing",
    })
    await expect(verify(project([one, mail]), { against: "other", select: "a/mail" })).rejects.toMatchObject({
      code: "SELECTION_EMPTY",
    })
  })
})

describe("verify of partitions", () => {
  const days = daily({ start: "2026-01-01", timezone: "UTC" })
  const now = new Date("2026-01-06T12:00:00Z")
  const day = asset("p/day", {
    returns: json<string>(),
    version: "1",
    partitions: days,
    compute: (_, { partition }) => partition.key,
  })
  const week = asset("p/week", {
    deps: { day: dep(day, { partitions: lastN(2, { allowMissing: true }) }) },
    returns: json<string[]>(),
    version: "1",
    partitions: days,
    compute: ({ day }) => Object.values(day),
  })

  test("makes those that are asked for and those that they read, and compares the former", async () => {
    const steps: string[] = []
    const found = await verify(project([day, week]), {
      against: "other",
      select: "p/week",
      partitions: ["2026-01-03..2026-01-04"],
      now,
      onEvent: event => {
        if (event.type === "asset_materialized" && steps.length < 5) steps.push(event.step)
      },
    })
    expect(statuses(found)).toEqual(["p/week[2026-01-03] equal", "p/week[2026-01-04] equal"])
    expect(steps.sort()).toEqual([
      "p/day[2026-01-02]",
      "p/day[2026-01-03]",
      "p/day[2026-01-04]",
      "p/week[2026-01-03]",
      "p/week[2026-01-04]",
    ])
  })

  test("makes and compares all, where none are asked for, and leaves out what is no partition any more", async () => {
    const local = project([day])
    await materialize(local, { partitions: ["2026-01-05"], now })
    const later = asset("p/day", {
      returns: json<string>(),
      version: "1",
      partitions: daily({ start: "2026-01-03", timezone: "UTC" }),
      compute: (_, { partition }) => partition.key,
    })
    const { environments } = local
    expect(statuses(await verify(local, { against: "other", now }))).toHaveLength(5)
    expect(statuses(await verify(project([later], environments), { against: "other", now }))).toEqual([
      "p/day[2026-01-03] equal",
      "p/day[2026-01-04] equal",
      "p/day[2026-01-05] equal",
    ])
  })

  test("refuses words that tell of one environment", async () => {
    const local = project([day])
    for (const partitions of [["missing"], ["failed"]]) {
      await expect(verify(local, { against: "other", partitions, now })).rejects.toMatchObject({
        code: "ARGUMENT_INVALID",
      })
    }
    await expect(verify(local, { against: "other", partitions: ["2025-01-01"], now })).rejects.toMatchObject({
      code: "PARTITION_KEY_UNKNOWN",
    })
  })
})

describe("verify names as not compared", () => {
  const single = (found: AssetsVerification, key: string) => found.partitions.find(one => one.key === key)

  test("what one environment has from the other, or both from the same place", async () => {
    const local = project([one, two])
    const branch: EnvironmentConfig = { io: memoryIO(), reuse: ["local"] }
    const environments = { ...local.environments, branch }
    const changed = asset("a/two", {
      deps: { one },
      returns: json<number>(),
      version: "2",
      compute: ({ one }) => one + 1,
    })
    await materialize(local)
    const found = await verify(project([one, changed], environments), { environment: "branch", against: "local" })
    expect(single(found, "a/one")).toMatchObject({ status: "not_compared", why: expect.stringContaining("--force") })
    expect(single(found, "a/two")).toMatchObject({ status: "equal" })
    const forced = await verify(project([one, changed], environments), {
      environment: "branch",
      against: "local",
      force: true,
    })
    expect(statuses(forced)).toEqual(["a/one equal", "a/two equal"])
    const same = project([one], { shared: { io: local.environments.local?.io ?? memoryIO() } })
    const twin = { ...same.environments, local: { io: same.environments.shared?.io ?? memoryIO() } }
    expect(await verify(project([one], twin), { against: "shared" })).toMatchObject({
      verified: false,
      partitions: [{ key: "a/one", status: "not_compared", why: "both environments keep it in the same place" }],
    })
  })

  test("a table that was copied from another engine", async () => {
    const rows = asset("t/rows", { returns: table(), version: "1", compute: () => [{ id: 1 }] as never })
    const copy = asset("t/copy", {
      deps: { rows },
      returns: table(),
      transform: ({ rows }) => (rows as FakeFrame).with("x", 1),
    })
    const other = { io: memoryIO(), engine: { ...fakeEngine(), name: "second" } }
    const local = project([one, rows, copy], { other })
    await materialize(local)
    await copyAssets(local, { from: "local", to: "other" })
    const found = await verify(local, { against: "other" })
    expect(statuses(found)).toEqual(["a/one equal", "t/rows not_compared", "t/copy not_compared"])
    expect(found.partitions[2]?.why).toContain("what 'other' has was computed by fake")
    const forced = await verify(local, { against: "other", force: true })
    expect(statuses(forced)).toEqual(["a/one equal", "t/rows equal", "t/copy equal"])
  })
})

describe("verify refuses", () => {
  const refused = async (options: Partial<VerifyOptions>, environments = {}) => {
    const ran: string[] = []
    const local = project([one], environments)
    const verified = verify(local, { against: "other", onEvent: ({ type }) => ran.push(type), ...options })
    const { code } = (await verified.then(
      () => ({ code: "none" }),
      error => error,
    )) as { readonly code: string }
    expect(ran).toEqual([])
    return code
  }

  test("one environment as both, one that there is not, and time zones that are two", async () => {
    expect(await refused({ against: "local" })).toBe("ARGUMENT_INVALID")
    expect(await refused({ against: "othre" })).toBe("ENVIRONMENT_UNKNOWN")
    expect(await refused({}, { other: { io: memoryIO(), timeZone: "Europe/Berlin" } })).toBe("ENVIRONMENT_UNSUPPORTED")
    expect(await refused({ partitions: ["all"] })).toBe("PARTITION_REQUIRED")
  })

  test("keys that are no columns, before anything runs", async () => {
    const rows = asset("t/rows", { returns: table(), version: "1", compute: () => [{ id: 1 }] as never })
    await expect(verify(project([rows]), { against: "other", keys: ["nmae"] })).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
    })
  })

  const reader = {
    kind: "text",
    returns: nothing(),
    paths: ["raw.txt"],
    describe: () => ({}),
    relation: () => ({ kind: "none" }),
  }
  const write = (path: string, text: string) => {
    mkdirSync(join(folder(), path, ".."), { recursive: true })
    writeFileSync(join(folder(), path), text)
  }

  test("sources that hold other data", async () => {
    const raw = source("raw/text", reader)
    const told = source("raw/told")
    const below = asset("a/below", { deps: { raw, told }, returns: json<number>(), version: "1", compute: () => 1 })
    write("here/raw.txt", "one")
    write("there/raw.txt", "two")
    write("copy/raw.txt", "one")
    const at = (sources: string) => ({ io: memoryIO(), engine: fakeEngine(), sources })
    const verified = (there: string) =>
      verify(project([raw, told, below], { local: at("here"), other: at(there) }), { against: "other" })
    await expect(verified("there")).rejects.toMatchObject({
      code: "ENVIRONMENT_UNSUPPORTED",
      why: expect.stringContaining(join(folder(), "there")),
      details: { sources: ["raw/text"] },
    })
    expect((await verified("copy")).verified).toBe(true)
  })

  test("to compare what was made of a source that moved between the runs", async () => {
    const raw = source("raw/text", reader)
    const below = asset("a/below", { deps: { raw }, returns: json<number>(), version: "1", compute: () => 1 })
    write("raw.txt", "one")
    const moving = verify(project([raw, below]), {
      against: "other",
      onEvent: event => {
        if (event.type === "run_succeeded") write("raw.txt", `two ${event.runId}`)
      },
    })
    await expect(moving).rejects.toMatchObject({ code: "SOURCE_CHANGED_WHILE_READ" })
  })
})

test("verify stops with the run that is cancelled, and compares nothing", async () => {
  const local = project([one, two])
  const log = openEventLog(local) as RunLog // what openEventLog opens is the runner's own
  const started: string[] = []
  const waiting = asset("a/waiting", {
    returns: json<number>(),
    version: "1",
    compute: (_, { signal }) =>
      new Promise<number>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  })
  const stopped = verify(project([waiting], local.environments), {
    against: "other",
    onEvent: event => {
      if (event.type === "run_started") started.push(event.environment)
      if (event.type === "step_started") log.requestCancel(event.runId)
    },
  })
  await expect(stopped).rejects.toMatchObject({ code: "RUN_CANCELLED" })
  expect(started).toEqual(["local"])
  log.close()
})

test("verify compares environments in memory", async () => {
  const found = await verify(project([one], { a: inMemory(), b: inMemory() }), { environment: "a", against: "b" })
  expect(found.verified).toBe(true)
})

test("tables of two engines are compared by that of their storage, and the other one is not started", async () => {
  const [own, foreign] = [fakeLog(), fakeLog()]
  const stored = () => ({ ...memoryIO(), defaultEngine: { module: "own", name: "own" }, refusal: () => undefined })
  const rows = asset("t/rows", { returns: table(), version: "1", compute: () => [{ id: 1 }] as never })
  const local = project([rows], {
    local: { io: stored(), engine: { ...fakeEngine(foreign), name: "foreign" } },
    other: { io: stored(), engine: { ...fakeEngine(own), name: "own" } },
  })
  await verify(local, { against: "other" })
  const before = foreign.opened.length
  expect((await verify(local, { against: "other" })).verified).toBe(true)
  expect((await verify(local, { environment: "other", against: "local" })).verified).toBe(true)
  expect([foreign.opened.length - before, own.opened.length > 1]).toEqual([0, true])
})
