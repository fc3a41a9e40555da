import {
  asset,
  type DefinitionError,
  definitions,
  describeEnvironment,
  type EnvironmentConfig,
  type IOManager,
  json,
  plan,
  resource,
} from "@assets/core"
import { memoryIO } from "@assets/core/testing"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { hasConfigShape, hasEnvironmentShape } from "../src/environment/config-shape.ts"
import { configFaults } from "../src/environment/environment-faults.ts"
import { environmentSettings, projectSettings } from "../src/environment/setting-rules.ts"
import { shapeFaults } from "../src/environment/shape-faults.ts"
import { fakeEngine } from "./fake-table.ts"

const io = memoryIO()
const engine = fakeEngine()
const one = asset("a/one", { returns: json<number>(), version: "1", group: "small", compute: () => 1 })

interface Told {
  readonly code: string
  readonly text: string
  readonly path: unknown
}

/** The faults of environments that are declared in code. */
function told(environments: object, assets: object = { one }): Told[] {
  try {
    definitions({ assets: assets as never, environments: environments as { [name: string]: EnvironmentConfig } })
    return []
  } catch (error) {
    const { faults = [] } = error as DefinitionError
    return (faults.length > 0 ? faults : [error as DefinitionError]).map(fault => ({
      code: fault.code,
      text: [fault.message, fault.why, fault.fix].join("\n"),
      path: fault.details.path,
    }))
  }
}

/** An IO manager that keeps no versions, and works with one engine. */
function plainIO(place = "there"): IOManager {
  const { restore: _r, publish: _p, versions: _v, adopt: _a, ...plain } = memoryIO()
  return {
    ...plain,
    name: "plain",
    describe: () => ({ place }),
    refusal: ({ engine }) => (engine === "other" ? { why: "It knows one engine.", fix: "Take that." } : undefined),
  }
}

describe("the form of an environment", () => {
  test.each<[object, string[], RegExp]>([
    [{ pool: { api: 2 } }, ["pool"], /has the setting 'pool', which there is not[\s\S]*Did you mean 'pools'\?/],
    [{ engine: fakeEngine }, ["engine"], /'engine' of 'local' is a function[\s\S]*an engine[\s\S]*Call it/],
    [{ engine: {} }, ["engine"], /an object of another kind/],
    [{ ios: { archive: engine } }, ["ios", "archive"], /'ios.archive' of 'local'[\s\S]*an IO manager/],
    [{ engines: [] }, ["engines"], /'engines' of 'local' is a list[\s\S]*by their names/],
    [{ route: { "*": { engin: "x" } } }, ["route", "*", "engin"], /'route.\*' of 'local' has the setting 'engin'/],
    [{ route: { "*": "x" } }, ["route", "*"], /the names of an engine and an IO manager/],
    [{ sources: 5 }, ["sources"], /'sources' of 'local' is 5/],
    [{ sources: { "*": 5 } }, ["sources", "*"], /'sources.\*' of 'local' is 5/],
    [{ pools: { api: 1.5 } }, ["pools", "api"], /a whole number from 1 on/],
    [{ vars: { A: 1 } }, ["vars", "A"], /'vars.A' of 'local' is 1[\s\S]*a text/],
    [{ resources: [{ name: "a" }] }, ["resources", 0 as never], /what resource\(…\) returns/],
    [{ timeZone: "Europe/Berlim" }, ["timeZone"], /an IANA name/],
    [{ reuse: "prod" }, ["reuse"], /a list of environments/],
    [{ publish: "rum" }, ["publish"], /'rum'[\s\S]*Did you mean 'run'\?/],
    [{ durability: "powr" }, ["durability"], /Did you mean 'power'\?/],
  ])("%o is refused, with the way to it", (config, path, text) => {
    expect(told({ local: { io, ...config } })).toMatchObject([
      { code: "CONFIG_INVALID", path: ["environments", "local", ...path], text: expect.stringMatching(text) },
    ])
  })

  test("is told all at once, with what is wrong with the sound ones", () => {
    const faults = told({ local: { io, pools: { api: 0, disk: 0 } }, prod: { io, reuse: ["stage"] }, none: null })
    expect(faults.map(({ code, path }) => [code, path])).toEqual([
      ["CONFIG_INVALID", ["environments", "local", "pools", "api"]],
      ["CONFIG_INVALID", ["environments", "local", "pools", "disk"]],
      ["CONFIG_INVALID", ["environments", "none"]],
      ["ENVIRONMENT_UNKNOWN", ["environments", "prod", "reuse", 0]],
    ])
  })

  test("shows no secret", () => {
    const url = "sc://host/;token=abcdefgh"
    const texts = told({ local: { io, timeZone: url, vars: { API_KEY: 5 } } })
    const text = texts.map(one => one.text).join()
    expect(text).not.toContain("abcdefgh")
    expect(text).toContain("token=***")
  })

  test("of a whole config is looked at with the same care", () => {
    const path = (config: unknown) => configFaults(config).map(({ details }) => details.path)
    expect(path({ environments: { local: { io } } })).toEqual([])
    expect(path(undefined)).toEqual([[]])
    expect(path({})).toEqual([["environments"]])
    expect(path({ environment: {}, environments: [] })).toEqual([["environments"], ["environment"]])
    expect(path({ assets: "./assets.ts", environments: { a: { io, reuse: ["b"] } } })).toEqual([
      ["assets"],
      ["environments", "a", "reuse", 0],
    ])
    expect(path({ environments: {}, state: { pth: "x" } })).toEqual([
      ["state", "path"],
      ["state", "pth"],
    ])
  })

  test("has one answer, whether it is asked for quickly or in full", () => {
    const odd = fc.oneof(
      fc.constantFrom<unknown>(
        undefined,
        null,
        0,
        1,
        2.5,
        -1,
        Number.NaN,
        "",
        "a",
        "run",
        "power",
        "UTC",
        true,
        [],
        {},
      ),
      fc.constantFrom<unknown>(io, engine, memoryIO, resource("r", { open: () => 1 })),
      fc.constantFrom<unknown>(
        ["a"],
        [""],
        { a: "b" },
        { a: 1 },
        { a: engine },
        { a: io },
        { path: "x" },
        { a: { io: "b" } },
      ),
    )
    const environment = fc.dictionary(fc.constantFrom(...environmentSettings, "other"), odd, { maxKeys: 4 })
    fc.assert(
      fc.property(fc.oneof(environment, odd), config => {
        expect(shapeFaults(config, ["environments", "x"]).length === 0).toBe(hasEnvironmentShape(config))
      }),
      { numRuns: 2_000 },
    )
    const project = fc.dictionary(
      fc.constantFrom(...projectSettings, "other"),
      fc.oneof(odd, fc.dictionary(fc.constantFrom("a", "b"), fc.oneof(environment, odd))),
    )
    fc.assert(
      fc.property(project, config => {
        expect(shapeFaults(config).length === 0).toBe(hasConfigShape(config))
      }),
      { numRuns: 2_000 },
    )
  })
})

