import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { eventLogConformance } from "@assets/core/testing"
import Database from "better-sqlite3"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { MemoryEventLog } from "../src/event/memory-event-log.ts"
import { SqliteEventLog } from "../src/event/sqlite-event-log.ts"
import { ownIdentity } from "../src/util/process-identity.ts"
import { firstLine, startLogProcess } from "./event-log-process.ts"

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assets-log-"))
  path = join(folder, ".assets", "assets.db")
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
describe.each([
  ["SQLite", () => new SqliteEventLog(join(folder, `${files++}`, "assets.db"))],
  ["memory", () => new MemoryEventLog()],
] as const)("the event log in %s", (_, createEventLog) => {
  test.each(eventLogConformance.map(one => [one.name, one] as const))("%s", (_, one) => one.run({ createEventLog }))
})

test("another process, and a later one, sees what was appended", () => {
  const log = new SqliteEventLog(path)
  log.append({ type: "run_started", runId: "r", environment: "local", selection: "*", tags: {}, steps: 0 })
  const other = new SqliteEventLog(path)
  expect(other.run("r")?.status).toBe("running")
  expect(other.events()).toEqual(log.events())
  log.close()
  other.close()
  expect(new SqliteEventLog(path).runs()).toHaveLength(1)
})

test("its folder is for this user alone", () => {
  new SqliteEventLog(path).close()
  expect(statSync(join(folder, ".assets")).mode & 0o777).toBe(0o700)
})

test("a newer file is refused", () => {
  new SqliteEventLog(path).close()
  const db = new Database(path)
  db.prepare("UPDATE meta SET value = '999' WHERE name = 'schema'").run()
  db.close()
  expect(() => new SqliteEventLog(path)).toThrow(expect.objectContaining({ code: "EVENT_LOG_NEWER" }))
})

test("a damaged file is refused, and told to be moved away", () => {
  new SqliteEventLog(path).close()
  writeFileSync(path, "this is no database, however long the text is that stands here instead of one")
  expect(() => new SqliteEventLog(path)).toThrow(
    expect.objectContaining({ code: "EVENT_LOG_CORRUPT", fix: expect.stringContaining(`mv ${path}`) }),
  )
})

test("a file that another process keeps locked is told of", () => {
  const log = new SqliteEventLog(path, { busyTimeoutMs: 10 })
  const db = new Database(path)
  db.exec("BEGIN IMMEDIATE")
  const append = () =>
    log.append({ type: "run_started", runId: "r", environment: "local", selection: "*", tags: {}, steps: 0 })
  expect(append).toThrow(expect.objectContaining({ code: "EVENT_LOG_LOCKED" }))
  db.exec("ROLLBACK")
  db.close()
  append()
  expect(log.runs()).toHaveLength(1)
  log.close()
})

test("a file that is locked can be read, also when it has runs of dead processes", () => {
  const log = new SqliteEventLog(path, { busyTimeoutMs: 10 })
  log.append(runStarted("r"))
  const db = new Database(path)
  db.prepare("UPDATE runs SET process_started_at = 'another'").run()
  db.exec("BEGIN IMMEDIATE")
  const next = new SqliteEventLog(path, { busyTimeoutMs: 10 })
  expect(next.runs().map(({ status }) => status)).toEqual(["running"])
  db.exec("ROLLBACK")
  next.endLostRuns()
  expect(next.runs().map(({ status }) => status)).toEqual(["failed"])
  for (const one of [db, next, log]) one.close()
})

test("a folder that cannot be made is told of", () => {
  writeFileSync(join(folder, "file"), "")
  expect(() => new SqliteEventLog(join(folder, "file", "state", "assets.db"))).toThrow(
    expect.objectContaining({ code: "STORAGE_UNWRITABLE" }),
  )
})

/** Starts a run in another process, holding a lease and reading, and waits until it has said so. */
async function otherProcess() {
  const child = startLogProcess(
    path,
    `log.append({ type: "run_started", runId: "lost", environment: "local", selection: "*", tags: {}, steps: 2 })
    log.addSteps("lost", [{ id: "a/b", key: "a/b", partitions: [] }, { id: "a/c", key: "a/c", partitions: [] }])
    log.acquireLease("local a/b", "lost")
    log.append({ type: "step_started", runId: "lost", step: "a/b", key: "a/b", partitions: [], attempt: 1, reasons: [] })
    log.keepReads("lost", "a/b", ["m"])
    console.log("ready")
    setInterval(() => {}, 1000)`,
  )
  await firstLine(child)
  return child
}

