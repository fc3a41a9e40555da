import type { SqliteDatabase } from "./sqlite-database.ts"

/** Rows that one transaction deletes: others wait for it, and not for long. */
const PORTION = 10_000
const KEPT = "(SELECT event FROM temp.kept)"

const portions = [
  `DELETE FROM materializations WHERE event IN (SELECT e.id FROM events e JOIN materializations m ON m.event = e.id
    WHERE e.run = ? AND e.id NOT IN ${KEPT} LIMIT ${PORTION})`,
  `DELETE FROM events WHERE id IN (SELECT id FROM events WHERE run = ? AND id NOT IN ${KEPT} LIMIT ${PORTION})`,
  `DELETE FROM steps WHERE (run, id) IN (SELECT run, id FROM steps WHERE run = ? LIMIT ${PORTION})`,
]

/** The record of what stays names its run by itself from now on. */
const KEEP_RUN_ID = `UPDATE events
  SET payload = json_set(payload, '$.materialization.runId', coalesce(payload ->> '$.materialization.runId', ?))
  WHERE run = ?`

/**
 * Deletes ended runs with their steps and events, in portions so that others can write in between; a run itself goes last,
 * so that what a death leaves can be deleted again. What `latest` tells stays: for a source that was reported, the log
 * alone holds it.
 */
export function deleteRuns(db: SqliteDatabase, ids: readonly string[]): void {
  keepLatest(db)
  for (const id of ids) {
    const run = db.get<{ number: number }>("SELECT number FROM runs WHERE id = ? AND status <> 'running'", id)
    if (!run) continue
    for (const sql of portions) while (db.transaction(() => db.run(sql, run.number).changes) === PORTION);
    db.transaction(() => {
      db.run(KEEP_RUN_ID, id, run.number)
      for (const table of ["failures", "leases", "reads"]) db.run(`DELETE FROM ${table} WHERE run = ?`, run.number)
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
