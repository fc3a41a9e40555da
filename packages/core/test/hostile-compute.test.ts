import { mkdirSync, realpathSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import {
  asset,
  type ComputeContext,
  type DefinitionError,
  definitions,
  type EnvironmentConfig,
  json,
  materialize,
  openEventLog,
} from "@assets/core"
import { memoryIO } from "@assets/core/testing"
import { describe, expect, test, vi } from "vitest"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()

function projectOf(compute: (inputs: object, context: ComputeContext) => unknown, options = {}) {
  const one = asset("a/one", { returns: json<unknown>(), version: "1", compute: compute as never, ...options })
  return definitions({ assets: { one }, environments: { local: { io: memoryIO() } }, base: folder() })
}

const circular: { self?: unknown } = {}
circular.self = circular

describe("what a compute throws is told", () => {
  const trapped = new Proxy(
    {},
    {
      get() {
        throw new Error("trapped")
      },
    },
  )
  const odd = Object.assign(new Error("odd"), { stack: 5 })
  test.each([
    ["text", "threw text"],
    [undefined, "threw undefined"],
    [Object.create(null), "cannot be shown"],
    [trapped, "cannot be shown"],
    [odd, "odd"],
  ])("case %#", async (thrown, message) => {
    const run = await materialize(
      projectOf(async () => {
        throw thrown
      }),
    )
    expect(run.steps[0]).toMatchObject({ status: "failed", reason: "USER_CODE_FAILED" })
    expect(run.steps[0]?.error?.message).toContain(message)
  })
})

describe("what a compute logs and adds as metadata", () => {
  const unreadable = {
    get a() {
      throw new Error("no")
    },
  }
  test.each<[unknown, unknown]>([
    [circular, { self: "[circular]" }],
    [
      { a: 1n, b: undefined, c: () => 1, d: Number.NaN, e: new Map([[1, 2]]) },
      { a: "1", d: "NaN", e: [[1, 2]] },
    ],
    [unreadable, "[unreadable]"],
    [{ error: new TypeError("x") }, { error: { name: "TypeError", message: "x" } }],
  ])("case %# never fails the step", async (fields, kept) => {
    const project = projectOf((_, { log }) => {
      log.info("line", fields as never)
      return 1
    })
    const run = await materialize(project)
    expect(run.status).toBe("succeeded")
    const log = openEventLog(project)
    expect(log.events({ runId: run.id }).find(event => event.type === "log_written")).toMatchObject({ fields: kept })
    log.close()
  })

  test("is cut where it is long", async () => {
    const project = projectOf((_, { log, metadata }) => {
      log.info("x".repeat(1e6), { big: "y".repeat(1e6) })
      metadata({ big: "z".repeat(1e6) })
      return 1
    })
    const run = await materialize(project)
    const log = openEventLog(project)
    for (const event of log.events({ runId: run.id })) expect(JSON.stringify(event).length).toBeLessThan(10_000)
    log.close()
  })

  test("is refused where it is no object", async () => {
    for (const wrong of ["x", [1], null]) {
      const run = await materialize(projectOf((_, { metadata }) => metadata(wrong as never)))
      expect(run.steps[0]).toMatchObject({ status: "failed", reason: "VALUE_INVALID" })
    }
  })
})

test("what listens to a run and throws does not end it", async () => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {})
  const run = await materialize(
    projectOf(() => 1),
    {
      onEvent: () => {
        throw new Error("boom")
      },
    },
  )
  expect(run.status).toBe("succeeded")
  expect(warned).toHaveBeenCalledTimes(1)
  expect(warned.mock.calls[0]?.[0]).toContain("boom")
  warned.mockRestore()
})

test("a compute that lets no timer fire is timed out, too", async () => {
  const busy = () => {
    for (const end = performance.now() + 60; performance.now() < end; );
    return 1
  }
  const run = await materialize(projectOf(busy, { timeoutMs: 20 }))
  expect(run.steps[0]).toMatchObject({ status: "failed", reason: "STEP_TIMEOUT" })
})

describe("environments that are wrong are refused when the project is defined", () => {
  const faultOf = (environments: object) => {
    try {
      const one = asset("a/one", { returns: json<number>(), version: "1", compute: () => 1 })
      definitions({ assets: { one }, environments: environments as { [name: string]: EnvironmentConfig } })
      return "none"
    } catch (error) {
      return (error as DefinitionError).message
    }
  }
  test.each<[object, RegExp]>([
    [{ a: { extends: "b" }, b: { extends: "a" } }, /a → b → a/],
    [{ a: { extends: "a" } }, /a → a/],
    [{ a: { extends: "b" }, b: { extends: "c" }, c: { extends: "b" } }, /b → c → b/],
    [{ a: null }, /The environment 'a' is null/],
    [{ a: [] }, /The environment 'a' is a list/],
    [{ a: { io: {} } }, /'io' of 'a' is an object of another kind/],
    [{ a: { ios: { big: 5 } } }, /'ios.big' of 'a' is 5/],
    [{ a: { engine: () => 1 } }, /'engine' of 'a' is a function/],
  ])("case %#", (environments, message) => {
    expect(faultOf(environments)).toMatch(message)
  })
})

test("a project's folder may be a link", () => {
  const own = join(import.meta.dirname, "..")
  mkdirSync(join(folder(), "links"))
  const link = join(folder(), "links", "project")
  symlinkSync(realpathSync(own), link)
  const one = asset("a/one", { returns: json<number>(), version: "1", compute: () => 1 })
  expect(definitions({ assets: { one }, base: link }).select("path:test/*")).toEqual(["a/one"])
  const two = asset("a/one", { returns: json<number>(), version: "1", compute: () => 1 })
  expect(() => definitions({ assets: { one, two }, base: link })).toThrow(
    expect.objectContaining({ why: expect.stringMatching(/declared at test\/hostile-compute/) }),
  )
})
