import {
  type AssetsEvent,
  asset,
  assets,
  definitions,
  inMemory,
  json,
  materialize,
  nothing,
  openEventLog,
  plan,
  type Run,
  UserCodeError,
} from "@assets/core"
import { describe, expect, test } from "vitest"
import { type FakeFrame, fakeEngine, table } from "./fake-table.ts"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()
const told = (run: Run) => run.steps.map(step => [step.key, ...step.partitions, step.status, step.reason])

const one = asset("a/one", { returns: json<number>(), version: "1", compute: () => 1 })
const two = asset("a/two", { deps: { one }, returns: json<number>(), version: "1", compute: ({ one }) => one + 1 })

test("makes what is missing, and skips it when nothing has changed", async () => {
  const project = definitions({ assets: { one, two }, environments: { local: inMemory() }, base: folder() })
  const first = await materialize(project, { environment: "local", tags: { team: "a" } })
  expect(first.steps.find(step => step.error)).toBeUndefined()
  expect(told(first)).toEqual([
    ["a/one", "materialized", "never_materialized"],
    ["a/two", "materialized", "never_materialized"],
  ])
  expect(await first.value(two)).toBe(2)
  const second = await materialize(project, { environment: "local" })
  expect(told(second)).toEqual([
    ["a/one", "skipped", "unchanged"],
    ["a/two", "skipped", "unchanged"],
  ])
  expect(await second.value(two)).toBe(2)
  expect(second.steps[0]?.dataVersion).toBe(first.steps[0]?.dataVersion)
  expect((await plan(project)).steps.map(step => step.decision)).toEqual(["skip", "skip"])
  const log = openEventLog(project)
  const run = ["run_started", "step_started", "asset_materialized", "step_started", "asset_materialized"]
  expect(log.events({ runId: first.id }).map(event => event.type)).toEqual([...run, "run_succeeded"])
  expect(log.events({ runId: second.id }).map(event => event.type)).toEqual([
    "run_started",
    "step_skipped",
    "step_skipped",
    "run_succeeded",
  ])
  expect(log.run(first.id)).toMatchObject({ status: "succeeded", tags: { team: "a" }, counts: { ok: 2 } })
})

test("a compute that gives an equal value again stops what is below it", async () => {
  const environment = inMemory()
  const run = (version: string, value: number) => {
    const one = asset("a/one", { returns: json<number>(), version, compute: () => value })
    const two = asset("a/two", { deps: { one }, returns: json<number>(), version: "1", compute: ({ one }) => one + 1 })
    return materialize(definitions({ assets: { one, two }, base: folder() }), { environment })
  }
  await run("1", 1)
  expect(told(await run("2", 1))).toEqual([
    ["a/one", "materialized", "code_changed"],
    ["a/two", "skipped", "unchanged"],
  ])
  expect(told(await run("3", 2))).toEqual([
    ["a/one", "materialized", "code_changed"],
    ["a/two", "materialized", "input_changed"],
  ])
})

test("force runs what is unchanged, and gives it a new data version", async () => {
  const project = definitions({ assets: { one, two }, environments: { local: inMemory() }, base: folder() })
  const first = await materialize(project, { environment: "local" })
  const forced = await materialize(project, { environment: "local", select: "a/one", force: true })
  expect(told(forced)).toEqual([["a/one", "materialized", "forced"]])
  expect(forced.steps[0]?.dataVersion).not.toBe(first.steps[0]?.dataVersion)
})

test("a compute without deps and version always runs, one of unknown code too", async () => {
  const clock = asset("a/clock", { returns: json<number>(), compute: () => 1 })
  const reader = asset("a/reader", { deps: { clock }, returns: json<number>(), compute: ({ clock }) => clock })
  const project = definitions({ assets: { clock, reader }, environments: { local: inMemory() }, base: folder() })
  await materialize(project)
  expect(told(await materialize(project))).toEqual([
    ["a/clock", "materialized", "volatile"],
    ["a/reader", "materialized", "code_unknown"],
  ])
})

