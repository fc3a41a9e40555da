import type { SqliteDatabase } from "./sqlite-database.ts"

const KEPT = "(SELECT event FROM temp.kept)"

/** The record of what stays names its run by itself from now on. */
const KEEP_RUN_ID = `UPDATE events
  SET payload = json_set(payload, '$.materialization.runId', coalesce(payload ->> '$.materialization.runId', ?))
  WHERE run = ?`

/**
 * Deletes ended runs with their steps and events, each run in a transaction of its own so that others can write in
 * between. What `latest` tells stays: for a source that was reported, the log alone holds it.
 */
export function deleteRuns(db: SqliteDatabase, ids: readonly string[]): void {
  keepLatest(db)
  for (const id of ids) {
    db.transaction(() => {
      const run = db.get<{ number: number }>("SELECT number FROM runs WHERE id = ? AND status <> 'running'", id)
      if (!run) return
      const events = "(SELECT id FROM events WHERE run = ? AND type = 'asset_materialized')"
      db.run(`DELETE FROM materializations WHERE event IN ${events} AND event NOT IN ${KEPT}`, run.number)
      db.run(`DELETE FROM events WHERE run = ? AND id NOT IN ${KEPT}`, run.number)
      db.run(KEEP_RUN_ID, id, run.number)
      for (const table of ["steps", "failures", "leases", "reads"]) {
        db.run(`DELETE FROM ${table} WHERE run = ?`, run.number)
      }
      db.run("DELETE FROM runs WHERE number = ?", run.number)
    })
  }
  deleteReplaced(db)
}

/** What is latest now; of an ended run nothing becomes so later. */
function keepLatest(db: SqliteDatabase): void {
  db.run("CREATE TEMP TABLE IF NOT EXISTS kept (event INTEGER PRIMARY KEY)")
  db.run("DELETE FROM temp.kept")
  db.run("INSERT OR IGNORE INTO temp.kept SELECT event FROM latest")
}

/** Deletes what was left of runs that were deleted before, and is not the latest any more. */
function deleteReplaced(db: SqliteDatabase): void {
  const ofDeleted = `SELECT m.event FROM materializations m JOIN events e ON e.id = m.event
    WHERE e.run NOT IN (SELECT number FROM runs) AND m.event NOT IN ${KEPT}`
  db.transaction(() => {
    for (const { event } of db.all<{ event: number }>(ofDeleted)) {
      db.run("DELETE FROM materializations WHERE event = ?", event)
      db.run("DELETE FROM events WHERE id = ?", event)
    }
  })
}
