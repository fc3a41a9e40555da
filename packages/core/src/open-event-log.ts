import { resolve } from "node:path"
import type { Definitions } from "./definitions.ts"
import type { EnvironmentConfig } from "./environment/environment.ts"
import { expandText } from "./environment/expand-text.ts"
import { isInMemory } from "./environment/in-memory.ts"
import { type ResolvedEnvironment, resolveEnvironment } from "./environment/resolve-environment.ts"
import { StorageError } from "./errors/assets-error.ts"
import type { EventLog } from "./event/event-log.ts"
import { MemoryEventLog } from "./event/memory-event-log.ts"
import { openReadOnlyCopy } from "./event/read-only-copy.ts"
import type { RunLog } from "./event/run-log.ts"
import { type EventLogOptions, SqliteEventLog } from "./event/sqlite-event-log.ts"

const inMemoryLogs = new WeakMap<EnvironmentConfig, RunLog>()

/**
 * Opens the event log of a project's environment for reading; makes an empty one where there is none yet.
 * Marks the runs of dead processes as failed (`runner lost`).
 *
 * @param environment the project's default one when left out
 * @throws StorageError `EVENT_LOG_NEWER`, `EVENT_LOG_CORRUPT`, `EVENT_LOG_LOCKED`, `STORAGE_UNWRITABLE`
 */
export function openEventLog(project: Definitions, environment?: string | EnvironmentConfig): EventLog {
  return openRunLog(project, resolveEnvironment(project, environment))
}

/** Opens the event log for a runner. That of an environment in memory lives as long as the environment. */
export function openRunLog(project: Definitions, environment: ResolvedEnvironment): RunLog {
  const { config } = environment
  if (!isInMemory(config)) {
    return openFile(eventLogPath(project, environment), { durability: config.durability })
  }
  const log = inMemoryLogs.get(config) ?? new MemoryEventLog()
  inMemoryLogs.set(config, log)
  return log
}

/** Opens the file; one that cannot be written for reading: what would change it is then refused with the reason. */
function openFile(path: string, options: EventLogOptions): RunLog {
  try {
    return new SqliteEventLog(path, options)
  } catch (error) {
    const isUnwritable = error instanceof StorageError && /^STORAGE_(UNWRITABLE|FULL)$/.test(error.code)
    if (isUnwritable) return openReadOnlyCopy(path, error)
    throw error
  }
}

/** The file of an environment's event log. */
export function eventLogPath(project: Definitions, environment: ResolvedEnvironment): string {
  const path = environment.config.state?.path ?? project.state?.path ?? ".assets"
  return resolve(project.base, expandText(path, environment), "assets.db")
}
