import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import {
  asset,
  definitions,
  inMemory,
  type Json,
  materialize,
  nothing,
  plan,
  reportMaterialization,
  source,
  status,
} from "@assets/core"
import { setFaultHook } from "@assets/core/testing"
import { beforeEach, describe, expect, test } from "vitest"
import { findFiles } from "../src/source/find-files.ts"
import { observeSource } from "../src/source/observe-source.ts"
import { fakeEngine, table } from "./fake-table.ts"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()
const old = new Date("2020-01-01T00:00:00Z")

/** Writes a file whose time is long past, so that its hash is kept. */
function write(name: string, text: string, time = old): void {
  mkdirSync(join(folder(), name, ".."), { recursive: true })
  writeFileSync(join(folder(), name), text)
  utimesSync(join(folder(), name), time, time)
}

describe("a pattern", () => {
  beforeEach(() => {
    for (const name of ["a/1.csv", "a/2.csv", "a/b/3.csv", "a/.hidden.csv", "a/_tmp/4.csv", "a/5.json", "x[1].csv"]) {
      write(name, name)
    }
  })

  test.each([
    ["a/*.csv", ["a/1.csv", "a/2.csv"]],
    ["a/**/*.csv", ["a/1.csv", "a/2.csv", "a/b/3.csv"]],
    ["a/**", ["a/1.csv", "a/2.csv", "a/5.json", "a/b/3.csv"]],
    ["a/?.{csv,json}", ["a/1.csv", "a/2.csv", "a/5.json"]],
    ["a/[!1].csv", ["a/2.csv"]],
    ["a/.*.csv", ["a/.hidden.csv"]],
    ["a/_tmp/*.csv", ["a/_tmp/4.csv"]],
    ["a", ["a/1.csv", "a/2.csv", "a/5.json", "a/b/3.csv"]],
    ["x[1].csv", ["x[1].csv"]],
    ["nothing/*.csv", []],
    ["a/1.csv", ["a/1.csv"]],
  ])("%s finds %j", async (pattern, found) => {
    const files = await findFiles(join(folder(), pattern))
    expect(files.map(file => relative(folder(), file))).toEqual(found)
  })

  test("follows links", async () => {
    symlinkSync(join(folder(), "a", "1.csv"), join(folder(), "a", "link.csv"))
    expect(await findFiles(join(folder(), "a/l*.csv"))).toEqual([join(folder(), "a/link.csv")])
  })
})

/** A source over files, and an asset that reads their paths. */
function files(paths: readonly string[], options: Json = {}) {
  const environment = inMemory({ engine: fakeEngine() })
  const returns = table()
  const raw = source("raw/files", {
    kind: "fake",
    returns,
    paths,
    describe: () => options,
    relation: found => ({ kind: "fake", rows: () => found.map(path => ({ path: relative(folder(), path) })) }) as never,
  })
  const copy = asset("a/copy", { deps: { raw }, returns, transform: ({ raw }) => raw, retry: { attempts: 1 } })
  const project = definitions({ assets: { raw, copy }, base: folder() })
  const run = () => materialize(project, { environment })
  const reason = async () => {
    const made = await run()
    expect(made.steps[0]?.error).toBeUndefined()
    return made.steps[0]?.reason
  }
  return { project, environment, copy, run, reason }
}

