import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import Database from "better-sqlite3"
import { afterEach, beforeEach, expect, test } from "vitest"
import { StorageError } from "../src/errors/assets-error.ts"
import { openReadOnlyCopy } from "../src/event/read-only-copy.ts"
import { SqliteEventLog } from "../src/event/sqlite-event-log.ts"
import { backupPath } from "../src/event/upgrade-event-log.ts"
import { ownIdentity } from "../src/util/process-identity.ts"
import { startLogProcess } from "./event-log-process.ts"

const version1 = readFileSync(join(import.meta.dirname, "fixtures/event-log-v1.sql"), "utf8")
const [first, second, third] = [1, 2, 3].map(n => `0192e4a0-1111-7000-8000-00000000000${n}`) as [string, string, string]

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assets-upgrade-"))
  path = join(folder, ".assets", "assets.db")
  mkdirSync(join(folder, ".assets"), { mode: 0o700 })
  makeVersion1()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The file of version 1; its third run is carried out by this process. */
function makeVersion1(): void {
  const db = new Database(path)
  db.pragma("journal_mode = WAL")
  db.exec(version1)
  const { host, bootId, pidNamespace, pid, startedAt } = ownIdentity()
  db.prepare(
    "UPDATE runs SET host = ?, boot_id = ?, pid_namespace = ?, pid = ?, process_started_at = ? WHERE id = ?",
  ).run(host, bootId, pidNamespace, pid, startedAt, third)
  db.close()
}

function versionOf(file: string): number {
  const db = new Database(file, { readonly: true })
  try {
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok")
    return Number((db.prepare("SELECT value FROM meta WHERE name = 'schema'").get() as { value: string }).value)
  } finally {
    db.close()
  }
}

function columnsOf(file: string): unknown {
  const db = new Database(file, { readonly: true })
  try {
    return db
      .prepare(
        `SELECT t.name, t.type, t.wr, c.name, c.type, c."notnull", c.dflt_value, c.pk
          FROM pragma_table_list t, pragma_table_info(t.name) c WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite_%'
          ORDER BY t.name, c.cid`,
      )
      .raw()
      .all()
  } finally {
    db.close()
  }
}

test("history, what is latest, failures, leases and caches of a file of version 1 are still there", () => {
  const log = new SqliteEventLog(path)
  expect(log.runs().map(({ id, status, environment }) => [id, status, environment])).toEqual([
    [third, "running", "local"],
    [second, "failed", "prod"],
    [first, "succeeded", "local"],
  ])
  expect(log.run(first)).toMatchObject({ tags: { team: "a" }, counts: { steps: 3, ok: 3, checksFailed: 1 } })
  expect(log.events({ limit: 100 }).map(({ id }) => id)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1))
  expect(log.steps(second).map(({ key, status }) => [key, status])).toEqual([
    ["marts/revenue", "materialized"],
    ["marts/o'brien", "failed"],
  ])
  expect(
    log
      .latest({ environment: "local" })
      .map(({ key, partition, materialization }) => [key, partition, materialization.rows]),
  ).toEqual([
    ["marts/daily", "", 30],
    ["marts/daily", "2026-01-01", 20],
    ["marts/revenue", null, 10],
  ])
  expect([...log.latestIds("local")].sort()).toEqual([1, 2, 3].map(n => `0192e4a0-0000-7000-8000-00000000000${n}`))
  expect(log.history({ environment: "prod", key: "marts/revenue" })).toHaveLength(1)
  expect([...log.failures("prod")]).toEqual([["marts/o'brien", second]])
  expect(log.holdsLease({ name: "local marts/revenue", token: 2 })).toBe(true)
  expect([...log.inUse()]).toEqual(["0192e4a0-0000-7000-8000-000000000002"])
  expect(log.dynamicKeys("customers")).toEqual(["b", "a"])
  expect(log.planText("c".repeat(64))).toBe("scan\nfilter")
  log.append({ type: "run_succeeded", runId: third, durationMs: 1 })
  expect(log.events({ after: 15 })).toMatchObject([{ id: 16, runId: third }])
  log.close()
})

