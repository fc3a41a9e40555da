import type { Definitions } from "./definitions.ts"
import type { EnvironmentConfig } from "./environment/environment.ts"
import { resolveEnvironment } from "./environment/resolve-environment.ts"
import { ConfigError } from "./errors/assets-error.ts"
import type { RunRecord, RunStatus } from "./event/event-log.ts"
import { findRun } from "./event/find-run.ts"
import type { RunLog } from "./event/run-log.ts"
import { openRunLog } from "./open-event-log.ts"

export interface DeleteRunsOptions {
  /** Whose event log; with a filter also: runs of this environment alone. Default: the project's, and runs of any. */
  readonly environment?: string | EnvironmentConfig
  /** Ids, beginnings of ids, or `latest`. Cannot be combined with a filter. */
  readonly runs?: readonly string[]
  /** Filter: runs that ended longer ago, in milliseconds. */
  readonly olderThanMs?: number
  /** Filter: how they ended. */
  readonly status?: Exclude<RunStatus, "running">
  /** True: tells what would be deleted, and deletes nothing. */
  readonly dryRun?: boolean
  readonly now?: Date
}

const PAGE = 1_000

/**
 * Deletes runs from the history, and gives their space back to the disk. No run that goes on is deleted, no stored data,
 * and not what the log knows as the latest of an asset.
 *
 * @returns the runs that were deleted, or would be
 * @throws ConfigError `ARGUMENT_INVALID` when neither runs nor a filter are given, or a named run goes on; `RUN_UNKNOWN`
 */
export function deleteRuns(project: Definitions, options: DeleteRunsOptions): readonly RunRecord[] {
  const log = openRunLog(project, resolveEnvironment(project, options.environment))
  try {
    const found = options.runs?.length ? namedRuns(log, options.runs, options) : filteredRuns(log, options)
    if (!options.dryRun && found.length > 0) log.deleteRuns(found.map(({ id }) => id))
    return found
  } finally {
    log.close()
  }
}

function namedRuns(log: RunLog, names: readonly string[], options: DeleteRunsOptions): RunRecord[] {
  if (options.olderThanMs !== undefined || options.status !== undefined) {
    throw refused("Runs are named, and a filter is given as well.", "Name runs, or give --older-than or --status.")
  }
  const found = new Map(names.map(name => findRun(log, name)).map(run => [run.id, run]))
  for (const { id, status } of found.values()) {
    if (status === "running") throw refused(`The run ${id} goes on.`, `Stop it first: assets runs cancel ${id}`)
  }
  return [...found.values()]
}

function filteredRuns(log: RunLog, { environment, olderThanMs, status, now }: DeleteRunsOptions): RunRecord[] {
  if (olderThanMs === undefined && status === undefined) {
    throw refused(
      "Nothing says which runs are to be deleted.",
      "Name them, or give --older-than 30d or --status failed.",
    )
  }
  const endedBefore = new Date((now?.getTime() ?? Date.now()) - (olderThanMs ?? 0)).toISOString()
  const filter = {
    limit: PAGE,
    ...(olderThanMs !== undefined && { endedBefore }),
    ...(status !== undefined && { status }),
    ...(typeof environment === "string" && { environment }),
  }
  const found: RunRecord[] = []
  for (let page = log.runs(filter); page.length > 0; ) {
    found.push(...page.filter(run => run.status !== "running"))
    const before = page.at(-1)?.id
    page = page.length < PAGE || before === undefined ? [] : log.runs({ ...filter, before })
  }
  return found
}

function refused(what: string, fix: string): ConfigError {
  const why = "Deleted history does not come back."
  return new ConfigError("ARGUMENT_INVALID", { what, why, fix })
}
