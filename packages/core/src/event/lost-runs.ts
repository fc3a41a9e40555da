import { isDead, type ProcessIdentity } from "../util/process-identity.ts"
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
}

export function identityOf(row: ProcessRow): ProcessIdentity {
  const { host, pid } = row
  return { host, bootId: row.boot_id, pidNamespace: row.pid_namespace, pid, startedAt: row.process_started_at }
}

const REASON = "runner lost"

/** Ends the runs whose process is dead: `failed`, their running steps too; frees what they held. */
export function markLostRuns(db: SqliteDatabase, log: EventLog, nowMs: number): void {
  const running = "SELECT * FROM runs WHERE status = 'running'"
  const isLost = (row: ProcessRow) => isDead(identityOf(row), row.heartbeat, nowMs)
  if (!db.all<ProcessRow>(running).some(isLost)) return
  db.transaction(() => {
    // Looked at again: another process may have been first.
    const rows = db.all<ProcessRow & { readonly number: number; readonly id: string; readonly started_at: number }>(
      running,
    )
    for (const run of rows.filter(isLost)) {
      const steps = db.all<{ id: string; key: string; partitions: string; status: StepStatus; attempts: number }>(
        "SELECT id, key, partitions, status, attempts FROM steps WHERE run = ? AND status IN ('pending', 'running')",
        run.number,
      )
      const error = { code: "RUNNER_LOST", what: `The process ${run.pid} that carried out the run has ended.` }
      for (const step of steps) {
        const about = { runId: run.id, step: step.id, key: step.key, partitions: JSON.parse(step.partitions) }
        if (step.status === "pending") log.append({ type: "step_cancelled", ...about })
        else log.append({ type: "step_failed", ...about, attempt: step.attempts, error, durationMs: 0 })
        db.run("UPDATE steps SET reason = ? WHERE run = ? AND id = ?", REASON, run.number, step.id)
      }
      log.append({ type: "run_failed", runId: run.id, durationMs: nowMs - run.started_at, error })
      db.run("UPDATE runs SET reason = ? WHERE number = ?", REASON, run.number)
    }
  })
}