test("a failed step blocks what is below it and nothing else", async () => {
  const bad = asset("a/bad", {
    returns: json<number>(),
    version: "1",
    compute: (): number => {
      throw new TypeError("no")
    },
  })
  const below = asset("a/below", { deps: { bad }, returns: json<number>(), version: "1", compute: () => 1 })
  const last = asset("a/last", { deps: { below }, returns: json<number>(), version: "1", compute: () => 1 })
  const project = definitions({
    assets: { one, bad, below, last },
    environments: { local: inMemory() },
    base: folder(),
  })
  const run = await materialize(project)
  expect(run.status).toBe("failed")
  expect(Object.fromEntries(run.steps.map(step => [step.key, [step.status, step.reason]]))).toEqual({
    "a/one": ["materialized", "never_materialized"],
    "a/bad": ["failed", "USER_CODE_FAILED"],
    "a/below": ["blocked", "blocked by a/bad"],
    "a/last": ["blocked", "blocked by a/bad"],
  })
  const error = run.steps.find(step => step.key === "a/bad")?.error
  expect(error).toBeInstanceOf(UserCodeError)
  expect(error?.cause).toBeInstanceOf(TypeError)
  expect((error as UserCodeError).location?.file).toBe(import.meta.filename)
  await expect(run.value(below)).rejects.toMatchObject({ code: "INPUT_MISSING" })
  const next = await plan(project, { select: "a/bad" })
  expect(next.steps[0]?.reasons).toEqual([{ kind: "never_materialized" }, { kind: "failed_before", runId: run.id }])
})

test("failFast stops the run at the first failure", async () => {
  const bad = asset("a/bad", {
    returns: nothing(),
    version: "1",
    priority: 1,
    compute: () => Promise.reject(new Error("no")),
  })
  const project = definitions({ assets: { bad, one, two }, environments: { local: inMemory() }, base: folder() })
  const run = await materialize(project, { failFast: true, concurrency: 1 })
  expect(told(run)).toEqual([
    ["a/bad", "failed", "USER_CODE_FAILED"],
    ["a/one", "cancelled", "cancelled"],
    ["a/two", "cancelled", "cancelled"],
  ])
  expect(run.status).toBe("failed")
})

describe("retries", () => {
  test("keep the attempts apart and end with the first that succeeds", async () => {
    let calls = 0
    const flaky = asset("a/flaky", {
      returns: json<number>(),
      version: "1",
      retry: { attempts: 3, delayMs: 1 },
      compute: () => {
        if (++calls < 3) throw new Error("not yet")
        return calls
      },
    })
    const project = definitions({ assets: { flaky }, environments: { local: inMemory() }, base: folder() })
    const run = await materialize(project)
    expect(await run.value(flaky)).toBe(3)
    const events = openEventLog(project).events({ runId: run.id })
    expect(events.map(event => event.type)).toEqual([
      "run_started",
      ...["step_started", "step_retried", "step_started", "step_retried", "step_started", "asset_materialized"],
      "run_succeeded",
    ])
    expect(openEventLog(project).steps(run.id)[0]).toMatchObject({ attempts: 3, status: "materialized" })
  })

  test("are not made for a value of the wrong type", async () => {
    let calls = 0
    const wrong = asset("a/wrong", {
      returns: json<unknown>(),
      version: "1",
      retry: { attempts: 3 },
      compute: () => {
        calls++
        return 1n
      },
    })
    const run = await materialize(definitions({ assets: { wrong }, base: folder() }), { environment: inMemory() })
    expect(run.steps[0]?.reason).toBe("VALUE_INVALID")
    expect(calls).toBe(1)
  })
})

test("a step that takes longer than its time fails, also when it does not listen", async () => {
  const slow = asset("a/slow", {
    returns: nothing(),
    version: "1",
    timeoutMs: 20,
    compute: () => new Promise<void>(() => {}),
  })
  const run = await materialize(definitions({ assets: { slow }, base: folder() }), { environment: inMemory() })
  expect(told(run)).toEqual([["a/slow", "failed", "STEP_TIMEOUT"]])
})

