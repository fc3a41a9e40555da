import { StorageError } from "../errors/assets-error.ts"
import type { Materialization } from "../io/io-manager.ts"
import type { FileState } from "../source/hash-file.ts"
import { type Clock, systemClock } from "../util/clock.ts"
import { faultPoint } from "../util/fault-point.ts"
import { ownIdentity } from "../util/process-identity.ts"
import { applyEvent, type KnownRun, partitionText } from "./apply-event.ts"
import { deleteRuns } from "./delete-runs.ts"
import type { AssetsEvent, NewEvent } from "./event.ts"
import type {
  EventLog,
  EventQuery,
  LatestMaterialization,
  RunQuery,
  RunRecord,
  StepQuery,
  StepRecord,
} from "./event-log.ts"
import { damagedEventLog } from "./event-log-failure.ts"
import { type MaterializationRow, type RunRow, runOf, type StepRow, stepOf } from "./log-rows.ts"
import { endRunAs, isRunnerDead, markLostRuns, monotonicMs, type ProcessRow, type RunningRow } from "./lost-runs.ts"
import type { Lease, LeaseHolder, PendingStep, RunLog, TimedMaterialization } from "./run-log.ts"
import { SqliteDatabase, type SqliteOptions } from "./sqlite-database.ts"
import { type EventRow, eventOf, materializationOf, storeEvent, timedMaterializationOf } from "./stored-event.ts"

const EVENT_COLUMNS = "e.id, e.time, r.id AS run_id, e.type, e.step, e.key, e.payload"

export interface EventLogOptions extends SqliteOptions {
  readonly clock?: Clock
  /** What a change of the log is refused with. */
  readonly refusal?: StorageError
  readonly onClose?: () => void
}

/**
 * The event log in a SQLite file, shared by every process of a project on one host.
 * Each change is one transaction that survives the death of the process.
 */
export class SqliteEventLog implements RunLog {
  readonly #db: SqliteDatabase
  readonly #clock: Clock
  readonly #runs = new Map<string, KnownRun>()
  readonly #onClose: (() => void) | undefined
  #refusal: StorageError | undefined
  #lastTime = 0
  #keepsCaches = true

