import { existsSync } from "node:fs"
import { join } from "node:path"
import { asset, definitions, type EnvironmentConfig, inMemory, json, materialize, plan } from "@assets/core"
import { ioContext, memoryIO } from "@assets/core/testing"
import { afterEach, describe, expect, test } from "vitest"
import { inheritSettings } from "../src/environment/inherit-settings.ts"
import { resolveEnvironment } from "../src/environment/resolve-environment.ts"
import { fakeEngine, table } from "./fake-table.ts"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()
const one = asset("a/one", { returns: json<number>(), version: "1", compute: () => 1 })
const rows = asset("t/rows", { returns: table(), version: "1", compute: () => [{ id: 1 }] })
const copy = asset("t/copy", { deps: { rows }, returns: table(), transform: ({ rows }) => rows.with("x", 1) })

function project(environments: { readonly [name: string]: EnvironmentConfig }, state?: { readonly path: string }) {
  return definitions({ assets: { one, rows, copy }, environments, base: folder(), ...(state && { state }) })
}

describe("a variable", () => {
  afterEach(() => {
    delete process.env.ASSETS_TEST_PLACE
  })

  test("is the environment's before it is the process's, in the path of the event log too", async () => {
    process.env.ASSETS_TEST_PLACE = "of-process"
    const vars = { ASSETS_TEST_PLACE: "of-vars" }
    const state = { path: "log-$" + "{ASSETS_TEST_PLACE}" }
    await materialize(project({ local: { io: memoryIO(), state, vars } }), { select: "a/one" })
    await materialize(project({ local: { io: memoryIO() } }, state), { select: "a/one" })
    expect(existsSync(join(folder(), "log-of-vars", "assets.db"))).toBe(true)
    expect(existsSync(join(folder(), "log-of-process", "assets.db"))).toBe(true)
  })

  test("is needed only when its environment is used", async () => {
    const state = { path: "$" + "{ASSETS_TEST_PLACE}/state" }
    const two = project({ local: inMemory(), prod: { io: memoryIO(), state } })
    expect((await materialize(two, { environment: "local", select: "a/one" })).status).toBe("succeeded")
    await expect(plan(two, { environment: "prod" })).rejects.toMatchObject({
      code: "VARIABLE_MISSING",
      message: "The variable 'ASSETS_TEST_PLACE' has no value, and the environment 'prod' needs it.",
      why: expect.stringContaining("It stands in its 'state.path', '$" + "{ASSETS_TEST_PLACE}/state'"),
      fix: "Set it: export ASSETS_TEST_PLACE=…, or add it to 'vars' of 'prod'.",
      details: { environment: "prod", variable: "ASSETS_TEST_PLACE", setting: "state.path" },
    })
  })

  test("reaches IO managers and engines by their contexts", async () => {
    const seen: string[] = []
    const fake = fakeEngine()
    const engine = {
      ...fake,
      open: (context: Parameters<typeof fake.open>[0]) => {
        seen.push(context.expand?.("engine $" + "{PLACE}") ?? "none")
        return fake.open(context)
      },
    }
    const memory = memoryIO()
    const io: typeof memory = {
      ...memory,
      current: (context, keys) => {
        seen.push(context.expand("io $" + "{PLACE}"))
        return memory.current(context, keys)
      },
    }
    await materialize(project({ local: { io, engine, vars: { PLACE: "here" } } }), { select: "t/*" })
    expect(new Set(seen)).toEqual(new Set(["io here", "engine here"]))
  })
})

describe("an environment that extends another", () => {
  const [a, b, c] = [memoryIO(), memoryIO(), memoryIO()]

  test("inherits what is held by name one by one, and all else whole", () => {
    const base: EnvironmentConfig = {
      io: a,
      ios: { archive: a, cold: a },
      pools: { api: 2, disk: 1 },
      vars: { REGION: "eu", STAGE: "prod" },
      route: { "group:x": { io: "archive" }, "group:y": { io: "cold" } },
      sources: { "raw/*": "there" },
      reuse: ["other"],
      timeZone: "Europe/Berlin",
      state: { path: "there" },
    }
    const own: EnvironmentConfig = {
      extends: "base",
      io: b,
      ios: { archive: c },
      pools: { api: 5 },
      vars: { STAGE: "branch" },
      route: { "group:x": { io: "default" } },
      sources: { "raw/big": "here" },
      reuse: ["base"],
    }
    const { config, origins } = inheritSettings([
      { environment: "base", config: base },
      { environment: "own", config: own },
    ])
    expect(config).toEqual({
      io: b,
      ios: { archive: c, cold: a },
      pools: { api: 5, disk: 1 },
      vars: { REGION: "eu", STAGE: "branch" },
      route: { "group:y": { io: "cold" }, "group:x": { io: "default" } },
      sources: { "raw/*": "there", "raw/big": "here" },
      reuse: ["base"],
      timeZone: "Europe/Berlin",
      state: { path: "there" },
    })
    expect(Object.keys(config.route ?? {})).toEqual(["group:y", "group:x"]) // the own one is the last that matches
    expect(Object.fromEntries(origins)).toMatchObject({
      io: "own",
      "ios.archive": "own",
      "ios.cold": "base",
      "vars.REGION": "base",
      "vars.STAGE": "own",
      timeZone: "base",
    })
  })

  test("replaces sources of another form whole", () => {
    const line = [
      { environment: "base", config: { sources: { "raw/*": "there" } } },
      { environment: "own", config: { sources: "here" } },
    ]
    const { config, origins } = inheritSettings(line)
    expect(config.sources).toBe("here")
    expect(Object.fromEntries(origins)).toEqual({ sources: "own" })
  })

  test("inherits over several steps, and its variables stand for its own values in inherited texts", () => {
    const environments = {
      base: { io: a, vars: { STAGE: "base" }, state: { path: "$" + "{STAGE}" } },
      middle: { extends: "base", timeZone: "Europe/Berlin" },
      own: { extends: "middle", vars: { STAGE: "own" } },
    }
    const found = resolveEnvironment({ environments, defaultEnvironment: undefined }, "own")
    expect(found.config).toMatchObject({ io: a, timeZone: "Europe/Berlin", vars: { STAGE: "own" } })
    expect(found.origins.get("timeZone")).toBe("middle")
  })
})

test("a context outside of an environment expands nothing", () => {
  expect(ioContext(folder()).expand("a")).toBe("a")
})
