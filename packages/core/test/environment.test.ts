import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { asset, definitions, type EnvironmentConfig, inMemory, json, materialize, nothing, plan } from "@assets/core"
import { ioContext, memoryIO } from "@assets/core/testing"
import { afterEach, describe, expect, test } from "vitest"
import { ownIdentity } from "../src/util/process-identity.ts"
import { fakeEngine, table } from "./fake-table.ts"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()
const one = asset("a/one", { returns: json<number>(), version: "1", compute: () => 1 })
const rows = asset("t/rows", { returns: table(), version: "1", compute: () => [{ id: 1 }] })
const copy = asset("t/copy", { deps: { rows }, returns: table(), transform: ({ rows }) => rows.with("x", 1) })

function project(environments: { readonly [name: string]: EnvironmentConfig }, defaultEnvironment?: string) {
  return definitions({
    assets: { one, rows, copy },
    environments,
    base: folder(),
    ...(defaultEnvironment && { defaultEnvironment }),
  })
}

describe("an environment", () => {
  afterEach(() => {
    delete process.env.ASSETS_ENV
  })

  test("is chosen by name, else by ASSETS_ENV, else it is the default", async () => {
    const three = project({ dev: inMemory(), prod: inMemory(), test: inMemory() }, "dev")
    const chosen = async (environment?: string) =>
      (await plan(three, { select: "a/one", ...(environment && { environment }) })).environment
    expect(await chosen()).toBe("dev")
    process.env.ASSETS_ENV = "test"
    expect(await chosen()).toBe("test")
    expect(await chosen("prod")).toBe("prod")
  })

  test("that there is not is refused with the nearest", async () => {
    await expect(plan(project({ prod: inMemory() }), { environment: "prd" })).rejects.toMatchObject({
      code: "ENVIRONMENT_UNKNOWN",
      fix: "Did you mean 'prod'?",
    })
  })

  test("inherits what it does not set", async () => {
    const io = memoryIO()
    const two = project({ prod: { io }, branch: { extends: "prod", timeZone: "Europe/Berlin" } }, "prod")
    await materialize(two, { select: "a/one" })
    const branch = await plan(two, { environment: "branch", select: "a/one" })
    expect(branch.timeZone).toBe("Europe/Berlin")
    expect(branch.steps[0]?.reasons).toEqual([{ kind: "code_changed" }]) // stored with the zone of prod
  })

  test("reuses what another one holds, and reads it from there", async () => {
    const io = memoryIO()
    const engine = fakeEngine()
    const two = project({ prod: { io, engine }, branch: { io: memoryIO(), engine, reuse: ["prod"] } }, "prod")
    await materialize(two, { select: "t/rows" })
    const run = await materialize(two, { environment: "branch", select: "t/*" })
    expect(run.steps.map(step => [step.key, step.status, step.reason])).toEqual([
      ["t/rows", "skipped", "reused from prod"],
      ["t/copy", "materialized", "never_materialized"],
    ])
    expect(await (await run.value(copy)).collect()).toEqual([{ id: 1, x: 1 }])
    const alone = await materialize(two, { environment: "branch", select: "t/copy", force: true })
    expect(alone.status).toBe("succeeded") // its input is prod's
  })

  test("routes a selection to an engine and an IO manager by name", async () => {
    const log = { opened: [], scanned: [], interrupted: [], closed: 0 }
    const special = memoryIO()
    const local: EnvironmentConfig = {
      io: memoryIO(),
      engine: fakeEngine(),
      engines: { big: fakeEngine(log) },
      ios: { special },
      route: { "*": { engine: "default" }, "t/copy": { engine: "big", io: "special" } },
    }
    const run = await materialize(project({ local }))
    expect(run.status).toBe("succeeded")
    expect(log.opened).toHaveLength(1)
    const base = ioContext(folder())
    expect([...(await special.current(base, ["t/copy", "t/rows"])).keys()]).toEqual(["t/copy"])
  })

  test("that lacks what an asset names is refused with what it has", async () => {
    const named = asset("a/named", { returns: nothing(), version: "1", io: "arhive", compute: () => {} })
    const local = { io: memoryIO(), ios: { archive: memoryIO() } }
    const wrong = definitions({ assets: { named }, environments: { local }, base: folder() })
    await expect(plan(wrong)).rejects.toMatchObject({ code: "ENVIRONMENT_UNSUPPORTED", fix: "Did you mean 'archive'?" })
  })

  test("without an engine fails the steps that need one, and no other", async () => {
    const run = await materialize(project({ local: { io: memoryIO() } }))
    expect(run.steps.map(step => [step.key, step.status, step.reason])).toEqual([
      ["a/one", "materialized", "never_materialized"],
      ["t/rows", "failed", "ENVIRONMENT_UNSUPPORTED"],
      ["t/copy", "blocked", "blocked by t/rows"],
    ])
  })

  test("takes the engine that its IO manager brings, from the project's packages", async () => {
    const module = join(folder(), "node_modules", "own-engine")
    mkdirSync(module, { recursive: true })
    writeFileSync(join(module, "package.json"), `{ "name": "own-engine", "type": "module", "exports": "./index.js" }`)
    writeFileSync(
      join(module, "index.js"),
      `export const own = () => ({ name: "own", open: context => globalThis.openOwn(context) })`,
    )
    Object.assign(globalThis, { openOwn: fakeEngine().open })
    const local = { io: { ...memoryIO(), defaultEngine: { module: "own-engine", name: "own" } } }
    const run = await materialize(project({ local }), { select: "t/*" })
    expect(run.steps.map(step => step.error?.cause ?? step.error)).toEqual([undefined, undefined])
    const missing = { io: { ...memoryIO(), defaultEngine: { module: "no-such-engine", name: "own" } } }
    const failed = await materialize(project({ local: missing }), { select: "t/*" })
    expect(failed.steps[0]?.error).toMatchObject({
      code: "ENGINE_UNAVAILABLE",
      fix: expect.stringContaining("npm install no-such-engine"),
    })
  })
})

test("an engine's scratch folder is there while it is open, is private, and is gone after the run", async () => {
  const log = { opened: [] as string[], scanned: [], interrupted: [], closed: 0 }
  const engine = fakeEngine(log)
  let wasThere = false
  const look = asset("t/look", {
    deps: { rows },
    returns: json<boolean>(),
    version: "1",
    compute: async ({ rows }) => {
      await rows.collect()
      wasThere = existsSync(log.opened[0] ?? "")
      return true
    },
  })
  const namespace = /\d+/.exec(ownIdentity().pidNamespace)?.[0] ?? "0"
  const stale = join(tmpdir(), `assets-scratch-999999999-1-${namespace}-test`)
  mkdirSync(stale, { recursive: true })
  const local = definitions({
    assets: { rows, look },
    environments: { local: { io: memoryIO(), engine } },
    base: folder(),
  })
  expect((await materialize(local)).status).toBe("succeeded")
  expect(wasThere).toBe(true)
  expect(existsSync(log.opened[0] ?? "")).toBe(false)
  expect(existsSync(stale)).toBe(false) // of a process that is dead
})
