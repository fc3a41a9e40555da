import fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import { join, relative } from "node:path"
import { VersionFolder } from "@assets/core"
import { type OutputRequest, outputContext } from "@assets/core/testing"
import { expect, test } from "vitest"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()

function opened() {
  const versions = new VersionFolder(join(folder(), "a"), ".arrow")
  const store = () => Promise.reject(new Error("JSON is no table"))
  const write = (
    value: number,
    request: Partial<OutputRequest> = {},
    inUse: () => ReadonlySet<string> = () => new Set(),
  ) => {
    const session = () => Promise.reject(new Error("JSON needs no engine"))
    const context = { ...outputContext({ base: folder(), session, ...request }), inUse }
    return versions.write(context, { kind: "json", value }, store)
  }
  const current = () => versions.current().map(one => versions.read([one.materialization]))
  return { versions, write, current }
}

test("what has become current stays whole when making room for it fails", async () => {
  const { write, current } = opened()
  await write(1)
  const locked = () => {
    throw new Error("the event log is locked")
  }
  await write(2, {}, locked).catch(() => undefined)
  expect(current()).toEqual([{ kind: "json", value: 2 }])
})

test("what has become current stays whole when the change is told to have failed", async () => {
  const { write, current } = opened()
  await write(1)
  const commit = <T>(change: () => T): T => {
    change()
    throw new Error("the disk of the event log is full")
  }
  await expect(write(2, { commit })).rejects.toThrow("full")
  expect(current()).toEqual([{ kind: "json", value: 2 }])
})

test("a copy of added rows records what they are of", async () => {
  const { versions, write } = opened()
  await write(1, { applied: new Set(["work"]) })
  expect(versions.current().map(one => [...(one.applied ?? [])])).toEqual([["work"]])
})

test("durability 'power' waits for the files of a write before it becomes current, and for what names them after", async () => {
  const { write } = opened()
  const { fsyncSync } = fs
  const paths: string[] = []
  fs.fsyncSync = handle => {
    paths.push(relative(folder(), fs.readlinkSync(`/proc/self/fd/${handle}`)))
    fsyncSync(handle)
  }
  syncBuiltinESMExports()
  try {
    await write(1)
    expect(paths).toEqual([])
    const { id } = await write(2, { durability: "power" })
    expect(paths.slice(0, 2).sort()).toEqual([`a/${id}.json`, `a/${id}.next`])
    expect(paths.slice(2)).toEqual(["a", "", "a"])
  } finally {
    fs.fsyncSync = fsyncSync
    syncBuiltinESMExports()
  }
})
