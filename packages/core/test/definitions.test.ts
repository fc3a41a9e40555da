import {
  type AssetsError,
  allPartitions,
  asset,
  assets,
  type Check,
  DefinitionError,
  type DefinitionsOptions,
  daily,
  definitions,
  dep,
  identity,
  json,
  lastN,
  nothing,
  schedule,
  sensor,
  source,
  staticPartitions,
  type ValueType,
} from "@assets/core"
import { describe, expect, test } from "vitest"

const value = { returns: json<number>(), compute: () => 1 }
const base = import.meta.dirname

function faultOf(options: DefinitionsOptions["assets"] | DefinitionsOptions): AssetsError {
  try {
    definitions("assets" in options ? { base, ...(options as DefinitionsOptions) } : { assets: options, base })
  } catch (error) {
    return error as AssetsError // whatever it is, the expectations below tell
  }
  throw new Error("nothing was thrown")
}

/** A table with the columns `id` and `day`, for what only tables have. */
const table: ValueType<{ rows: true }, string, string, { id: number; day: string }> = {
  kind: "frame",
  describe: () => "table",
  columns: () => [
    { name: "id", type: "bigint" },
    { name: "day", type: "date" },
  ],
  input: () => ({ rows: true }),
  lazy: () => {
    throw new Error("not planned here")
  },
  check: async () => [],
  bind: async () => "",
  output: () => ({ kind: "nothing" }),
}
const rows = { returns: table, transform: () => ({ rows: true }) as const }
const check = (name: string): Check => ({
  kind: "check",
  name,
  severity: "error",
  blocking: true,
  describe: () => name,
})

describe("a project", () => {
  test("holds what modules export, in arrays and objects, each once", () => {
    const raw = source("raw/x")
    const a = asset("a", { ...value, deps: { raw } })
    const { one, two } = assets({
      deps: { a },
      outputs: { one: { key: "out/one", returns: json<number>() }, two: { key: "out/two", returns: json<string>() } },
      compute: ({ a }) => ({ one: a, two: String(a) }),
    })
    const nightly = schedule("0 3 * * *", { name: "nightly", selection: "a+" })
    const watch = sensor("watch", { evaluate: () => ({ runRequests: [] }) })
    const module = { raw, again: raw, list: [[a], { one, two }], text: "x", limit: 3, run: () => 1, nightly } as never
    const project = definitions({ assets: module, sensors: [watch], base })
    expect([...project.assets.keys()]).toEqual(["a", "out/one", "out/two"])
    expect([...project.sources.keys()]).toEqual(["raw/x"])
    expect([...project.schedules.keys(), ...project.sensors.keys()]).toEqual(["nightly", "watch"])
    expect(project.graph.keys).toEqual(["raw/x", "a", "out/one", "out/two"])
    expect(one.outputOf?.identity).toBe(two.outputOf?.identity)
    expect(one.outputOf?.keys).toEqual({ one: "out/one", two: "out/two" })
    expect(Object.isFrozen(project)).toBe(true)
    expect(project.base).toBe(base)
  })

  test("may be empty", () => expect(definitions({ assets: [] }).graph.keys).toEqual([]))

  test("lists all its faults, each with its place", () => {
    const missing = asset("not/there", value)
    const fault = faultOf({
      one: asset("Bad key", value),
      two: asset("ok", { ...value, deps: { missing } }),
      three: asset("none", { returns: json() } as never), // tsc refuses it, too
    })
    expect(fault).toBeInstanceOf(DefinitionError)
    expect(fault.code).toBe("DEFINITIONS_INVALID")
    const { faults } = fault as DefinitionError
    expect(faults.map(one => one.code)).toEqual([
      "ASSET_KEY_INVALID",
      "ASSET_OPTIONS_INVALID",
      "ASSET_DEPENDENCY_MISSING",
    ])
    expect(faults.every(one => one.location?.file === import.meta.filename && one.location.line > 50)).toBe(true)
    expect(fault.message).toMatch(
      /3 faults\.\n {2}definitions\.test\.ts:\d+ {2}ASSET_KEY_INVALID {2}The asset key 'Bad key'/,
    )
  })
})

