import { SqliteEventLog } from "./sqlite-event-log.ts"

/** An event log that lives as long as this object: the same tables, in memory. `close` leaves it open. */
export class MemoryEventLog extends SqliteEventLog {
  constructor() {
    super(":memory:")
  }

  override close(): void {
    // Nothing to release but memory, and whoever closed it may look at it again.
  }
}
