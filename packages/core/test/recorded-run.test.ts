import { asset, copyAssets, definitions, type IOManager, json, materialize, openEventLog } from "@assets/core"
import { memoryIO, type RunLog } from "@assets/core/testing"
import { expect, test } from "vitest"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()

/** A project with one value, and two environments to copy it between. */
function project(local: IOManager, other: IOManager) {
  const value = asset("a/value", { returns: json<number>(), version: "1", compute: () => 1 })
  const environments = { local: { io: local }, other: { io: other } }
  return definitions({ assets: { value }, environments, defaultEnvironment: "local", base: folder() })
}

const between = { from: "local", to: "other" } as const

test("a copy that another process asks to stop is cancelled, whatever its storage is at", async () => {
  const slow: IOManager = {
    ...memoryIO(),
    handleOutput: ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped")))),
  }
  const copying = project(memoryIO(), slow)
  await materialize(copying)
  const log = openEventLog(copying) as RunLog // what openEventLog opens is the runner's own
  const copied = copyAssets(copying, {
    ...between,
    onEvent: event => {
      if (event.type === "step_started") log.requestCancel(event.runId)
    },
  })
  await expect(copied).rejects.toMatchObject({ code: "RUN_CANCELLED" })
  expect(log.runs({ limit: 1 })).toMatchObject([{ environment: "other", status: "cancelled" }])
  log.close()
})

test("a copy that does not wait lets no storage wait, neither where it reads nor where it writes", async () => {
  const waits = new Map<string, boolean[]>()
  const watched = (name: string): IOManager => {
    const io = memoryIO()
    const note = <C extends { readonly wait?: boolean }>(context: C): C => {
      waits.set(name, [...(waits.get(name) ?? []), context.wait !== false])
      return context
    }
    return {
      ...io,
      current: (context, ...rest) => io.current(note(context), ...rest),
      loadInput: context => io.loadInput(note(context)),
      handleOutput: (context, value) => io.handleOutput(note(context), value),
    }
  }
  const copying = project(watched("local"), watched("other"))
  await materialize(copying)
  waits.clear()
  expect(await copyAssets(copying, { ...between, wait: false })).toMatchObject({ status: "succeeded" })
  expect([...waits.keys()].sort()).toEqual(["local", "other"])
  expect([...waits.values()].flat()).not.toContain(true)
})
