import { spawn, spawnSync } from "node:child_process"
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  AssetsError,
  asset,
  type Definitions,
  definitions,
  json,
  materialize,
  openEventLog,
  plan,
  reindex,
  staticPartitions,
  status,
} from "@assets/core"
import { memoryIO } from "@assets/core/testing"
import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, test } from "vitest"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assets-torn-"))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const stateOf = (base = folder) => join(base, ".assets")
const fileOf = (base = folder) => join(stateOf(base), "assets.db")
const ends = ["", "-wal", "-shm"]

const whole = asset("t/whole", { returns: json<number>(), version: "1", compute: () => 1 })
const parts = asset("t/parts", {
  returns: json<string>(),
  version: "1",
  partitions: staticPartitions(["a", "b", "c"]),
  compute: (_, { partition, log }) => {
    log.info("made", { key: partition.key })
    return partition.key
  },
})

/** A project whose data rests outside of its folder, so that only the event log is in it. */
function project(base = folder, io = memoryIO(), state = stateOf(base)): Definitions {
  const environments = { local: { io, state: { path: state } } }
  return definitions({ assets: [whole, parts], environments, defaultEnvironment: "local", base })
}

/** The codes of what an operation ends with: an answer, or an error that says what to do. All else is a failure. */
async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work()
    return "answer"
  } catch (error) {
    if (!(error instanceof AssetsError)) throw error
    expect(error.message && error.why && error.fix).toBeTruthy()
    return error.code
  }
}

/** Reads all that a log tells. */
function readAll(of: Definitions): void {
  const log = openEventLog(of)
  try {
    for (const { id } of log.runs()) {
      log.run(id)
      log.steps(id)
    }
    log.events({ limit: 10_000 })
    log.latest({ environment: "local" })
    log.history({ environment: "local", key: "t/parts" })
  } finally {
    log.close()
  }
}

/** The event log of some runs: `closed` in one file, `open` as a killed process leaves it, with changes beside it. */
async function madeLogs(io = memoryIO()) {
  const of = project(folder, io)
  for (let i = 0; i < 3; i++) await materialize(of, { force: true })
  const closed = join(folder, "closed")
  mkdirSync(closed)
  cpSync(stateOf(), closed, { recursive: true })
  const holder = openEventLog(of) // as long as it is open, changes stay beside the file
  await materialize(of, { force: true })
  const open = join(folder, "open")
  mkdirSync(open)
  cpSync(stateOf(), open, { recursive: true })
  holder.close()
  expect(existsSync(join(open, "assets.db-wal"))).toBe(true)
  return { of, closed, open }
}

/** Where in a file, from its beginning to its end, evenly. */
const share = fc.integer({ min: 0, max: 100_000 }).map(value => value / 100_000)

const damages = new Set(["answer", "EVENT_LOG_CORRUPT", "EVENT_LOG_NEWER"])

async function expectBearable(io: ReturnType<typeof memoryIO>, state: string): Promise<string> {
  const of = project(folder, io, state)
  const codes = [
    await codeOf(() => readAll(of)),
    await codeOf(() => plan(of)),
    await codeOf(() => status(of)),
    await codeOf(() => materialize(of)),
    await codeOf(() => reindex(of, { environment: "local" })),
  ]
  expect(codes.filter(code => !damages.has(code))).toEqual([])
  // Moved away, as the error says: what is stored is known again, and nothing of it is made once more.
  for (const end of ends) rmSync(join(state, `assets.db${end}`), { force: true })
  const [{ added } = { added: 0 }] = await reindex(of, { environment: "local" })
  expect(added).toBe(4)
  const run = await materialize(of)
  expect(run.steps.map(step => step.status)).toEqual(["skipped"]) // of partitions only what is behind is a step
  return codes[0] ?? ""
}