describe("keys", () => {
  test.each([
    "",
    "/a",
    "a/",
    "a//b",
    ".",
    "a/../b",
    "a b",
    "ü",
    "o'brien",
    "_x",
    "a/_versions",
    "latest",
    "a/Latest",
    "x".repeat(201),
  ])("%j is refused", key => expect(faultOf([asset(key, value)]).code).toBe("ASSET_KEY_INVALID"))
  test.each(["a", "a/b", "A-1.x_2", "2024/x", "lates", "x".repeat(200)])("%j is taken", key => {
    expect(definitions({ assets: [asset(key, value)] }).assets.has(key)).toBe(true)
  })

  test("twice, equal but for case, and one inside another are refused, naming both places", () => {
    const twice = faultOf([asset("a/b", value), source("a/b")])
    expect(twice).toMatchObject({
      code: "ASSET_KEY_DUPLICATE",
      why: expect.stringMatching(/definitions\.test\.ts:\d+.*definitions\.test\.ts:\d+/),
    })
    expect(faultOf([asset("a/b", value), asset("A/b", value)]).code).toBe("ASSET_KEY_CASE")
    expect(faultOf([asset("a/b/c", value), asset("a", value)]).code).toBe("ASSET_KEY_PREFIX")
    expect(definitions({ assets: [asset("ab/c", value), asset("a", value)] }).assets.size).toBe(2)
  })
})

describe("dependencies", () => {
  test("on what is not in the definitions, or is another of its key, are refused", () => {
    const up = asset("up", value)
    expect(faultOf([asset("a", { ...value, deps: { up } })])).toMatchObject({
      code: "ASSET_DEPENDENCY_MISSING",
      details: { dependency: "up" },
    })
    const other = faultOf([asset("a", { ...value, deps: { up } }), asset("up", value)])
    expect(other).toMatchObject({ code: "ASSET_DEPENDENCY_MISSING", message: expect.stringContaining("another 'up'") })
  })

  test("that are undefined, as modules that import each other see them, are refused", () => {
    const deps = { up: undefined } as never
    expect(faultOf([asset("a", { ...value, deps })])).toMatchObject({
      code: "ASSET_DEPENDENCY_MISSING",
      why: expect.stringContaining("import each other"),
    })
  })

  test("in a circle are shown as a path", () => {
    const deps: { [name: string]: ReturnType<typeof asset> } = {}
    const a = asset("a", { ...value, deps })
    const b = asset("b", { ...value, deps: { a } })
    deps.b = b
    expect(faultOf([b, a])).toMatchObject({
      code: "ASSET_GRAPH_CYCLE",
      message: "The assets depend on each other in a circle: a → b → a.",
    })
  })
})

