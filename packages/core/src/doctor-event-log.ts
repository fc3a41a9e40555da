import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname } from "node:path"
import type { Database } from "better-sqlite3"
import { gigabytes } from "./doctor-machine.ts"
import type { Finding } from "./engine/engine.ts"
import { eventLogFailure } from "./event/event-log-failure.ts"
import { lockHolder } from "./event/lock-holder.ts"
import { isRunnerDead, type RunningRow } from "./event/lost-runs.ts"
import { SCHEMA_VERSION } from "./event/sqlite-schema.ts"

const littleSpace = 1024 ** 3

/** Looks at the event log of an environment, without changing it: opens it for reading, once. */
export function examineEventLog(path: string): Finding[] {
  if (!existsSync(path))
    return [{ level: "ok", what: `${path} is made by the first run` }, ...spaceFindings(dirname(path))]
  return [...fileFindings(path), ...contentFindings(path), ...spaceFindings(dirname(path))]
}

/** Whether a folder, or the nearest one above that is there, can be written and has room. */
function spaceFindings(folder: string): Finding[] {
  let there = folder
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there)
  try {
    accessSync(there, constants.W_OK | constants.X_OK)
  } catch {
    return [
      {
        level: "error",
        what: `${there} cannot be written.`,
        fix: `Make it writable for this user: chmod u+wx ${there}`,
      },
    ]
  }
  const { bavail, bsize } = statfsSync(there)
  const free = bavail * bsize
  if (free >= littleSpace) return [{ level: "ok", what: `${there} is writable, ${gigabytes(free)} free` }]
  return [
    { level: "warn", what: `The disk of ${there} has ${gigabytes(free)} left.`, fix: "Free some space: assets gc" },
  ]
}

function fileFindings(path: string): Finding[] {
  const folder = dirname(path)
  const megabytes = (statSync(path).size / 1e6).toFixed(1)
  const size: Finding = { level: "ok", what: `${path}, ${megabytes} MB` }
  if (process.platform === "win32" || (statSync(folder).mode & 0o077) === 0) return [size]
  const what = `Others on this machine can look into ${folder}, which holds history and logs.`
  return [size, { level: "warn", what, fix: `chmod 700 ${folder}` }]
}

function contentFindings(path: string): Finding[] {
  let db: Database | undefined
  try {
    const SQLite = createRequire(import.meta.url)("better-sqlite3") as typeof import("better-sqlite3")
    db = new SQLite(path, { readonly: true, timeout: 2_000 })
    return [...integrity(db, path), ...schemaFindings(db), ...runFindings(db), ...lockFindings(path)]
  } catch (error) {
    const failure = eventLogFailure(error, path)
    if (!(failure instanceof Error)) throw error
    const fix = "fix" in failure && typeof failure.fix === "string" ? failure.fix : undefined
    const why = "why" in failure && typeof failure.why === "string" ? ` ${failure.why}` : ""
    return [{ level: "error", what: `${failure.message}${why}`, ...(fix !== undefined && { fix }) }]
  } finally {
    db?.close()
  }
}

function integrity(db: Database, path: string): Finding[] {
  const rows = db.pragma("quick_check(3)") as readonly { readonly quick_check: string }[] // as SQLite documents it
  const faults = rows.map(row => row.quick_check).filter(text => text !== "ok")
  if (faults.length === 0) return [{ level: "ok", what: "its pages are whole" }]
  const fix = `Move it away: mv ${path} ${path}.damaged, then: assets gc --reindex. What is current is stored with the data.`
  return [{ level: "error", what: `The event log ${path} is damaged: ${faults.join("; ")}`, fix }]
}

function schemaFindings(db: Database): Finding[] {
  const row = db.prepare("SELECT value FROM meta WHERE name = 'schema'").get() as { readonly value: string } | undefined
  const version = Number(row?.value ?? 0)
  if (version === SCHEMA_VERSION) return []
  if (version > SCHEMA_VERSION) {
    const what = `It was written by a newer release: form ${version}, and this one knows ${SCHEMA_VERSION}.`
    return [{ level: "error", what, fix: "Update the @assets packages, or name another folder with state: { path }." }]
  }
  return [
    {
      level: "ok",
      what: `It is of form ${version}; the next command makes it one of ${SCHEMA_VERSION} and keeps a copy.`,
    },
  ]
}

/** Runs and leases of living and dead processes. */
function runFindings(db: Database): Finding[] {
  const running = db.prepare("SELECT * FROM runs WHERE status = 'running'").all() as readonly RunningRow[] // columns of the schema
  const leases = db.prepare("SELECT name, run FROM leases").all() as readonly {
    readonly name: string
    readonly run: number
  }[]
  return running.map((run): Finding => {
    const held = leases.filter(lease => lease.run === run.number).length
    const holds = `run ${run.id} of process ${run.pid} on ${run.host} holds ${held} lease${held === 1 ? "" : "s"}`
    if (!isRunnerDead({ ...run, heartbeat_monotonic: run.heartbeat_monotonic ?? null }, Date.now())) {
      return { level: "ok", what: holds }
    }
    const fix =
      "Nothing to do: the next command ends it as failed (runner lost) and frees what it holds, such as: assets runs"
    return { level: "warn", what: `The process of a run is dead: ${holds}.`, fix }
  })
}

function lockFindings(path: string): Finding[] {
  const holder = lockHolder(path)
  if (!holder) return []
  return [{ level: "ok", what: `process ${holder.pid} is changing it now (${holder.command})` }]
}