describe("a source", () => {
  test("of files makes what is below stale when their content changes, whatever their times are", async () => {
    write("raw/1.csv", "one")
    const { reason } = files(["raw/*.csv"])
    expect(await reason()).toBe("never_materialized")
    expect(await reason()).toBe("unchanged")
    write("raw/1.csv", "one", new Date("2021-01-01T00:00:00Z"))
    expect(await reason()).toBe("unchanged") // touched, and equal
    write("raw/1.csv", "two", new Date("2021-01-01T00:00:00Z"))
    expect(await reason()).toBe("input_changed") // changed, its size and its time kept
    write("raw/2.csv", "more")
    expect(await reason()).toBe("input_changed")
    renameSync(join(folder(), "raw/2.csv"), join(folder(), "raw/3.csv"))
    expect(await reason()).toBe("input_changed")
    rmSync(join(folder(), "raw/3.csv"))
    expect(await reason()).toBe("input_changed")
  })

  test("of a file that was changed just now is read again", async () => {
    const time = new Date()
    write("raw/1.csv", "one", time)
    const { reason } = files(["raw/1.csv"])
    await reason()
    write("raw/1.csv", "two", time)
    expect(await reason()).toBe("input_changed")
  })

  test("keeps its version when its root moves", async () => {
    write("here/raw/1.csv", "one")
    write("there/raw/1.csv", "one")
    const { project, environment } = files(["raw/*.csv"])
    await materialize(project, { environment: { ...environment, sources: "here" } })
    const moved = await plan(project, { environment: { ...environment, sources: { "raw/files": "there" } } })
    expect(moved.steps[0]?.decision).toBe("skip")
  })

  test("without a file is refused with the place where it was looked for", async () => {
    await expect(files(["raw/*.csv"]).run()).rejects.toMatchObject({
      code: "SOURCE_FILE_MISSING",
      why: expect.stringContaining(join(folder(), "raw/*.csv")),
    })
  })

  test("that changes while it is read fails the step, and nothing becomes current", async () => {
    write("raw/1.csv", "one")
    const { run, project, environment } = files(["raw/1.csv"])
    const restore = setFaultHook(point => {
      if (point === "step.compute") write("raw/1.csv", "two")
    })
    const failed = await run().finally(restore)
    expect(failed.steps[0]).toMatchObject({ status: "failed", reason: "SOURCE_CHANGED_WHILE_READ" })
    expect((await status(project, { environment }))[0]?.status).toBe("missing")
    expect((await run()).status).toBe("succeeded")
  })

  test("of many files is read without a warning of Node's, and its reading can be stopped", async () => {
    for (let i = 0; i < 8; i++) write(`raw/${i}.csv`, "x".repeat(2 ** 21))
    const reader = { kind: "fake", returns: table(), paths: ["raw/*.csv"], describe: () => ({}), relation: () => [] }
    const cache = { fileHash: () => undefined, keepFileHash: () => {} }
    const look = (signal: AbortSignal) =>
      observeSource(source("raw/files", reader as never), { root: folder(), cache, nowMs: Date.now(), signal })
    const warnings: Error[] = []
    const note = (warning: Error) => warnings.push(warning)
    process.on("warning", note)
    const running = new AbortController()
    const [first, second] = await Promise.all([look(running.signal), look(running.signal)])
    await new Promise(resolve => setImmediate(resolve))
    process.off("warning", note)
    expect(warnings).toEqual([])
    expect(first).toEqual(second)
    const looking = look(running.signal)
    running.abort(new Error("stopped"))
    await expect(looking).rejects.toThrow("stopped")
  })

  test("without a reader is told of by reports", async () => {
    const environment = inMemory()
    const outside = source("raw/outside")
    const made = asset("a/made", { deps: { outside }, returns: nothing(), version: "1", compute: () => {} })
    const project = definitions({ assets: { outside, made }, base: folder() })
    const reason = async () => (await materialize(project, { environment })).steps[0]?.reason
    expect(await reason()).toBe("never_materialized")
    expect(await reason()).toBe("unchanged")
    await reportMaterialization(project, { key: "raw/outside", dataVersion: "7", metadata: { rows: 3 }, environment })
    expect(await reason()).toBe("input_changed")
    await reportMaterialization(project, { key: "raw/outside", dataVersion: "7", environment })
    expect(await reason()).toBe("unchanged")
  })
})

test("an asset that is reported counts as made from what its inputs hold", async () => {
  const environment = inMemory()
  const made = asset("a/made", {
    returns: nothing(),
    version: "1",
    compute: () => Promise.reject(new Error("not here")),
  })
  const project = definitions({ assets: { made }, base: folder() })
  const { dataVersion } = await reportMaterialization(project, { key: "a/made", environment })
  const run = await materialize(project, { environment })
  expect(run.steps[0]).toMatchObject({ status: "skipped", reason: "unchanged", dataVersion })
  const wrong = reportMaterialization(project, { key: "a/maid", environment })
  await expect(wrong).rejects.toMatchObject({ code: "ASSET_UNKNOWN", fix: "Did you mean 'a/made'?" })
})
