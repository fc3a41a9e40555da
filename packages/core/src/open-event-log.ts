import type { Definitions } from "./definitions.ts"
import type { EventLog } from "./event/event-log.ts"

/**
 * Opens the event log of a project's environment for reading; makes an empty one where there is none yet.
 * Marks the runs of dead processes as failed (`runner lost`).
 *
 * @param environment the project's default one when left out
 * @throws StorageError `EVENT_LOG_NEWER`, `EVENT_LOG_CORRUPT`, `EVENT_LOG_LOCKED`, `STORAGE_UNWRITABLE`
 */
export function openEventLog(_project: Definitions, _environment?: string): EventLog {
  throw new Error("not yet")
}
