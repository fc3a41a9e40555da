import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  asset,
  type CollectContext,
  collectGarbage,
  definitions,
  type IOManager,
  json,
  materialize,
} from "@assets/core"
import { memoryIO } from "@assets/core/testing"
import { expect, onTestFinished, test } from "vitest"

interface Asked {
  readonly keys: readonly string[]
  readonly dryRun: boolean
  readonly inUse: readonly string[]
}

/** An IO manager in memory that notes what it is asked to collect. */
function watched(asked: Asked[]): IOManager {
  const io = memoryIO()
  return {
    ...io,
    name: "watched",
    async collect(context: CollectContext, keys) {
      asked.push({ keys, dryRun: context.dryRun, inUse: [...context.inUse()] })
      return [{ key: "a/one", what: "leftover", why: "partial", bytes: 12 }]
    },
  }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "assets-collect-"))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const one = asset("a/one", { returns: json<number>(), version: "1", compute: () => 1 })
const two = asset("a/two", { returns: json<number>(), version: "1", io: "other", compute: () => 2 })
const own = (found: readonly { readonly ioManager: string | null }[]) => found.filter(each => each.ioManager !== null)

test("each IO manager is asked for the assets that it stores, once", async () => {
  const [first, second]: [Asked[], Asked[]] = [[], []]
  const environments = { local: { io: watched(first), ios: { other: watched(second) } } }
  const project = definitions({ assets: { one, two }, environments, base: folder() })
  const found = own(await collectGarbage(project, { dryRun: true }))
  expect(found).toEqual([
    { ioManager: "watched", key: "a/one", what: "leftover", why: "partial", bytes: 12 },
    { ioManager: "watched", key: "a/one", what: "leftover", why: "partial", bytes: 12 },
  ])
  expect(first).toEqual([{ keys: ["a/one"], dryRun: true, inUse: [] }])
  expect(second).toEqual([{ keys: ["a/two"], dryRun: true, inUse: [] }])
})

test("what a step reads while a run goes on is in use, also by a branch that has an event log of its own", async () => {
  const asked: Asked[] = []
  const io = watched(asked)
  const base = folder()
  const environments = {
    prod: { io },
    branch: { io: memoryIO(), reuse: ["prod"], state: { path: join(base, "branch-state") } },
  }
  const reader = asset("a/reader", {
    deps: { one },
    returns: json<number>(),
    version: "1",
    compute: async ({ one }) => {
      await collectGarbage(project, { environment: "prod" })
      return one
    },
  })
  const project = definitions({ assets: { one, reader }, environments, base })
  const made = await materialize(project, { environment: "prod", select: "a/one" })
  expect(made.status).toBe("succeeded")
  const run = await materialize(project, { environment: "branch", select: "a/reader" })
  expect(run.steps.map(step => step.error?.message ?? step.status)).toEqual(["materialized"])
  const [stored] =
    (await io.current({ base, signal: new AbortController().signal, expand: text => text }, ["a/one"])).get("a/one") ??
    []
  expect(asked).toEqual([{ keys: ["a/one", "a/reader"], dryRun: false, inUse: [stored?.materialization.id] }])
})

test("an IO manager that cannot collect is passed over", async () => {
  const { collect: _, ...io } = watched([])
  const project = definitions({ assets: { one }, environments: { local: { io } }, base: folder() })
  expect(own(await collectGarbage(project))).toEqual([])
})