test("the run of a killed process is ended at the next opening, and what it held is free", async () => {
  const child = await otherProcess()
  const log = new SqliteEventLog(path)
  expect(log.run("lost")?.status).toBe("running")
  log.append({ type: "run_started", runId: "r", environment: "local", selection: "*", tags: {}, steps: 0 })
  expect(log.acquireLease("local a/b", "r")).toEqual({ runId: "lost", pid: child.pid, host: ownIdentity().host })
  expect(log.inUse()).toEqual(new Set(["m"]))
  child.kill("SIGKILL")
  await child.ended
  expect(log.acquireLease("local a/b", "r")).toHaveProperty("token")
  log.close()
  const next = new SqliteEventLog(path)
  expect(next.run("lost")).toMatchObject({ status: "failed", reason: "runner lost" })
  expect(next.steps("lost").map(({ key, status, reason }) => [key, status, reason])).toEqual([
    ["a/b", "failed", "runner lost"],
    ["a/c", "cancelled", "runner lost"],
  ])
  expect(next.inUse()).toEqual(new Set())
  expect(next.events({ runId: "lost" }).at(-1)).toMatchObject({
    type: "run_failed",
    error: {
      code: "RUNNER_LOST",
      why: expect.stringMatching(/./),
      fix: expect.stringContaining("assets runs retry lost"),
    },
  })
  expect(next.run("r")?.status).toBe("running")
  next.close()
})

test("a run of another host counts as lost when its heartbeat is older than a minute", () => {
  const log = new SqliteEventLog(path)
  for (const runId of ["near", "far"]) {
    log.append({ type: "run_started", runId, environment: "local", selection: "*", tags: {}, steps: 0 })
  }
  log.close()
  const db = new Database(path)
  db.prepare("UPDATE runs SET host = 'elsewhere', boot_id = 'b'").run()
  db.prepare("UPDATE runs SET heartbeat = heartbeat - 61000 WHERE id = 'far'").run()
  db.close()
  const next = new SqliteEventLog(path)
  expect(next.run("near")?.status).toBe("running")
  expect(next.run("far")).toMatchObject({ status: "failed", reason: "runner lost" })
})

test("the history of a step takes less than 2 kB of the file", () => {
  const log = new SqliteEventLog(path)
  const columns = Array.from({ length: 10 }, (_, i) => ({
    name: `column_${i}`,
    type: "bigint",
    nullCount: 0,
    min: "0",
    max: "99999",
  }))
  const hash = "0123456789abcdef".repeat(4)
  const steps = 2_000
  log.append({ type: "run_started", runId: "r", environment: "local", selection: "*", tags: {}, steps })
  log.transaction(() => {
    for (let i = 0; i < steps; i++) {
      const key = `marts/some_asset_${i}`
      const about = { runId: "r", step: key, key, partitions: [] }
      log.append({ type: "step_started", ...about, attempt: 1, reasons: [{ kind: "input_changed", inputs: ["a/b"] }] })
      const materialization = {
        id: `0192e4a0-0000-7000-8000-${`${i}`.padStart(12, "0")}`,
        key,
        partitions: [],
        kind: "relation" as const,
        fingerprint: hash,
        dataVersion: hash,
        codeVersion: hash,
        inputs: { "raw/orders": hash, "raw/customers": hash },
        runId: "r",
        attempt: 1,
        createdAt: "2026-01-01T00:00:00.000Z",
        engine: "duckdb",
        rows: 100,
        bytes: 1000,
        files: 1,
        columns,
        usage: {
          peakMemoryBytes: 3_400_000_000,
          memoryLimitBytes: 4_000_000_000,
          spilledBytes: 0,
          shared: true as const,
        },
      }
      log.append({ type: "asset_materialized", ...about, materialization, durationMs: 12.5 })
    }
  })
  log.close()
  expect(statSync(path).size / steps).toBeLessThan(2_000)
})

describe("what a write used", () => {
  const hash = "0123456789abcdef".repeat(4)
  const usage = { peakMemoryBytes: 3_400_000_000, memoryLimitBytes: 4_000_000_000, spilledBytes: 12, tasks: 7 }
  const about = { runId: "r", step: "a", key: "a", partitions: [] }
  const record = {
    ...{ id: "i", key: "a", partitions: [], kind: "relation" as const, fingerprint: hash, dataVersion: hash },
    ...{ codeVersion: hash, inputs: {}, runId: "r", attempt: 1, createdAt: "2026-01-01T00:00:00.000Z" },
    engine: "duckdb",
  }

  test("is kept with the materialization and the time of its step", () => {
    const log = new SqliteEventLog(path)
    log.append({ type: "run_started", runId: "r", environment: "local", selection: "*", tags: {}, steps: 2 })
    log.append({ type: "asset_materialized", ...about, materialization: record, durationMs: 3 })
    log.append({ type: "asset_materialized", ...about, materialization: { ...record, usage }, durationMs: 12 })
    expect(log.timings({ environment: "local", key: "a", limit: 5 })).toEqual([
      { materialization: { ...record, usage }, durationMs: 12 },
      { materialization: record, durationMs: 3 },
    ])
    expect(log.timings({ environment: "local", key: "a", limit: 1 })).toHaveLength(1)
    expect(log.timings({ environment: "prod", key: "a", limit: 5 })).toEqual([])
    log.close()
  })

  test("outlives the metadata of a record that is too long for the log", () => {
    const log = new SqliteEventLog(path)
    log.append({ type: "run_started", runId: "r", environment: "local", selection: "*", tags: {}, steps: 1 })
    const materialization = { ...record, usage, metadata: { page: "x".repeat(5_000) } }
    log.append({ type: "asset_materialized", ...about, materialization, durationMs: 3 })
    expect(log.history({ environment: "local", key: "a" })).toEqual([
      { ...record, usage, metadata: { truncated: true } },
    ])
    log.close()
  })
})