describe("settings that do not go together", () => {
  const at = (...path: readonly (string | number)[]) => ["environments", ...path]

  test("an environment without io is refused, unless another extends it", () => {
    const path = (environments: object) => configFaults({ environments }).map(({ details }) => details.path)
    expect(path({ local: { engine }, none: {} })).toEqual([at("local"), at("none")])
    expect(path({ base: { engine }, local: { extends: "base", io } })).toEqual([])
    expect(path({ base: { engine }, local: { extends: "base" } })).toEqual([at("local")])
    expect(path({ local: { engine }, prod: { io, pool: {} } })).toEqual([at("prod", "pool"), at("local")])
  })

  test("a circle of extends is told once", () => {
    const faults = told({ a: { io, extends: "b" }, b: { extends: "c" }, c: { extends: "a" } })
    expect(faults).toMatchObject([{ path: at("a", "extends"), text: expect.stringContaining("a → b → c → a") }])
  })

  test("route to names that there are not, also inherited ones, told where they are set", () => {
    const faults = told({
      prod: { io, engines: { big: engine }, route: { "group:small": { engine: "bigg" }, "*": { io: "cold" } } },
      branch: { extends: "prod", io: memoryIO() },
    })
    expect(faults).toMatchObject([
      {
        code: "ENVIRONMENT_UNSUPPORTED",
        path: at("prod", "route", "group:small", "engine"),
        text: expect.stringContaining("Did you mean 'big'?"),
      },
      {
        code: "ENVIRONMENT_UNSUPPORTED",
        path: at("prod", "route", "*", "io"),
        text: expect.stringContaining("It has no 'ios'."),
      },
    ])
  })

  test("selections of route and sources that name nothing", () => {
    const faults = told({
      prod: { io, route: { "group:smal": { engine: "default" } }, sources: { "raw/(": "x" } },
      branch: { extends: "prod", io: memoryIO() },
    })
    expect(faults).toMatchObject([
      { path: at("prod", "route", "group:smal"), text: expect.stringContaining("Did you mean 'small'?") },
      { path: at("prod", "sources", "raw/(") },
    ])
  })

  test("an engine that the IO manager does not work with, by default, by route and by an asset's own name", () => {
    const other = { ...engine, name: "other" }
    const plain = plainIO()
    expect(told({ local: { engine: other, io: plain } })).toMatchObject([
      {
        code: "ENVIRONMENT_UNSUPPORTED",
        path: at("local", "io"),
        text: expect.stringContaining("It knows one engine.\nTake that."),
      },
    ])
    expect(told({ base: { io: plain, engine }, local: { extends: "base", engine: other } })).toMatchObject([
      { path: at("local", "engine") },
    ])
    const local = { io: plain, engine, engines: { other } }
    expect(told({ local: { ...local, route: { "a/one": { engine: "other" } } } })).toHaveLength(1)
    const named = asset("a/named", { returns: json<number>(), version: "1", engine: "other", compute: () => 1 })
    expect(told({ local }, { one, named })).toHaveLength(1)
    expect(told({ local: { ...local, route: { "a/named": { engine: "default" } } } }, { one, named })).toEqual([])
  })

  test('publish: "run" and reuse with storage that keeps no versions', () => {
    expect(told({ local: { io: plainIO(), publish: "run" } })).toMatchObject([
      {
        code: "ENVIRONMENT_UNSUPPORTED",
        path: at("local", "publish"),
        text: expect.stringContaining("keeps no versions"),
      },
    ])
    const branch = { io: plainIO("branch"), reuse: ["prod"] }
    expect(told({ prod: { io: plainIO() }, branch })).toMatchObject([{ path: at("branch", "reuse", 0) }])
    expect(told({ local: { io, reuse: ["local"] } })).toMatchObject([
      { text: expect.stringContaining("reuses itself") },
    ])
  })

  test("an environment that would write where one that it reuses does", () => {
    const placed = (place: string): IOManager => ({ ...memoryIO(), describe: () => ({ place }) })
    const prod = { io: placed("prod"), ios: { archive: placed("archive") } }
    expect(told({ prod, branch: { extends: "prod", io: placed("branch"), reuse: ["prod"] } })).toMatchObject([
      { path: at("branch", "reuse", 0), text: expect.stringContaining("'ios.archive'") },
    ])
    expect(told({ prod, branch: { io: placed("prod"), reuse: ["prod"] } })).toMatchObject([
      { path: at("branch", "io") },
    ])
    const own = { io: placed("branch"), ios: { archive: placed("branch-archive") } }
    expect(told({ prod, branch: { extends: "prod", ...own, reuse: ["prod"] } })).toEqual([])
    const template = "$" + "{STAGE}"
    const staged = { io: placed(template), vars: { STAGE: "prod" } }
    expect(told({ prod: staged, branch: { extends: "prod", vars: { STAGE: "branch" }, reuse: ["prod"] } })).toEqual([])
    expect(told({ prod: staged, branch: { extends: "prod", reuse: ["prod"] } })).toHaveLength(1)
  })

  test("two resources of one name", () => {
    const db = resource("db", { open: () => 1 })
    expect(told({ local: { io, resources: [db, db] } })).toMatchObject([{ path: at("local", "resources", 1) }])
  })
})

test("an environment that is given in place of a name is looked at, too", async () => {
  const project = definitions({ assets: { one } })
  const wrong = { io, pool: {} } as EnvironmentConfig
  await expect(plan(project, { environment: wrong })).rejects.toMatchObject({ code: "CONFIG_INVALID" })
})

test("a config that throws while it is read is a fault of it", () => {
  const config = {
    get environments() {
      throw new TypeError("not yet")
    },
  }
  expect(configFaults(config)).toMatchObject([
    { code: "CONFIG_INVALID", message: "The config cannot be read: not yet" },
  ])
})

test("whatever an IO manager tells of itself is shown as JSON", () => {
  const odd: IOManager = { ...io, describe: () => ({ a: 1n, b: undefined, c: () => 1, d: { e: "x" } }) as never }
  const project = { environments: { local: { io: odd } }, defaultEnvironment: undefined, state: undefined }
  const { settings } = describeEnvironment(project)
  expect(settings.filter(({ setting }) => setting.startsWith("io."))).toEqual([
    { setting: "io.a", value: "1", from: "local" },
    { setting: "io.d", value: { e: "x" }, from: "local" },
  ])
})
