import { statSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  asset,
  type DefinitionError,
  definitions,
  type EnvironmentConfig,
  type Json,
  materialize,
  type OutputContext,
  plan,
  type SourceReader,
  source,
} from "@assets/core"
import { memoryIO } from "@assets/core/testing"
import { describe, expect, test } from "vitest"
import { fakeEngine, table } from "./fake-table.ts"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()
const one = asset("a/one", { returns: table(), version: "1", compute: () => [{ id: 1 }] })

function faultOf(config: object): string {
  try {
    definitions({ assets: { one }, environments: { local: config as EnvironmentConfig }, base: folder() })
    return "none"
  } catch (error) {
    return (error as DefinitionError).message
  }
}

describe("the settings of an environment", () => {
  test.each<[object, RegExp]>([
    [{ engin: fakeEngine() }, /'engin', which there is not/],
    [{ hashLimitMB: -1 }, /'hashLimitMB' of 'local' is -1/],
    [{ durability: "disk" }, /'durability' of 'local' is 'disk'/],
    [{ state: { path: "" } }, /'state.path' of 'local' is ''/],
    [{ state: {} }, /'state.path' of 'local' is not there/],
    [{ pools: { api: 0 } }, /'pools.api' of 'local' is 0/],
  ])("%o is refused", (config, message) => {
    expect(faultOf({ io: memoryIO(), ...config })).toMatch(message)
  })

  test("hashLimitMB: a file above it is told by its size and times", async () => {
    const file = join(folder(), "raw.txt")
    writeFileSync(file, "before")
    const reader: SourceReader = {
      kind: "text",
      returns: table(),
      paths: ["raw.txt"],
      describe: (): Json => "text",
      relation: () => ({ kind: "fake", rows: () => [] }) as never,
    }
    const raw = source("raw/text", reader)
    const copy = asset("a/copy", { deps: { raw }, returns: table(), transform: ({ raw }) => raw as never })
    const planned = async (hashLimitMB?: number) => {
      const local = { io: memoryIO(), engine: fakeEngine(), ...(hashLimitMB !== undefined && { hashLimitMB }) }
      const project = definitions({ assets: { raw, copy }, environments: { local }, base: folder() })
      return (await plan(project)).steps[0]?.fingerprint
    }
    const { atime, mtime } = statSync(file)
    const hashed = await planned()
    const told = await planned(0)
    writeFileSync(file, "after!")
    utimesSync(file, atime, mtime)
    expect(await planned()).not.toBe(hashed)
    utimesSync(file, new Date(0), new Date(0))
    expect(await planned(0)).not.toBe(told)
  })

  test("durability reaches the IO manager", async () => {
    const seen: (string | undefined)[] = []
    const io = memoryIO()
    const watched = {
      ...io,
      handleOutput: (context: OutputContext, value: Parameters<typeof io.handleOutput>[1]) => {
        seen.push(context.durability)
        return io.handleOutput(context, value)
      },
    }
    for (const durability of ["process", "power"] as const) {
      const local = { io: watched, engine: fakeEngine(), durability }
      const project = definitions({ assets: { one }, environments: { local }, base: folder() })
      await materialize(project, { force: true })
    }
    expect(seen).toEqual(["process", "power"])
  })
})

test("options of an asset that would do nothing are refused", () => {
  const compute = () => [{ id: 1 }]
  const every = asset("a/every", { returns: table(), version: "1", every: "day", compute })
  const cutoff = asset("a/cutoff", { returns: table(), version: "1", cutoff: "content", write: "append", compute })
  const mapped = asset("a/mapped", { returns: table(), version: "1", cutoff: "content", compute })
  expect(() => definitions({ assets: { every, cutoff, mapped } })).toThrow(
    /'a\/every' has 'every'[\s\S]*'a\/cutoff' has 'cutoff[\s\S]*adds rows[\s\S]*'a\/mapped'[\s\S]*cannot be compared/,
  )
})
