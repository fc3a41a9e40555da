import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  asset,
  definitions,
  doctor,
  type Engine,
  EngineError,
  type IOManager,
  json,
  StorageError,
  source,
} from "@assets/core"
import { memoryIO } from "@assets/core/testing"
import { expect, onTestFinished, test } from "vitest"
import { nodeFinding, scratchFinding } from "../src/doctor-machine.ts"

const one = asset("a/one", { returns: json<number>(), version: "1", compute: () => 1 })

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "assets-doctor-"))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function found(io: IOManager, engine?: Engine) {
  const local = { io, ...(engine && { engine }) }
  const all = await doctor(definitions({ assets: { one }, environments: { local }, base: folder() }))
  return all.filter(finding => finding.environment === "local")
}

test.each([
  ["20.19.0", "ok"],
  ["22.1.0", "ok"],
  ["20.18.3", "error"],
  ["18.20.0", "error"],
])("Node %s is %s", (version, level) => {
  expect(nodeFinding(version).level).toBe(level)
})

test.skipIf(!existsSync("/dev/shm"))("a folder for spilled data that is in memory is told", () => {
  expect(scratchFinding(import.meta.dirname)).toMatchObject({ about: "scratch", level: "ok" })
  expect(scratchFinding("/dev/shm")).toMatchObject({ level: "warn", fix: expect.stringContaining("TMPDIR") })
})

test("without a project only the machine is looked at", async () => {
  expect((await doctor()).map(one => one.about)).toEqual(["node", "memory", "scratch"])
})

test("an engine and an IO manager are asked what they find", async () => {
  const io: IOManager = {
    ...memoryIO(),
    doctor: async () => [{ level: "warn", what: "nearly full", fix: "Free some space." }],
  }
  const engine: Engine = {
    name: "slow",
    open: () => Promise.reject(new Error("not to be opened")),
    doctor: async () => [{ level: "ok", what: "fast today" }],
  }
  const about = (await found(io, engine)).map(one => `${one.level} ${one.about}: ${one.what}`)
  expect(about).toContain("warn io memory: nearly full")
  expect(about).toContain("ok engine slow: fast today")
})

test("an engine that tells nothing of itself is opened, and its refusal is a finding", async () => {
  const refusal = new EngineError("ENGINE_UNAVAILABLE", {
    what: "It does not start.",
    why: "No reason.",
    fix: "Try it.",
  })
  const engine: Engine = { name: "sulky", open: () => Promise.reject(refusal) }
  expect(await found(memoryIO(), engine)).toContainEqual({
    environment: "local",
    about: "engine sulky",
    level: "error",
    what: "ENGINE_UNAVAILABLE: It does not start. No reason.",
    fix: "Try it.",
  })
})

test("storage whose doctor throws, and an environment that is not there, are findings", async () => {
  const refusal = new StorageError("STORAGE_UNREADABLE", {
    what: "No way in.",
    why: "It is locked.",
    fix: "Unlock it.",
  })
  const io: IOManager = { ...memoryIO(), doctor: () => Promise.reject(refusal) }
  const lost = asset("a/lost", { returns: json<number>(), version: "1", compute: () => 1 })
  const project = definitions({ assets: { lost }, environments: { local: { io } }, base: folder() })
  const all = await doctor(project, { environment: "local" })
  expect(all.find(one => one.about === "io memory")).toMatchObject({ level: "error", fix: "Unlock it." })
  expect(await doctor(project, { environment: "none" })).toContainEqual(
    expect.objectContaining({ about: "environment", environment: "none", level: "error" }),
  )
})

test("a folder of sources that is not there is a finding", async () => {
  const raw = source("raw/x")
  const below = asset("a/below", { deps: { raw }, returns: json<number>(), version: "1", compute: () => 1 })
  const environments = { local: { io: memoryIO(), sources: "nowhere" } }
  const all = await doctor(definitions({ assets: { raw, below }, environments, base: folder() }))
  expect(all.find(one => one.about === "sources")).toMatchObject({ level: "error" })
})