test("a signal cancels the run: what works stops, what waits does not begin", async () => {
  const controller = new AbortController()
  const seen: (boolean | undefined)[] = []
  const works = asset("a/works", {
    returns: json<number>(),
    version: "1",
    compute: (_, { signal }) => {
      signal.addEventListener("abort", () => seen.push(true))
      setImmediate(() => controller.abort())
      return new Promise<number>(() => {})
    },
  })
  const below = asset("a/below", { deps: { works }, returns: nothing(), version: "1", compute: () => {} })
  const project = definitions({ assets: { works, below }, environments: { local: inMemory() }, base: folder() })
  const run = await materialize(project, { signal: controller.signal })
  expect(run.status).toBe("cancelled")
  expect(told(run)).toEqual([
    ["a/works", "cancelled", "cancelled"],
    ["a/below", "cancelled", "cancelled"],
  ])
  expect(seen).toEqual([true])
  expect(openEventLog(project).run(run.id)?.status).toBe("cancelled")
})

test("the function knows its run, logs and adds metadata", async () => {
  const rich = asset("a/rich", {
    returns: json<string>(),
    version: "1",
    compute: (_, { asset, run, log, metadata }) => {
      log.info("made", { rows: 3n, cause: new Error("why") })
      metadata({ accuracy: 0.9 })
      return `${asset} ${run.environment} ${run.tags.team} ${run.now.toISOString()}`
    },
  })
  const project = definitions({ assets: { rich }, environments: { local: inMemory() }, base: folder() })
  const events: AssetsEvent[] = []
  const now = new Date("2026-01-02T03:04:05Z")
  const run = await materialize(project, { now, tags: { team: "x" }, onEvent: event => events.push(event) })
  expect(await run.value(rich)).toBe("a/rich local x 2026-01-02T03:04:05.000Z")
  expect(run.steps[0]?.metadata).toEqual({ accuracy: 0.9 })
  expect(events.find(event => event.type === "log_written")).toMatchObject({
    level: "info",
    message: "made",
    fields: { rows: "3", cause: { name: "Error", message: "why" } },
  })
  expect(events).toEqual(openEventLog(project).events({ runId: run.id }))
})

test("the outputs of one function are made by one call", async () => {
  let calls = 0
  const { left, right } = assets({
    outputs: { left: { key: "a/left", returns: json<number>() }, right: { key: "a/right", returns: json<string>() } },
    version: "1",
    compute: () => {
      calls++
      return { left: 1, right: "r" }
    },
  })
  const project = definitions({ assets: { left, right }, environments: { local: inMemory() }, base: folder() })
  const run = await materialize(project, { concurrency: 2 })
  expect(run.status).toBe("succeeded")
  expect(calls).toBe(1)
  expect(await run.value(right)).toBe("r")
  expect(await run.value(left)).toBe(1)
})

test("no more steps of a pool run at the same time than it allows", async () => {
  let atWork = 0
  let most = 0
  const made = Array.from({ length: 6 }, (_, i) =>
    asset(`a/s${i}`, {
      returns: nothing(),
      version: "1",
      pool: "api",
      compute: async () => {
        most = Math.max(most, ++atWork)
        await new Promise(resolve => setImmediate(resolve))
        atWork--
      },
    }),
  )
  const local = { ...inMemory(), pools: { api: 2 } }
  const project = definitions({ assets: made, environments: { local }, base: folder() })
  const run = await materialize(project, { concurrency: 6 })
  expect(run.status).toBe("succeeded")
  expect(most).toBe(2)
})