describe("a damaged event log is told of with what to do, and nothing that is stored is lost", () => {
  test("torn at any byte", async () => {
    const io = memoryIO()
    const { closed, open } = await madeLogs(io)
    const seen = new Set<string>()
    const where = fc.record({ from: fc.constantFrom(closed, open), at: share })
    await fc.assert(
      fc.asyncProperty(where, fc.constantFrom("", "-wal"), async ({ from, at }, end) => {
        const state = mkdtempSync(join(folder, "s-"))
        cpSync(from, state, { recursive: true })
        const file = join(state, `assets.db${end}`)
        if (existsSync(file)) truncateSync(file, Math.floor(statSync(file).size * at))
        seen.add(await expectBearable(io, state))
      }),
      { numRuns: 60 },
    )
    expect(seen).toContain("EVENT_LOG_CORRUPT")
  })

  test("overwritten anywhere with anything", async () => {
    const io = memoryIO()
    const { closed, open } = await madeLogs(io)
    const seen = new Set<string>()
    const garbage = fc.record({
      from: fc.constantFrom(closed, open),
      end: fc.constantFrom(...ends),
      at: share,
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8_000 }),
    })
    await fc.assert(
      fc.asyncProperty(garbage, async ({ from, end, at, bytes }) => {
        const state = mkdtempSync(join(folder, "s-"))
        cpSync(from, state, { recursive: true })
        const file = join(state, `assets.db${end}`)
        const content = existsSync(file) ? readFileSync(file) : Buffer.alloc(0)
        const begin = Math.floor(content.length * at)
        writeFileSync(file, Buffer.concat([content.subarray(0, begin), bytes, content.subarray(begin + bytes.length)]))
        seen.add(await expectBearable(io, state))
      }),
      { numRuns: 100 },
    )
    expect(seen).toContain("EVENT_LOG_CORRUPT")
    expect(seen).toContain("answer")
  })

  test.each([
    ["the changes beside it are gone", "-wal", undefined],
    ["the changes beside it are garbage", "-wal", "garbage".repeat(5_000)],
    ["its shared memory is gone", "-shm", undefined],
    ["its shared memory is garbage", "-shm", "garbage".repeat(5_000)],
  ])("%s", async (_, end, content) => {
    const io = memoryIO()
    const { open } = await madeLogs(io)
    if (content === undefined) rmSync(join(open, `assets.db${end}`))
    else writeFileSync(join(open, `assets.db${end}`), content)
    const of = project(folder, io, open)
    expect(await codeOf(() => readAll(of))).toBe("answer")
    const run = await materialize(of)
    expect(run.status).toBe("succeeded")
    await expectBearable(io, open)
  })

  test("another database lies in its place: it is left as it is", async () => {
    const { default: Database } = await import("better-sqlite3")
    mkdirSync(stateOf(), { mode: 0o700 })
    const db = new Database(fileOf())
    db.exec("CREATE TABLE mine (x)")
    db.close()
    const before = readFileSync(fileOf())
    expect(await codeOf(() => materialize(project()))).toBe("EVENT_LOG_CORRUPT")
    const after = new Database(fileOf())
    expect(after.prepare("SELECT name FROM sqlite_schema").pluck().all()).toEqual(["mine"])
    after.close()
    expect(before.length).toBeGreaterThan(0)
  })

  test("a folder lies in its place", async () => {
    mkdirSync(fileOf(), { recursive: true })
    expect(await codeOf(() => materialize(project()))).toBe("STORAGE_UNWRITABLE")
  })
})

describe("an event log that is deleted", () => {
  test("while nothing runs is made again, and what is stored is not computed again", async () => {
    const of = project()
    await materialize(of)
    rmSync(stateOf(), { recursive: true })
    const run = await materialize(of, { partitions: ["all"] })
    expect(run.steps.map(step => step.status)).toEqual(["skipped", "skipped", "skipped", "skipped"])
    const log = openEventLog(of)
    expect(log.latest({ environment: "local" })).toHaveLength(4)
    log.close()
  })

  test.each(["removed", "replaced"])("while a run goes on (%s) ends the run, and keeps what was stored", async how => {
    const io = memoryIO()
    const one = asset("d/one", { returns: json<number>(), version: "1", compute: () => 1 })
    let isTried = false
    const two = asset("d/two", {
      deps: { one },
      returns: json<number>(),
      version: "1",
      compute: () => {
        if (!isTried) {
          for (const end of ends) rmSync(`${fileOf()}${end}`, { force: true })
          if (how === "replaced") openEventLog(of).close()
        }
        isTried = true
        return 2
      },
    })
    const of = definitions({ assets: [one, two], environments: { local: { io } }, base: folder })
    expect(await codeOf(() => materialize(of))).toBe("EVENT_LOG_LOST")
    const run = await materialize(of)
    expect(run.steps.map(({ key, status }) => [key, status])).toEqual([
      ["d/one", "skipped"],
      ["d/two", "materialized"],
    ])
  })
})

const isRoot = process.getuid?.() === 0

