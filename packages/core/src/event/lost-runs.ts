import { type AssetsError, StorageError } from "../errors/assets-error.ts"
import { isDead, ownIdentity, type ProcessIdentity } from "../util/process-identity.ts"
import type { EventLog, StepStatus } from "./event-log.ts"
import type { SqliteDatabase } from "./sqlite-database.ts"

/** The columns of `runs` that tell which process carries a run out. */
export interface ProcessRow {
  readonly host: string
  readonly boot_id: string
  readonly pid_namespace: string
  readonly pid: number
  readonly process_started_at: string
  readonly heartbeat: number
  /** On the clock of the machine's start, which nobody sets back; null in files of version 1. */
  readonly heartbeat_monotonic: number | null
}

/** Milliseconds since about the start of the machine, the same for each of its processes. */
export function monotonicMs(): number {
  return Math.round(Number(process.hrtime.bigint() / 1_000_000n))
}

/**
 * Whether the process that carries a run out is dead. Its heartbeat is measured by a clock that is never set where both
 * are on one machine, also in different containers; else by the clocks of both machines.
 */
export function isRunnerDead(row: ProcessRow, nowMs: number): boolean {
  const { host, pid, heartbeat, heartbeat_monotonic: monotonic } = row
  const runner: ProcessIdentity = {
    host,
    bootId: row.boot_id,
    pidNamespace: row.pid_namespace,
    pid,
    startedAt: row.process_started_at,
  }
  const isSameMachine = runner.bootId !== "" && runner.bootId === ownIdentity().bootId
  return isSameMachine && monotonic !== null
    ? isDead(runner, monotonic, monotonicMs())
    : isDead(runner, heartbeat, nowMs)
}

const REASON = "runner lost"

/** A run that has not ended, as its row holds it. */
export interface RunningRow extends ProcessRow {
  readonly number: number
  readonly id: string
  readonly started_at: number
}

/** Ends the runs whose process is dead: `failed`, their running steps too; frees what they held. */
export function markLostRuns(db: SqliteDatabase, log: EventLog, nowMs: number): void {
  const running = "SELECT * FROM runs WHERE status = 'running'"
  const isLost = (row: ProcessRow) => isRunnerDead(row, nowMs)
  if (!db.all<ProcessRow>(running).some(isLost)) return
  db.transaction(() => {
    // Looked at again: another process may have been first.
    const lost = db.all<RunningRow>(running).filter(isLost)
    for (const run of lost) endRunAs(db, log, run, { status: "failed", reason: REASON, nowMs })
  })
}

interface RunEnd {
  readonly status: "failed" | "cancelled"
  readonly reason: string
  readonly nowMs: number
}

/** Ends a run on behalf of its process, with the steps that had not ended; part of a transaction. */
export function endRunAs(db: SqliteDatabase, log: EventLog, run: RunningRow, { status, reason, nowMs }: RunEnd): void {
  const steps = db.all<{ id: string; key: string; partitions: string; status: StepStatus; attempts: number }>(
    "SELECT id, key, partitions, status, attempts FROM steps WHERE run = ? AND status IN ('pending', 'running')",
    run.number,
  )
  const error = runnerLost(run).toJSON()
  for (const step of steps) {
    const about = { runId: run.id, step: step.id, key: step.key, partitions: JSON.parse(step.partitions) }
    if (status === "failed" && step.status === "running") {
      log.append({ type: "step_failed", ...about, attempt: step.attempts, error, durationMs: 0 })
    } else log.append({ type: "step_cancelled", ...about })
    db.run("UPDATE steps SET reason = ? WHERE run = ? AND id = ?", reason, run.number, step.id)
  }
  const durationMs = Math.max(0, nowMs - run.started_at)
  if (status === "failed") log.append({ type: "run_failed", runId: run.id, durationMs, error })
  else log.append({ type: "run_cancelled", runId: run.id, durationMs })
  db.run("UPDATE runs SET reason = ? WHERE number = ?", reason, run.number)
}

function runnerLost({ id, pid, host }: RunningRow): AssetsError {
  return new StorageError("RUNNER_LOST", {
    what: `The process ${pid} that carried out the run has ended.`,
    why: `It was killed, or its machine, ${host}, stopped or gave no sign for too long. What it had stored is kept.`,
    fix: `Run what it did not do: assets runs retry ${id}`,
  })
}