describe("tables", () => {
  const rows = asset("t/rows", { returns: table(), version: "1", compute: () => [{ id: 1 }, { id: 2 }] })
  const copy = asset("t/copy", { deps: { rows }, returns: table(), transform: ({ rows }) => rows.with("x", 1) })

  test("of a transform are computed by the engine, which is opened once and closed", async () => {
    const log = { opened: [], scanned: [], interrupted: [], closed: 0 }
    const local = inMemory({ engine: fakeEngine(log) })
    const project = definitions({ assets: { rows, copy }, environments: { local }, base: folder() })
    const run = await materialize(project)
    expect(run.steps.map(step => [step.status, step.error?.message])).toEqual([
      ["materialized", undefined],
      ["materialized", undefined],
    ])
    expect(await (await run.value(copy)).collect()).toEqual([
      { id: 1, x: 1 },
      { id: 2, x: 1 },
    ])
    expect(log.closed).toBe(1)
    expect(log.opened).toHaveLength(2) // of the run, and of the look at its value
    await run.close()
    expect(log.closed).toBe(2)
  })

  test("of a changed plan are made again, and what is below a stable plan is known before", async () => {
    const local = inMemory({ engine: fakeEngine() })
    const project = (value: number) => {
      const copy = asset("t/copy", { deps: { rows }, returns: table(), transform: ({ rows }) => rows.with("x", value) })
      const last = asset("t/last", { deps: { copy }, returns: table(), transform: ({ copy }) => copy.with("y", 2) })
      return definitions({ assets: { rows, copy, last }, environments: { local }, base: folder() })
    }
    await materialize(project(1))
    const changed = await plan(project(2))
    expect(changed.steps.map(step => [step.key, step.decision, step.reasons])).toEqual([
      ["t/rows", "skip", [{ kind: "unchanged" }]],
      ["t/copy", "run", [{ kind: "code_changed", diff: [`- ["with","x",1]`, `+ ["with","x",2]`] }]],
      ["t/last", "run", [{ kind: "input_changed", inputs: ["t/copy"] }]],
    ])
    expect(changed.steps.every(step => step.fingerprint !== null && step.dataVersion !== null)).toBe(true)
    await materialize(project(2))
    const back = await materialize(project(1))
    expect(told(back).map(([, status]) => status)).toEqual(["skipped", "materialized", "materialized"])
  })

  test("of a plan that is another with each call are made each time, with a warning", async () => {
    let call = 0
    const random = asset("t/random", {
      deps: { rows },
      returns: table(),
      transform: ({ rows }) => rows.with("x", call++),
    })
    const local = inMemory({ engine: fakeEngine() })
    const project = definitions({ assets: { rows, random }, environments: { local }, base: folder() })
    await materialize(project)
    const again = await materialize(project)
    expect(told(again)[1]).toEqual(["t/random", "materialized", "code_changed"])
    expect(again.plan.warnings).toMatchObject([{ code: "FRAME_PLAN_UNSTABLE", key: "t/random" }])
    const warned = openEventLog(project).events({ runId: again.id, step: "t/random" })[0]
    expect(warned).toMatchObject({ type: "log_written", level: "warn", fields: { code: "FRAME_PLAN_UNSTABLE" } })
  })

  test("of a volatile plan are made each time, with 'every' once in that time", async () => {
    const local = inMemory({ engine: fakeEngine() })
    const now = (frame: FakeFrame) => frame.withNow("at")
    const always = asset("t/always", { deps: { rows }, returns: table(), transform: ({ rows }) => now(rows) })
    const daily = asset("t/daily", {
      deps: { rows },
      returns: table(),
      every: "day",
      transform: ({ rows }) => now(rows),
    })
    const project = definitions({ assets: { rows, always, daily }, environments: { local }, base: folder() })
    const at = (text: string) => materialize(project, { now: new Date(text) })
    await at("2026-01-02T03:00:00Z")
    const sameDay = await at("2026-01-02T23:00:00Z")
    expect(told(sameDay).slice(1)).toEqual([
      ["t/always", "materialized", "volatile"],
      ["t/daily", "skipped", "unchanged"],
    ])
    const nextDay = await at("2026-01-03T00:00:00Z")
    expect(told(nextDay)[2]).toEqual(["t/daily", "materialized", "volatile"])
    expect((await (await nextDay.value(daily)).collect())[0]).toEqual({ id: 1, at: "2026-01-03T00:00:00.000Z" })
  })

  test("that fail a blocking check do not become current; the former stay", async () => {
    const local = inMemory({ engine: fakeEngine() })
    const check = { kind: "check", name: "noNines", severity: "error", blocking: true, column: "id", not: 9 } as const
    const run = (value: number, blocking: boolean) => {
      const checked = asset("t/checked", {
        returns: table(),
        version: `${value}`,
        checks: [{ ...check, blocking, describe: () => "noNines" }],
        compute: () => [{ id: value }],
      })
      const below = asset("t/below", { deps: { checked }, returns: table(), transform: ({ checked }) => checked })
      const project = definitions({ assets: { checked, below }, environments: { local }, base: folder() })
      return materialize(project).then(run => ({ run, checked, project }))
    }
    await run(1, true)
    const failed = await run(9, true)
    expect(told(failed.run)).toEqual([
      ["t/checked", "failed", "CHECK_FAILED"],
      ["t/below", "blocked", "blocked by t/checked"],
    ])
    expect(await (await failed.run.value(failed.checked)).collect()).toEqual([{ id: 1 }])
    expect(openEventLog(failed.project).run(failed.run.id)?.counts.checksFailed).toBe(1)
    const warned = await run(9, false)
    expect(warned.run.status).toBe("succeeded")
    expect(await (await warned.run.value(warned.checked)).collect()).toEqual([{ id: 9 }])
  })

  test("may come from values that are given in place of what is stored", async () => {
    const environment = inMemory({ engine: fakeEngine() })
    const project = definitions({ assets: { rows, copy }, base: folder() })
    const given = (id: number) => materialize(project, { environment, inputs: { "t/rows": [{ id }] } })
    const first = await given(5)
    expect(told(first)).toEqual([["t/copy", "materialized", "never_materialized"]])
    expect(await (await first.value(copy)).collect()).toEqual([{ id: 5, x: 1 }])
    expect(told(await given(5))).toEqual([["t/copy", "skipped", "unchanged"]])
    expect(told(await given(6))).toEqual([["t/copy", "materialized", "input_changed"]])
    const unknown = materialize(project, { environment, inputs: { "t/row": [] } })
    await expect(unknown).rejects.toMatchObject({ code: "ASSET_UNKNOWN", fix: "Did you mean 't/rows'?" })
  })

  test("of several faulty transforms are told of together", async () => {
    const faulty = ["x", "y"].map(name =>
      asset(`t/${name}`, {
        deps: { rows },
        returns: table(),
        transform: (): FakeFrame => {
          throw new Error(`no ${name}`)
        },
      }),
    )
    const project = definitions({ assets: { rows, faulty }, environments: { local: inMemory() }, base: folder() })
    await expect(materialize(project)).rejects.toMatchObject({
      code: "DEFINITIONS_INVALID",
      faults: [{ code: "USER_CODE_FAILED" }, { code: "USER_CODE_FAILED" }],
    })
  })
})

describe("what a step reads", () => {
  test("has to be stored or selected", async () => {
    const project = definitions({ assets: { one, two }, environments: { local: inMemory() }, base: folder() })
    await expect(materialize(project, { select: "a/two" })).rejects.toMatchObject({
      code: "INPUT_MISSING",
      fix: "Select what is above, too: '+a/two'.",
    })
  })

  test("is not asked for when the selection matches sources only", async () => {
    const project = definitions({ assets: { one, two }, environments: { local: inMemory() }, base: folder() })
    await expect(materialize(project, { select: "nothing/like/it" })).rejects.toMatchObject({
      code: "SELECTION_UNKNOWN_ASSET",
    })
  })
})