/** Makes a folder read-only for the time of some work: for root by mounting it so. */
async function whileReadOnly(path: string, work: () => Promise<void>): Promise<void> {
  if (isRoot) {
    expect(spawnSync("mount", ["--bind", path, path]).status).toBe(0)
    expect(spawnSync("mount", ["-o", "remount,ro,bind", path]).status).toBe(0)
  } else chmodSync(path, 0o500)
  try {
    await work()
  } finally {
    if (isRoot) spawnSync("umount", [path])
    else chmodSync(path, 0o700)
  }
}

describe("an event log that cannot be written", () => {
  test("is read as before, and a run is refused with what to do", async () => {
    const of = project()
    await materialize(of)
    const told = () => {
      const log = openEventLog(of)
      try {
        return [log.runs(), log.latest({ environment: "local" })]
      } finally {
        log.close()
      }
    }
    const before = told()
    await whileReadOnly(stateOf(), async () => {
      expect(told()).toEqual(before)
      expect((await status(of)).map(({ status }) => status)).toEqual(["fresh", "fresh", "fresh", "fresh"])
      expect((await plan(of)).steps.map(({ decision }) => decision)).toEqual(["skip"])
      expect(await codeOf(() => materialize(of, { force: true }))).toBe("STORAGE_UNWRITABLE")
      expect(await codeOf(() => reindex(of, { environment: "local" }))).toBe("answer") // there is nothing to change
    })
    expect(told()).toEqual(before)
  })

  test("and was left by a killed process is read with the changes that lie beside it", async () => {
    const io = memoryIO()
    const { open } = await madeLogs(io)
    await whileReadOnly(open, async () => {
      const log = openEventLog(project(folder, io, open))
      expect(log.runs()).toHaveLength(4)
      log.close()
    })
  })

  test("and is not there yet counts as empty", async () => {
    mkdirSync(stateOf(), { mode: 0o700 })
    const of = project()
    await whileReadOnly(stateOf(), async () => {
      expect((await plan(of)).steps).toHaveLength(4)
      expect(await codeOf(() => materialize(of))).toBe("STORAGE_UNWRITABLE")
    })
  })
})

describe("a full disk under the event log", () => {
  test.skipIf(!isRoot)("ends a run with what to do, keeps what was stored, and lets queries answer", async () => {
    const disk = join(folder, "disk")
    mkdirSync(disk)
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]).status).toBe(0)
    try {
      const io = memoryIO()
      const of = project(folder, io, join(disk, "state"))
      await materialize(of)
      const ballast = join(disk, "ballast")
      spawnSync("dd", ["if=/dev/zero", `of=${ballast}`, "bs=4k"])
      expect(await codeOf(() => materialize(of, { force: true }))).toBe("STORAGE_FULL")
      expect((await status(of)).map(({ status }) => status)).toEqual(["fresh", "fresh", "fresh", "fresh"])
      expect(await codeOf(() => readAll(of))).toBe("answer")
      rmSync(ballast)
      expect((await materialize(of, { force: true })).status).toBe("succeeded")
    } finally {
      spawnSync("umount", [disk])
    }
  })
})

test("a log that another process keeps locked is told of, with the process", async () => {
  const of = project()
  await materialize(of)
  const code = `
    const db = new (await import("better-sqlite3")).default(${JSON.stringify(fileOf())})
    db.exec("BEGIN IMMEDIATE")
    console.log("locked")
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  })
  await new Promise(resolve => child.stdout.once("data", resolve))
  const ended = new Promise(resolve => child.once("close", resolve))
  try {
    const error = await materialize(of, { force: true }).then(
      () => undefined,
      (thrown: unknown) => thrown as AssetsError,
    )
    expect(error).toMatchObject({ code: "EVENT_LOG_LOCKED", details: { pid: child.pid } })
    expect(error?.fix).toContain(`kill ${child.pid}`)
    expect(await codeOf(() => readAll(of))).toBe("answer")
    expect((await status(of)).every(({ status }) => status === "fresh")).toBe(true)
  } finally {
    child.kill()
    await ended
  }
  expect((await materialize(of, { force: true })).status).toBe("succeeded")
})

test("state is for this user alone: the folder, the file and what lies beside it", async () => {
  const of = project()
  const log = openEventLog(of)
  await materialize(of)
  const modeOf = (path: string) => statSync(path).mode & 0o777
  expect(modeOf(stateOf())).toBe(0o700)
  for (const end of ends) expect(modeOf(`${fileOf()}${end}`)).toBe(0o600)
  for (const end of ends) chmodSync(`${fileOf()}${end}`, 0o644)
  openEventLog(of).close()
  for (const end of ends) expect(modeOf(`${fileOf()}${end}`)).toBe(0o600)
  log.close()
})
