import { useEffect, useEffectEvent, useState } from "react"
import type { AssetsEvent, EventType } from "../api/api-view.ts"
import { apiPath } from "./api-client.ts"

export type StreamState = "off" | "connecting" | "live"

export interface StreamOptions {
  /** False: no connection. */
  readonly enabled: boolean
  readonly run?: string
  /** Only these; all when left out. A constant: a new array opens a new connection. */
  readonly types?: readonly EventType[]
  /** Begins after this event; left out, with what happens from now on. */
  readonly after?: number | undefined
}

/** How long events are gathered before they are told: many a frame come from a fast run. */
const GATHER_MS = 120
/** After an answer that is not a stream, which the browser does not try again by itself. */
const RETRY_MS = 3000

/** Follows the event log and tells new events in batches. After a lost connection it goes on where it was. */
export function useEventStream(
  options: StreamOptions,
  onEvents: (events: readonly AssetsEvent[]) => void,
): StreamState {
  const { enabled, run, types, after } = options
  const [state, setState] = useState<StreamState>("off")
  const tell = useEffectEvent(onEvents)
  const typeList = types?.join(",")

  useEffect(() => {
    if (!enabled) {
      setState("off")
      return
    }
    let cursor = after
    let gathered: AssetsEvent[] = []
    let gathering: ReturnType<typeof setTimeout> | undefined
    let retrying: ReturnType<typeof setTimeout> | undefined
    let source: EventSource
    const flush = () => {
      gathering = undefined
      const events = gathered
      gathered = []
      tell(events)
    }
    const open = () => {
      setState("connecting")
      source = new EventSource(apiPath("events", { run, types: typeList, after: cursor }))
      source.onopen = () => setState("live")
      source.onmessage = message => {
        const event: AssetsEvent = JSON.parse(message.data) // an event of the server's log, as its type says
        cursor = event.id
        gathered.push(event)
        gathering ??= setTimeout(flush, GATHER_MS)
      }
      source.onerror = () => {
        setState("connecting")
        if (source.readyState === EventSource.CLOSED) retrying = setTimeout(open, RETRY_MS)
      }
    }
    open()
    return () => {
      source.close()
      clearTimeout(gathering)
      clearTimeout(retrying)
    }
  }, [enabled, run, typeList, after])

  return state
}
