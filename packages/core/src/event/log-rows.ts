import type { Json } from "../util/json.ts"
import type { RunRecord, StepRecord } from "./event-log.ts"
import type { ProcessRow } from "./lost-runs.ts"

/** The event of a materialization, as it is joined to its run. */
export interface MaterializationRow {
  readonly step: string | null
  readonly key: string | null
  readonly payload: string
  /** Null when the run was deleted. */
  readonly run_id: string | null
}

/** A row of `runs`. */
export interface RunRow extends ProcessRow {
  readonly number: number
  readonly id: string
  readonly environment: string
  readonly selection: string
  readonly status: RunRecord["status"]
  readonly reason: string | null
  readonly started_at: number
  readonly ended_at: number | null
  readonly tags: string
  readonly steps: number
  readonly ok: number
  readonly skipped: number
  readonly failed: number
  readonly checks_failed: number
}

export function runOf(row: RunRow): RunRecord {
  const { id, environment, selection, status, reason, steps, ok, skipped, failed } = row
  const counts = { steps, ok, skipped, failed, checksFailed: row.checks_failed }
  const startedAt = new Date(row.started_at).toISOString()
  const tags = JSON.parse(row.tags)
  return { id, environment, selection, status, reason, startedAt, endedAt: isoOrNull(row.ended_at), tags, counts }
}

/** A row of `steps`, with the payload of the event that failed it. */
export interface StepRow {
  readonly id: string
  readonly key: string
  readonly partitions: string
  readonly status: StepRecord["status"]
  readonly reason: string | null
  readonly started_at: number | null
  readonly ended_at: number | null
  readonly attempts: number
  readonly rows: number | null
  readonly bytes: number | null
  readonly data_version: string | null
  readonly payload: string | null
}

export function stepOf(row: StepRow, runId: string): StepRecord {
  const error: Json = row.payload === null ? null : (JSON.parse(row.payload).error ?? null)
  return {
    runId,
    id: row.id,
    key: row.key,
    partitions: JSON.parse(row.partitions),
    status: row.status,
    reason: row.reason,
    startedAt: isoOrNull(row.started_at),
    endedAt: isoOrNull(row.ended_at),
    attempts: row.attempts,
    rows: row.rows,
    bytes: row.bytes,
    dataVersion: row.data_version,
    error,
  }
}

function isoOrNull(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}
