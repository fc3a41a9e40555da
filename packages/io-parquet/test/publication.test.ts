import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type IOManager, StorageError } from "@assets/core"
import { ioContext, outputContext } from "@assets/core/testing"
import { describe, expect, onTestFinished, test } from "vitest"
import { parquetIO } from "../src/index.ts"
import { temporaryFolder } from "./storage.ts"

const script = fileURLToPath(new URL("publisher-process.ts", import.meta.url))
const keys = Array.from({ length: 20 }, (_, i) => `marts/asset_${i}`)

function publisher(base: string, first: number, count: number, fault?: string): ChildProcess {
  const args = ["--conditions=@assets/source", "--import", "tsx", script, base, `${first}`, `${count}`, ...keys]
  return spawn(process.execPath, args, {
    env: { ...process.env, ...(fault && { ASSETS_FAULT: fault }) },
    stdio: "inherit",
  })
}

function openRoot(base: string): IOManager {
  const io = parquetIO({ root: "data" })
  onTestFinished(() => io.close?.())
  expect(existsSync(base)).toBe(true)
  return io
}

/** The generations that are current: one, unless a publication is seen in half. */
async function generations(io: IOManager, base: string): Promise<(string | undefined)[]> {
  const found = await io.current(ioContext(base), keys)
  return [...new Set(keys.map(key => found.get(key)?.[0]?.materialization.fingerprint))]
}

/** Looks until the processes end; each look sees one generation. */
async function watch(
  io: IOManager,
  base: string,
  processes: readonly ChildProcess[],
): Promise<Set<string | undefined>> {
  const seen = new Set<string | undefined>()
  let running = processes.length
  for (const one of processes) one.once("exit", () => running--)
  let looks = 0
  while (running > 0) {
    const found = await generations(io, base)
    expect(found).toHaveLength(1)
    seen.add(found[0])
    looks++
    await new Promise(resolve => setImmediate(resolve))
  }
  expect(looks).toBeGreaterThan(100)
  return seen
}

describe("a publication of twenty assets", () => {
  test("is seen whole or not at all by another process that looks all the time", async () => {
    const base = temporaryFolder()
    const io = openRoot(base)
    const seen = await watch(io, base, [publisher(base, 1, 60)])
    expect(seen.size).toBeGreaterThan(5)
    expect(await generations(io, base)).toEqual(["60"])
  })

  test("stays whole when two publish at once", async () => {
    const base = temporaryFolder()
    const io = openRoot(base)
    await watch(io, base, [publisher(base, 1, 25), publisher(base, 1001, 25)])
    expect(["25", "1025"]).toContain((await generations(io, base))[0])
  })

  test.each([
    ["io.publish", "2"],
    ["io.published", "3"],
  ])("is all or nothing when its process is killed at %s", async (point, current) => {
    const base = temporaryFolder()
    const io = openRoot(base)
    const child = publisher(base, 1, 5, `${point}:3:kill`)
    const seen = watch(io, base, [child])
    const [, signal] = await once(child, "exit")
    expect(signal).toBe("SIGKILL")
    await seen
    expect(await generations(parquetIO({ root: "data" }), base)).toEqual([current])
    expect(pointers(base)).toEqual([current]) // a look carries out what was decided
    const [code] = await once(publisher(base, 4, 1), "exit")
    expect(code).toBe(0)
    expect(await generations(io, base)).toEqual(["4"])
    for (const key of keys) expect(readdirSync(join(base, "data", key, "_versions")).length).toBeLessThanOrEqual(3)
  })

  test("is refused as a whole when one of it was moved, and what was staged stays out of sight", async () => {
    const base = temporaryFolder()
    const io = openRoot(base)
    await once(publisher(base, 1, 1), "exit")
    const [key = "", other = ""] = keys
    const session = () => Promise.reject(new Error("no engine was to be opened"))
    const stage = (name: string) =>
      io.handleOutput(outputContext({ base, key: name, session, staged: true }), { kind: "json", value: 0 })
    const before = await io.current(ioContext(base), keys)
    const [one, two] = [await stage(key), await stage(other)]
    await io.handleOutput(outputContext({ base, key: other, session, fingerprint: "1" }), { kind: "json", value: 9 })
    const context = { ...ioContext(base), commit: <T>(change: () => T) => change(), inUse: () => new Set<string>() }
    const formerOf = (name: string) => before.get(name)?.[0]?.materialization.id ?? null
    const published = io.publish?.(context, [
      { key, partition: null, materialization: one, former: formerOf(key) },
      { key: other, partition: null, materialization: two, former: formerOf(other) },
    ])
    const error = await published?.catch(refused => refused)
    expect(error).toBeInstanceOf(StorageError)
    expect(error).toMatchObject({ code: "STORAGE_CONFLICT", details: { key: other } })
    expect(await generations(io, base)).toEqual(["1"])
  })
})

/** The generations that the pointers themselves name. */
function pointers(base: string): string[] {
  const paths = keys.map(key => join(base, "data", key, "_current", "all.json"))
  return [...new Set(paths.map(path => JSON.parse(readFileSync(path, "utf8")).fingerprint))]
}