const runStarted = (runId: string) =>
  ({ type: "run_started", runId, environment: "local", selection: "*", tags: {}, steps: 0 }) as const

test("a clock that is set back lets no event happen before the one that it follows", () => {
  let now = Date.parse("2026-06-01T12:00:00Z")
  const clock = { now: () => now }
  const log = new SqliteEventLog(path, { clock })
  log.append(runStarted("r"))
  now -= 3_600_000
  log.append({ type: "run_succeeded", runId: "r", durationMs: 1 })
  const [started, ended] = log.events()
  expect(ended?.id).toBeGreaterThan(started?.id ?? 0)
  expect(ended?.time).toBe(started?.time)
  log.append(runStarted("other"))
  log.close()
  const later = new SqliteEventLog(path, { clock })
  later.append({ type: "run_succeeded", runId: "other", durationMs: 1 })
  for (const { startedAt, endedAt } of later.runs())
    expect(Date.parse(endedAt ?? "")).toBeGreaterThanOrEqual(Date.parse(startedAt))
  expect(later.runs().map(({ id }) => id)).toEqual(["other", "r"])
  expect(later.events({ after: ended?.id ?? 0 }).map(({ runId }) => runId)).toEqual(["other", "other"])
  later.close()
})

test.each([
  ["forward", 86_400_000],
  ["back", -86_400_000],
])("a clock that is set %s makes no run of another container a lost one, and hides none", (_, by) => {
  const log = new SqliteEventLog(path)
  for (const runId of ["lives", "dead"]) log.append(runStarted(runId))
  log.close()
  const db = new Database(path)
  db.prepare("UPDATE runs SET pid_namespace = 'another'").run()
  db.prepare("UPDATE runs SET heartbeat_monotonic = heartbeat_monotonic - 61000 WHERE id = 'dead'").run()
  db.close()
  const next = new SqliteEventLog(path, { clock: { now: () => Date.now() + by } })
  expect(next.run("lives")?.status).toBe("running")
  expect(next.run("dead")).toMatchObject({ status: "failed", reason: "runner lost" })
  next.close()
})

test("processes that open it at once for the first time make one log", async () => {
  const code = `
    log.append({ ...${JSON.stringify(runStarted(""))}, runId: String(process.pid) })
    log.append({ type: "run_succeeded", runId: String(process.pid), durationMs: 1 })
    log.close()`
  const ended = await Promise.all(Array.from({ length: 6 }, () => startLogProcess(path, code).ended))
  expect(ended.map(({ code, output }) => [code, output])).toEqual(Array.from({ length: 6 }, () => [0, ""]))
  const log = new SqliteEventLog(path)
  expect(log.runs()).toHaveLength(6)
  log.close()
})

test("a clean failure of a change leaves nothing of it, and the log usable", () => {
  const log = new SqliteEventLog(path)
  log.append(runStarted("r"))
  expect(() =>
    log.transaction(() => {
      log.append({ type: "run_succeeded", runId: "r", durationMs: 1 })
      throw new Error("no")
    }),
  ).toThrow("no")
  expect(log.run("r")?.status).toBe("running")
  log.append({ type: "run_succeeded", runId: "r", durationMs: 1 })
  expect(log.run("r")?.status).toBe("succeeded")
  log.close()
})

test("what a check, an error and a wide table leave in it comes back, cut where it is too long", () => {
  const log = new SqliteEventLog(path)
  log.append(runStarted("r"))
  const about = { runId: "r", step: "a/b[k]", key: "a/b", partitions: ["k"] }
  const passed = { name: "unique(id)", severity: "error", blocking: true, passed: true } as const
  const warned = {
    name: "notNull(x)",
    severity: "warn",
    blocking: true,
    passed: false,
    badRows: 3,
    samples: [{ x: 1 }],
  } as const
  for (const result of [passed, warned]) log.append({ type: "check_evaluated", ...about, result })
  const samples = Array.from({ length: 10 }, (_, i) => ({ text: `${i}`.repeat(90) }))
  log.append({ type: "check_evaluated", ...about, result: { ...warned, samples } })
  const text = "x".repeat(5_000)
  const error = { code: "USER_CODE_FAILED", what: text, why: text, fix: text, stack: text }
  log.append({ type: "step_failed", ...about, attempt: 1, error, durationMs: 1 })
  const events = log.events({ step: "a/b[k]" })
  expect(events.map(event => "key" in event && [event.key, event.step, event.partitions])).toEqual(
    Array.from({ length: 4 }, () => ["a/b", "a/b[k]", ["k"]]),
  )
  expect(events.slice(0, 2).map(event => event.type === "check_evaluated" && event.result)).toEqual([passed, warned])
  expect(events[2]).toMatchObject({ result: { badRows: 3, samples: samples.slice(0, 2) } })
  expect(events[3]).toMatchObject({ error: { code: "USER_CODE_FAILED" } })
  expect(JSON.stringify(events[3]).length).toBeLessThan(1_500)
  log.close()
})