describe("options", () => {
  const cases: [string, object, string][] = [
    ["a misspelled option", { ...value, retires: 1 }, "'retires'"],
    ["no value type", { compute: () => 1 }, "does not say what it returns"],
    ["transform and compute", { ...rows, compute: () => 1 }, "both"],
    ["neither", { returns: json() }, "neither"],
    ["a transform that returns JSON", { returns: json(), transform: () => 1 }, "returns json"],
    ["a transform over JSON", { ...rows, deps: { up: asset("up", value) } }, "depends on 'up'"],
    ["no function", { returns: json(), compute: 1 }, "no function"],
    ["no attempts", { ...value, retry: { attempts: 0 } }, "attempts"],
    ["a negative delay", { ...value, retry: { attempts: 2, delayMs: -1 } }, "delayMs"],
    ["an unknown backoff", { ...value, retry: { attempts: 2, backoff: "linear" } }, "backoff"],
    ["too much jitter", { ...value, retry: { attempts: 2, jitter: 2 } }, "jitter"],
    ["no time", { ...value, timeoutMs: 0 }, "timeout"],
    ["a timeout that timers cannot hold", { ...value, timeoutMs: 2 ** 31 }, "timeout"],
    ["a priority that is no number", { ...value, priority: "high" }, "priority"],
    ["an empty pool", { ...value, pool: "" }, "'pool'"],
    ["tags that are no texts", { ...value, tags: { pii: true } }, "'tags'"],
    ["owners that are no list", { ...value, owners: "ann" }, "'owners'"],
    ["append to JSON", { ...value, write: "append" }, "returns json"],
    ["an unknown write mode", { ...rows, write: "replace" }, "'write'"],
    ["a merge key that is no column", { ...rows, write: { merge: ["di"] } }, "'di'"],
    ["a layout of JSON", { ...value, layout: {} }, "'layout'"],
    ["a layout over no column", { ...rows, layout: { sortBy: ["dya"] } }, "'dya'"],
    ["an unknown compression", { ...rows, layout: { compression: "zip" } }, "'zip'"],
    [
      "a partition column that is none",
      { ...rows, partitions: daily({ start: "2024-01-01", column: "date" }) },
      "'date'",
    ],
  ]
  test.each(cases)("%s", (_name, options, word) => {
    const up = (options as { deps?: object }).deps ?? {}
    const fault = faultOf({ a: asset("a", options as never), up } as never)
    expect(fault).toMatchObject({ code: "ASSET_OPTIONS_INVALID", message: expect.stringContaining(word) })
    expect(fault.location?.file).toBe(import.meta.filename)
  })

  test("checks: of a table only, and each name once", () => {
    expect(
      definitions({ assets: [asset("a", { ...rows, checks: [check("x"), check("y")] } as never)] }).assets.size,
    ).toBe(1)
    expect(faultOf([asset("a", { ...rows, checks: [check("x"), check("x")] } as never)]).code).toBe("CHECK_INVALID")
    expect(faultOf([asset("a", { ...value, checks: [check("x")] } as never)]).code).toBe("CHECK_INVALID")
    expect(faultOf([asset("a", { ...rows, checks: [{}] } as never)]).code).toBe("CHECK_INVALID")
  })

  test("partitions: wrong rules, shared by assets, are told once", () => {
    const partitions = daily({ start: "soon" })
    const fault = faultOf([asset("a", { ...value, partitions }), asset("b", { ...value, partitions })])
    expect(fault).toMatchObject({ code: "PARTITIONS_INVALID", location: { file: import.meta.filename } })
    expect(faultOf([asset("a", { ...value, partitions: {} as never })]).code).toBe("PARTITIONS_INVALID")
  })

  test("partition mappings that cannot hold", () => {
    const days = asset("days", { ...value, partitions: daily({ start: "2024-01-01" }) })
    const regions = asset("regions", { ...value, partitions: staticPartitions(["de", "fr"]) })
    const whole = asset("whole", value)
    const below = (options: object) => faultOf([days, regions, whole, asset("a", { ...value, ...options } as never)])
    const wrong = [
      { deps: { days: dep(days, { partitions: identity }) } },
      { deps: { whole: dep(whole, { partitions: allPartitions }) } },
      { deps: { days: dep(days, { partitions: lastN(0) }) } },
      { deps: { days: dep(days, { partitions: lastN(2) }) }, partitions: staticPartitions(["de"]) },
      { deps: { days }, partitions: staticPartitions(["de"]) },
    ]
    for (const options of wrong) expect(below(options).code).toBe("PARTITIONS_INVALID")
  })

  test("sources: readers that are none", () => {
    expect(faultOf([source("a", {} as never)]).code).toBe("ASSET_OPTIONS_INVALID")
    const reader = { kind: "csv", returns: table, paths: [], describe: () => null, relation: () => ({ kind: "files" }) }
    expect(faultOf([source("a", reader)])).toMatchObject({ message: expect.stringContaining("without paths") })
    expect(source("b").returns).toBe(nothing())
  })
})

describe("schedules, sensors and environments", () => {
  const a = asset("a", value)
  test.each([
    [{ schedules: [schedule("* *")] }, "SCHEDULE_INVALID"],
    [{ schedules: [schedule("0 0 * * *", { timezone: "Mars/Base" })] }, "SCHEDULE_INVALID"],
    [{ schedules: [schedule("0 0 * * *", { selection: "a and" })] }, "SCHEDULE_INVALID"],
    [{ schedules: [schedule("0 0 * * *", { selection: "b" })] }, "SCHEDULE_INVALID"],
    [{ schedules: [schedule("0 0 * * *"), schedule("0 0 * * *")] }, "SCHEDULE_INVALID"],
    [{ sensors: [sensor("x", {} as never)] }, "SCHEDULE_INVALID"],
    [{ sensors: [sensor("x", { everyMs: 0, evaluate: () => ({ runRequests: [] }) })] }, "SCHEDULE_INVALID"],
    [{ environments: { prod: {} }, defaultEnvironment: "prdo" }, "ENVIRONMENT_UNKNOWN"],
    [{ environments: { prod: { extends: "base" } } }, "ENVIRONMENT_UNKNOWN"],
    [{ environments: { prod: { reuse: ["stage"] } } }, "ENVIRONMENT_UNKNOWN"],
    [{ environments: { prod: { pools: { api: 0 } } } }, "CONFIG_INVALID"],
    [{ environments: { prod: { timeZone: "Mars/Base" } } }, "CONFIG_INVALID"],
  ])("faults of %j", (options, code) => expect(faultOf({ assets: [a], ...options }).code).toBe(code))
})

test("holds 20,000 assets", () => {
  const all: ReturnType<typeof asset>[] = []
  for (let i = 0; i < 20_000; i++) {
    const up = all[Math.floor(i / 2)] ?? all[0]
    all.push(asset(`bench/a${i}`, { ...value, deps: i > 0 && up ? { up } : {} }) as never)
  }
  const project = definitions({ assets: all as never })
  expect(project.select("+bench/a19999").length).toBeLessThan(20)
})