  /**
   * Opens the file, makes it where there is none, and marks the runs of dead processes as `failed` (`runner lost`).
   * @throws StorageError `EVENT_LOG_NEWER`, `EVENT_LOG_CORRUPT`, `EVENT_LOG_LOCKED`, `STORAGE_UNWRITABLE`
   */
  constructor(path: string, { clock = systemClock, refusal, onClose, ...options }: EventLogOptions = {}) {
    this.#db = new SqliteDatabase(path, options)
    this.#clock = clock
    this.#onClose = onClose
    try {
      this.#openWithoutLostRuns()
      this.#refusal = refusal
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  append(event: NewEvent): AssetsEvent {
    this.#confirmWritable()
    // A clock that is set back does not let an event happen before the one that it follows.
    const time = Math.max(this.#clock.now(), this.#lastTime)
    this.#lastTime = time
    const id = this.#db.transaction(() => {
      const run = event.type === "run_started" ? this.#insertRun(event, time) : this.#knownRun(event.runId)
      const { step, key, payload } = storeEvent(event)
      const sql = "INSERT INTO events (time, run, type, step, key, payload) VALUES (?, ?, ?, ?, ?, ?)"
      const { lastInsertRowid } = this.#db.run(sql, time, run.number, event.type, step, key, payload)
      applyEvent(event, { db: this.#db, run, event: lastInsertRowid, time })
      if (event.type === "asset_materialized") faultPoint("event.append")
      return lastInsertRowid
    })
    return { ...event, id, time: new Date(time).toISOString() } as AssetsEvent // a NewEvent with its id and time
  }

  events({ after = 0, runId, step, limit = 1_000 }: EventQuery = {}): AssetsEvent[] {
    const run = runId === undefined ? undefined : (this.#findRun(runId)?.number ?? -1)
    const sql = `SELECT ${EVENT_COLUMNS} FROM events e JOIN runs r ON r.number = e.run WHERE e.id > ?
      ${run === undefined ? "" : "AND e.run = ?"} ${step === undefined ? "" : "AND coalesce(e.step, e.key) = ?"}
      ORDER BY e.id LIMIT ?`
    const filters = [...(run === undefined ? [] : [run]), ...(step === undefined ? [] : [step])]
    return this.#db.all<EventRow>(sql, after, ...filters, limit).map(row => this.#decode(() => eventOf(row)))
  }

  runs({ environment, status, startingWith, endedBefore, before, limit = 50 }: RunQuery = {}): RunRecord[] {
    const conditions = ["1"]
    const values: unknown[] = []
    const add = (condition: string, value: unknown) => {
      conditions.push(condition)
      values.push(value)
    }
    if (environment !== undefined) add("environment = ?", environment)
    if (status !== undefined) add("status = ?", status)
    if (startingWith !== undefined) {
      add("id >= ?", startingWith)
      add("id < ?", `${startingWith}\u{10ffff}`)
    }
    if (endedBefore !== undefined) add("ended_at < ?", Date.parse(endedBefore))
    if (before !== undefined) add("number < ?", this.#findRun(before)?.number ?? 0)
    const sql = `SELECT * FROM runs WHERE ${conditions.join(" AND ")} ORDER BY number DESC LIMIT ?`
    return this.#db.all<RunRow>(sql, ...values, limit).map(row => this.#decode(() => runOf(row)))
  }

  run(id: string): RunRecord | undefined {
    const row = this.#db.get<RunRow>("SELECT * FROM runs WHERE id = ?", id)
    return row && this.#decode(() => runOf(row))
  }

  steps(runId: string, { offset = 0, limit = -1 }: StepQuery = {}): StepRecord[] {
    const order = "ORDER BY first_event IS NULL, first_event, last_event, s.id"
    // The page first: payloads are looked up for its steps only.
    const sql = `SELECT s.*, CASE s.status WHEN 'failed' THEN e.payload END AS payload
      FROM (SELECT * FROM steps s WHERE run = ? ${order} LIMIT ? OFFSET ?) s
      LEFT JOIN events e ON e.id = s.last_event ${order}`
    const run = this.#findRun(runId)
    if (!run) return []
    return this.#db.all<StepRow>(sql, run.number, limit, offset).map(row => this.#decode(() => stepOf(row, runId)))
  }

  latest({ environment, key }: { readonly environment: string; readonly key?: string }): LatestMaterialization[] {
    const sql = `SELECT l.key AS asset, l.partition, e.step, e.key, e.payload, r.id AS run_id
      FROM latest l JOIN events e ON e.id = l.event LEFT JOIN runs r ON r.number = e.run
      WHERE l.environment = ? ${key === undefined ? "" : "AND l.key = ?"} ORDER BY l.key, l.partition`
    const rows = this.#db.all<MaterializationRow & { asset: string; partition: string }>(
      sql,
      environment,
      ...(key === undefined ? [] : [key]),
    )
    return rows.map(row => ({
      environment,
      key: row.asset,
      partition: row.partition === "" ? null : row.partition.slice(1),
      materialization: this.#decode(() => materializationOf(row)),
    }))
  }

  history({ limit = 50, ...of }: Parameters<EventLog["history"]>[0]): Materialization[] {
    return this.timings({ ...of, limit }).map(({ materialization }) => materialization)
  }

  timings(query: Parameters<RunLog["timings"]>[0]): TimedMaterialization[] {
    const sql = `SELECT e.step, e.key, e.payload, r.id AS run_id
      FROM materializations m JOIN events e ON e.id = m.event LEFT JOIN runs r ON r.number = e.run
      WHERE m.environment = ? AND m.key = ? ORDER BY m.event DESC LIMIT ?`
    const rows = this.#db.all<MaterializationRow>(sql, query.environment, query.key, query.limit)
    return rows.map(row => this.#decode(() => timedMaterializationOf(row)))
  }

  transaction<T>(change: () => T): T {
    return this.#db.transaction(change)
  }

  addSteps(runId: string, steps: readonly PendingStep[]): void {
    const { number } = this.#knownRun(runId)
    const sql = "INSERT INTO steps (run, id, key, partitions, status) VALUES (?, ?, ?, ?, 'pending')"
    this.#db.transaction(() => {
      for (const { id, key, partitions } of steps) this.#db.run(sql, number, id, key, JSON.stringify(partitions))
    })
  }

  acquireLease(name: string, runId: string): Lease | LeaseHolder {
    this.#confirmWritable()
    return this.#db.transaction(() => {
      const sql = "SELECT r.* FROM leases l JOIN runs r ON r.number = l.run WHERE l.name = ?"
      const holder = this.#db.get<RunRow & ProcessRow>(sql, name)
      if (holder && !(holder.status !== "running" || isRunnerDead(holder, this.#clock.now()))) {
        return { runId: holder.id, pid: holder.pid, host: holder.host }
      }
      if (holder) this.#db.run("DELETE FROM leases WHERE name = ?", name)
      const insert = "INSERT INTO leases (name, run) VALUES (?, ?)"
      return { name, token: this.#db.run(insert, name, this.#knownRun(runId).number).lastInsertRowid }
    })
  }

  holdsLease({ name, token }: Lease): boolean {
    return this.#db.get("SELECT 1 FROM leases WHERE token = ? AND name = ?", token, name) !== undefined
  }

  releaseLease({ token }: Lease): void {
    this.#db.run("DELETE FROM leases WHERE token = ?", token)
  }

  keepReads(runId: string, step: string, ids: readonly string[]): void {
    const { number } = this.#knownRun(runId)
    for (const id of ids) this.#db.run("INSERT OR IGNORE INTO reads VALUES (?, ?, ?)", number, step, id)
  }

  dropReads(runId: string, step: string): void {
    this.#db.run("DELETE FROM reads WHERE run = ? AND step = ?", this.#knownRun(runId).number, step)
  }

  inUse(): ReadonlySet<string> {
    const rows = this.#db.all<{ materialization: string }>("SELECT DISTINCT materialization FROM reads")
    return new Set(rows.map(row => row.materialization))
  }

  heartbeat(runId: string): void {
    const sql = "UPDATE runs SET heartbeat = ?, heartbeat_monotonic = ? WHERE id = ?"
    this.#db.run(sql, this.#clock.now(), monotonicMs(), runId)
  }

  requestCancel(runId: string): void {
    this.#confirmWritable()
    const sql = "UPDATE runs SET cancel_requested = coalesce(cancel_requested, ?) WHERE id = ? AND status = 'running'"
    this.#db.run(sql, this.#clock.now(), runId)
  }

  isCancelRequested(runId: string): boolean {
    return this.#db.get("SELECT 1 FROM runs WHERE id = ? AND cancel_requested IS NOT NULL", runId) !== undefined
  }

  isRunnerDead(runId: string): boolean {
    const row = this.#db.get<ProcessRow>("SELECT * FROM runs WHERE id = ?", runId)
    return row !== undefined && isRunnerDead(row, this.#clock.now())
  }

  endRun(runId: string, reason: string): boolean {
    this.#confirmWritable()
    return this.#db.transaction(() => {
      const row = this.#db.get<RunningRow>("SELECT * FROM runs WHERE id = ? AND status = 'running'", runId)
      if (!row) return false
      endRunAs(this.#db, this, row, { status: "cancelled", reason, nowMs: this.#clock.now() })
      return true
    })
  }

  endLostRuns(): void {
    if (!this.#refusal) markLostRuns(this.#db, this, this.#clock.now())
  }

  deleteRuns(ids: readonly string[]): void {
    this.#confirmWritable()
    deleteRuns(this.#db, ids)
    for (const id of ids) this.#runs.delete(id)
    this.#db.giveBack({ mayLock: this.runs({ status: "running", limit: 1 }).length === 0 })
  }

  latestIds(environment: string): ReadonlySet<string> {
    const sql = "SELECT DISTINCT materialization AS id FROM latest WHERE environment = ?"
    return new Set(this.#db.all<{ id: string }>(sql, environment).map(row => row.id))
  }

  lastEvent(): number {
    return this.#db.get<{ id: number | null }>("SELECT max(id) AS id FROM events")?.id ?? 0
  }

  toldAfter(environment: string, event: number): ReadonlySet<string> {
    const sql = "SELECT key, partition FROM latest WHERE environment = ? AND event > ?"
    // A partition stands behind `=`, so that the empty key is another than none.
    return new Set(
      this.#db.all<{ key: string; partition: string }>(sql, environment, event).map(row => row.key + row.partition),
    )
  }

  forgetLatest(environment: string, key: string, partition: string | null): void {
    this.#confirmWritable()
    const sql = "DELETE FROM latest WHERE environment = ? AND key = ? AND partition = ?"
    this.#db.run(sql, environment, key, partitionText(partition))
  }

  failures(environment: string): ReadonlyMap<string, string> {
    const sql = "SELECT f.step, r.id FROM failures f JOIN runs r ON r.number = f.run WHERE f.environment = ?"
    return new Map(this.#db.all<{ step: string; id: string }>(sql, environment).map(row => [row.step, row.id]))
  }

  dynamicKeys(name: string): readonly string[] {
    const sql = "SELECT key FROM dynamic_keys WHERE name = ? ORDER BY position"
    return this.#db.all<{ key: string }>(sql, name).map(row => row.key)
  }

  addDynamicKeys(name: string, keys: readonly string[]): void {
    this.#confirmWritable()
    const sql = "INSERT OR IGNORE INTO dynamic_keys (name, key) VALUES (?, ?)"
    this.#db.transaction(() => {
      for (const key of keys) this.#db.run(sql, name, key)
    })
  }

  removeDynamicKeys(name: string, keys: readonly string[]): void {
    this.#confirmWritable()
    const sql = "DELETE FROM dynamic_keys WHERE name = ? AND key = ?"
    this.#db.transaction(() => {
      for (const key of keys) this.#db.run(sql, name, key)
    })
  }

  planText(codeVersion: string): string | undefined {
    const sql = "SELECT text FROM plan_texts WHERE code_version = ?"
    return this.#db.get<{ text: string }>(sql, codeVersion)?.text
  }

  keepPlanText(codeVersion: string, text: string): void {
    this.#keepCache("INSERT OR IGNORE INTO plan_texts VALUES (?, ?)", codeVersion, text)
  }

  fileHash({ path, size, mtimeNs, ctimeNs, inode }: FileState): string | undefined {
    const sql = `SELECT hash FROM file_hashes
      WHERE path = ? AND size = ? AND mtime_ns = ? AND ctime_ns = ? AND inode = ?`
    return this.#db.get<{ hash: string }>(sql, path, size, mtimeNs, ctimeNs, inode)?.hash
  }

  keepFileHash({ path, size, mtimeNs, ctimeNs, inode }: FileState, hash: string): void {
    const sql = "INSERT OR REPLACE INTO file_hashes VALUES (?, ?, ?, ?, ?, ?)"
    this.#keepCache(sql, path, size, mtimeNs, ctimeNs, inode, hash)
  }

  close(): void {
    this.#db.close()
    this.#onClose?.()
  }

  /** While another process keeps the log locked it can be read all the same: the next to open it ends lost runs. */
  #openWithoutLostRuns(): void {
    try {
      markLostRuns(this.#db, this, this.#clock.now())
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== "EVENT_LOG_LOCKED") throw error
    }
  }

  #confirmWritable(): void {
    if (this.#refusal) throw this.#refusal
  }

  /** Keeps what can be found again; a reader goes on where the log cannot be changed now. */
  #keepCache(sql: string, ...values: readonly unknown[]): void {
    if (!this.#keepsCaches) return
    try {
      this.#db.run(sql, ...values)
    } catch (error) {
      if (this.#db.inTransaction || !(error instanceof StorageError) || !passing.has(error.code)) throw error
      this.#keepsCaches = false // once is enough to wait for a lock
    }
  }

  /** Reads what a row holds; that the row can be read does not say that what stands in it is whole. */
  #decode<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      throw damagedEventLog(this.#db.path, error instanceof Error ? error.message : String(error), error)
    }
  }

  #insertRun(event: Extract<NewEvent, { readonly type: "run_started" }>, time: number): KnownRun {
    const { host, bootId, pidNamespace, pid, startedAt } = ownIdentity()
    const sql = `INSERT INTO runs (id, environment, selection, status, started_at, tags, steps,
        host, boot_id, pid_namespace, pid, process_started_at, heartbeat, heartbeat_monotonic)
      VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
    const { runId, environment, selection, steps } = event
    const about = [runId, environment, selection, time, JSON.stringify(event.tags), steps]
    const { lastInsertRowid } = this.#db.run(
      sql,
      ...about,
      host,
      bootId,
      pidNamespace,
      pid,
      startedAt,
      time,
      monotonicMs(),
    )
    const run = { number: lastInsertRowid, environment }
    this.#runs.set(runId, run)
    return run
  }

  #findRun(id: string): KnownRun | undefined {
    const known = this.#runs.get(id)
    if (known) return known
    const found = this.#db.get<KnownRun>("SELECT number, environment FROM runs WHERE id = ?", id)
    if (found) this.#runs.set(id, found)
    return found
  }

  #knownRun(id: string): KnownRun {
    const run = this.#findRun(id)
    if (!run) throw new Error(`the event log has no run ${id}; please report this`)
    return run
  }
}

const passing: ReadonlySet<string> = new Set(["STORAGE_FULL", "STORAGE_UNWRITABLE", "EVENT_LOG_LOCKED"])
