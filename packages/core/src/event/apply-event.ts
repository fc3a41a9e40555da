import type { AssetsEvent, NewEvent } from "./event.ts"
import type { StepStatus } from "./event-log.ts"
import type { SqliteDatabase } from "./sqlite-database.ts"

/** The run to which an event belongs, as the tables know it. */
export interface KnownRun {
  readonly number: number
  readonly environment: string
}

/** Where an event stands: what its changes of state refer to. */
interface Place {
  readonly db: SqliteDatabase
  readonly run: KnownRun
  readonly event: number
  readonly time: number
}

type StepEvent = Extract<NewEvent, { readonly step: string }>
type Applied<T extends AssetsEvent["type"]> = Extract<NewEvent, { readonly type: T }>

const columns = { materialized: "ok", skipped: "skipped", failed: "failed" } as const

/** Makes the changes of state that follow from an event; part of the transaction that appends it. */
export function applyEvent(event: NewEvent, place: Place): void {
  switch (event.type) {
    case "step_started":
      changeStep(event, place, { status: "running", reason: event.reasons[0]?.kind, attempts: event.attempt })
      break
    case "step_retried":
      changeStep(event, place, { status: "running", attempts: event.attempt })
      break
    case "step_staged":
      changeStep(event, place, { status: "staged", ...madeBy(event) })
      break
    case "asset_materialized":
      applyMaterialization(event, place)
      break
    case "check_evaluated":
      if (!event.result.passed) count(place, "checks_failed", 1)
      break
    case "step_skipped":
      changeStep(event, place, {
        status: "skipped",
        reason: event.reason,
        ...(event.dataVersion !== undefined && { dataVersion: event.dataVersion }),
      })
      break
    case "step_blocked":
      changeStep(event, place, { status: "blocked", reason: event.by })
      break
    case "step_failed":
      applyFailure(event, place)
      break
    case "step_cancelled":
      changeStep(event, place, { status: "cancelled" })
      break
    case "run_succeeded":
      endRun(place, "succeeded")
      break
    case "run_failed":
      endRun(place, "failed")
      break
    case "run_cancelled":
      endRun(place, "cancelled")
      break
    case "run_started":
    case "step_waiting":
    case "log_written":
      break
  }
}

const INSERT_LATEST = "INSERT OR REPLACE INTO latest VALUES (?, ?, ?, ?, ?)"

function applyMaterialization(event: Applied<"asset_materialized">, place: Place): void {
  const { materialization: made } = event
  const { db, run } = place
  changeStep(event, place, { status: "materialized", ...madeBy(event) })
  db.run("INSERT INTO materializations VALUES (?, ?, ?)", place.event, run.environment, event.key)
  for (const partition of event.partitions.length === 0 ? [null] : event.partitions) {
    db.run(INSERT_LATEST, run.environment, event.key, partitionText(partition), place.event, made.id)
  }
  db.run("DELETE FROM failures WHERE environment = ? AND step = ?", run.environment, event.step)
}

/** A partition as `latest` holds it. */
export function partitionText(partition: string | null): string {
  return partition === null ? "" : `=${partition}`
}

function madeBy({ materialization }: Applied<"step_staged" | "asset_materialized">) {
  const { rows, bytes, dataVersion } = materialization
  return { rows, bytes, dataVersion }
}

function applyFailure(event: Applied<"step_failed">, place: Place): void {
  const code = (event.error as { readonly code?: unknown } | null)?.code
  changeStep(event, place, { status: "failed", reason: code ? String(code) : "failed", attempts: event.attempt })
  place.db.run("INSERT OR REPLACE INTO failures VALUES (?, ?, ?)", place.run.environment, event.step, place.run.number)
}

interface StepChange {
  readonly status: StepStatus
  readonly reason?: string | undefined
  readonly attempts?: number
  readonly rows?: number | undefined
  readonly bytes?: number | undefined
  readonly dataVersion?: string
}

const SELECT_STATUS = "SELECT status FROM steps WHERE run = ? AND id = ?"
const INSERT_STEP = "INSERT INTO steps (run, id, key, partitions, status) VALUES (?, ?, ?, ?, 'pending')"
const UPDATE_STEP = `UPDATE steps SET status = ?, reason = coalesce(?, reason), attempts = coalesce(?, attempts),
  rows = coalesce(?, rows), bytes = coalesce(?, bytes), data_version = coalesce(?, data_version),
  started_at = coalesce(started_at, ?), ended_at = ?, first_event = coalesce(first_event, ?), last_event = ?
  WHERE run = ? AND id = ?`

function changeStep(event: StepEvent, place: Place, change: StepChange): void {
  const { db, run, time } = place
  const former = db.get<{ status: StepStatus }>(SELECT_STATUS, run.number, event.step)?.status
  if (!former) db.run(INSERT_STEP, run.number, event.step, event.key, JSON.stringify(event.partitions))
  const began = event.type === "step_blocked" || event.type === "step_cancelled" ? null : time
  db.run(
    UPDATE_STEP,
    change.status,
    change.reason ?? null,
    change.attempts ?? null,
    change.rows ?? null,
    change.bytes ?? null,
    change.dataVersion ?? null,
    began,
    change.status === "running" ? null : time,
    began === null ? null : place.event,
    place.event,
    run.number,
    event.step,
  )
  if (former !== change.status) {
    if (former && former in columns) count(place, columns[former as keyof typeof columns], -1)
    if (change.status in columns) count(place, columns[change.status as keyof typeof columns], 1)
  }
}

function count({ db, run }: Place, column: (typeof columns)[keyof typeof columns] | "checks_failed", by: number): void {
  db.run(`UPDATE runs SET ${column} = ${column} + ? WHERE number = ?`, by, run.number)
}

function endRun({ db, run, time }: Place, status: string): void {
  db.run("UPDATE runs SET status = ?, ended_at = max(started_at, ?) WHERE number = ?", status, time, run.number)
  db.run("DELETE FROM leases WHERE run = ?", run.number)
  db.run("DELETE FROM reads WHERE run = ?", run.number)
}