test("an upgraded file has the form of a new one", () => {
  new SqliteEventLog(path).close()
  const fresh = join(folder, "fresh", "assets.db")
  new SqliteEventLog(fresh).close()
  expect(columnsOf(path)).toEqual(columnsOf(fresh))
})

test("the former file is kept beside it, whole and for this user alone", () => {
  new SqliteEventLog(path).close()
  expect(versionOf(path)).toBe(2)
  expect(versionOf(backupPath(path, 1))).toBe(1)
  expect(statSync(backupPath(path, 1)).mode & 0o777).toBe(0o600)
  expect(existsSync(`${backupPath(path, 1)}.partial`)).toBe(false)
})

test("a process that dies in the middle leaves the old file, and the next one upgrades it", async () => {
  const { signal } = await startLogProcess(path, "", { ASSETS_FAULT: "event.upgrade:1:kill" }).ended
  expect(signal).toBe("SIGKILL")
  expect(versionOf(path)).toBe(1)
  expect(versionOf(backupPath(path, 1))).toBe(1)
  const log = new SqliteEventLog(path)
  expect(log.runs()).toHaveLength(3)
  log.close()
  expect(versionOf(path)).toBe(2)
})

test("an upgrade that fails leaves the old file, and no half copy", async () => {
  const { code, output } = await startLogProcess(path, "", { ASSETS_FAULT: "event.upgrade:1:throw" }).ended
  expect(code).toBe(1)
  expect(output).toContain("event.upgrade")
  expect(versionOf(path)).toBe(1)
})

test("processes that open it at once upgrade it once", async () => {
  const code = `
    console.log(log.runs().length, log.latest({ environment: "local" }).length)
    log.close()`
  const ended = await Promise.all(Array.from({ length: 4 }, () => startLogProcess(path, code).ended))
  expect(ended.map(({ output }) => output)).toEqual(Array.from({ length: 4 }, () => "3 3\n"))
  expect(versionOf(path)).toBe(2)
  expect(versionOf(backupPath(path, 1))).toBe(1)
})

test("a file of a newer release stays as it is, with what lies in its log of changes", () => {
  const writer = new Database(path)
  writer.prepare("UPDATE meta SET value = '999' WHERE name = 'schema'").run()
  const left = join(folder, "left.db") // as a killed process leaves it: nobody has it open
  for (const end of ["", "-wal"]) copyFileSync(`${path}${end}`, `${left}${end}`)
  writer.close()
  const bytes = () => [readFileSync(left), readFileSync(`${left}-wal`)]
  const before = bytes()
  expect(() => new SqliteEventLog(left)).toThrow(expect.objectContaining({ code: "EVENT_LOG_NEWER" }))
  expect(bytes()).toEqual(before)
  expect(existsSync(backupPath(left, 1))).toBe(false)
})

test("a file of version 1 that cannot be written is read from an upgraded copy, and stays as it is", () => {
  const before = readFileSync(path)
  const refusal = new StorageError("STORAGE_UNWRITABLE", { what: "No.", why: "No.", fix: "None." })
  const log = openReadOnlyCopy(path, refusal)
  expect(log.runs()).toHaveLength(3)
  expect(log.latest({ environment: "local" })).toHaveLength(3)
  expect(() => log.append({ type: "run_succeeded", runId: third, durationMs: 1 })).toThrow(refusal)
  expect(() => log.deleteRuns([first])).toThrow(refusal)
  log.close()
  expect(readFileSync(path)).toEqual(before)
  expect(existsSync(backupPath(path, 1))).toBe(false)
})

test("deleting runs of an upgraded file gives their space back once no run goes on", () => {
  const log = new SqliteEventLog(path)
  log.append({ type: "run_succeeded", runId: third, durationMs: 1 })
  log.deleteRuns([first, second, third])
  expect(log.runs()).toEqual([])
  expect(log.latest({ environment: "local" }).map(({ materialization }) => materialization.runId)).toEqual([
    first,
    first,
    first,
  ])
  log.close()
  const db = new Database(path, { readonly: true })
  expect(db.pragma("auto_vacuum", { simple: true })).toBe(2)
  expect(db.pragma("freelist_count", { simple: true })).toBe(0)
  db.close()
})
