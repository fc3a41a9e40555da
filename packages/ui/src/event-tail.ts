import { setImmediate as giveWay, setTimeout as wait } from "node:timers/promises"
import type { AssetsEvent, EventLog, EventType } from "@assets/core"

/** How often the log is asked. Another process writes it, so nothing tells of a new event; a look costs some 10 µs. */
const POLL_MS = 200
/** A millisecond's work: twenty readers that are far behind still leave room for other requests. */
const PAGE = 100

export interface TailOptions {
  /** Events whose id is greater. */
  readonly after: number
  readonly runId: string | undefined
  /** Only these; all when empty. */
  readonly types: ReadonlySet<EventType>
}

/** Gives events as they are written, in order and without a gap, until the signal aborts. */
export async function* tailEvents(
  log: EventLog,
  options: TailOptions,
  signal: AbortSignal,
): AsyncGenerator<AssetsEvent> {
  let after = options.after
  while (!signal.aborted) {
    const events = log.events({ after, limit: PAGE, ...(options.runId !== undefined && { runId: options.runId }) })
    for (const event of events) {
      if (signal.aborted) return
      after = event.id
      if (options.types.size === 0 || options.types.has(event.type)) yield event
    }
    if (events.length === PAGE) await giveWay()
    else await wait(POLL_MS, undefined, { signal }).catch(() => undefined) // it rejects when the signal aborts
  }
}

/**
 * The greatest event id of the log, 0 when it is empty.
 * Found by doubling and halving over the cursor: some forty look-ups of a primary key, at any size.
 */
export function lastEventId(log: EventLog): number {
  const nextAfter = (after: number) => log.events({ after, limit: 1 })[0]?.id
  let known = 0
  let step = 1
  for (let next = nextAfter(0); next !== undefined; next = nextAfter(known + step)) {
    known = next
    step *= 2
  }
  for (; step >= 1; step = Math.floor(step / 2)) {
    const next = nextAfter(known + step)
    if (next !== undefined) known = next
  }
  return nextAfter(known) ?? known
}
