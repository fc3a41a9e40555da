import { useInfiniteQuery } from "@tanstack/react-query"
import { useEffect, useLayoutEffect, useRef } from "react"
import type { AssetsEvent, EventPage } from "../../api/api-view.ts"
import { apiPath, getJson } from "../api-client.ts"
import { ErrorBlock } from "../error-block.tsx"
import { formatClock, formatDateTime, words } from "../format.ts"
import { describeEvent } from "./describe-event.ts"

interface EventListProps {
  readonly run: string
  /** Events of this step only. */
  readonly step?: string
  readonly logsOnly?: boolean
  readonly isLive: boolean
  /** Grows when the log has grown. */
  readonly heard: number
}

/** The events of a run in order, read page by page, and while it goes on as they come. */
export function EventList({ run, step, logsOnly = false, isLive, heard }: EventListProps) {
  const { events, isPending, error, hasMore, loadMore } = useEvents({ run, step, logsOnly, heard })
  const end = useRef<HTMLDivElement>(null)
  useStickToEnd(events.length, isLive && step === undefined)

  useEffect(() => {
    if (!hasMore || !end.current) return
    const near = new IntersectionObserver(entries => entries.some(entry => entry.isIntersecting) && loadMore(), {
      rootMargin: "600px",
    })
    near.observe(end.current)
    return () => near.disconnect()
  }, [hasMore, loadMore])

  if (error) return <ErrorBlock error={error} />
  if (events.length === 0 && !isPending && !hasMore) {
    const none = logsOnly ? "No asset of this run has written a log line." : "Nothing has happened yet."
    return <p className="loading">{isLive && logsOnly ? "No log line yet." : none}</p>
  }
  return (
    <div className={step === undefined ? "events" : "events is-narrow"}>
      <ol aria-label={logsOnly ? "Log lines" : "Events"}>
        {events.map(event => (
          <EventLine key={event.id} event={event} showStep={step === undefined} showType={!logsOnly} />
        ))}
      </ol>
      <div ref={end}>
        {hasMore && (
          <button type="button" className="text-button" onClick={loadMore}>
            Read more
          </button>
        )}
      </div>
    </div>
  )
}

function useEvents(options: {
  readonly run: string
  readonly step: string | undefined
  readonly logsOnly: boolean
  readonly heard: number
}) {
  const { run, step, logsOnly, heard } = options
  const path = `runs/${encodeURIComponent(run)}/events`
  const types = logsOnly ? "log_written" : undefined
  const query = useInfiniteQuery({
    queryKey: ["events", run, step ?? "", logsOnly],
    queryFn: ({ pageParam, signal }) =>
      getJson<EventPage>(apiPath(path, { after: pageParam, step, types, limit: 500 }), signal),
    initialPageParam: 0,
    // There is always a next page: the log of a run that goes on grows.
    getNextPageParam: (page, _pages, after) => page.next ?? page.events.at(-1)?.id ?? after,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
  const { data, isFetching, fetchNextPage } = query
  const hasMore = data?.pages.at(-1)?.next != null
  const loadMore = () => {
    if (!isFetching) void fetchNextPage()
  }
  const read = useRef(heard)
  useEffect(() => {
    if (isFetching || hasMore || !data || read.current === heard) return
    read.current = heard
    void fetchNextPage()
  }, [heard, isFetching, hasMore, data, fetchNextPage])
  return {
    events: data?.pages.flatMap(page => page.events) ?? [],
    isPending: query.isPending,
    error: query.error,
    hasMore,
    loadMore,
  }
}

/** Keeps the end in sight while lines come, for as long as the reader is there. */
function useStickToEnd(lines: number, enabled: boolean): void {
  const wasAtEnd = useRef(false)
  useEffect(() => {
    if (!enabled) return
    const look = () => {
      const { scrollHeight } = document.documentElement
      wasAtEnd.current = scrollY > 0 && scrollY + innerHeight >= scrollHeight - 40
    }
    addEventListener("scroll", look, { passive: true })
    return () => removeEventListener("scroll", look)
  }, [enabled])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new line is what moves the end
  useLayoutEffect(() => {
    if (enabled && wasAtEnd.current) scrollTo(0, document.documentElement.scrollHeight)
  }, [lines, enabled])
}

interface EventLineProps {
  readonly event: AssetsEvent
  readonly showStep: boolean
  readonly showType: boolean
}

function EventLine({ event, showStep, showType }: EventLineProps) {
  const { text, tone, details } = describeEvent(event)
  return (
    <li className="event">
      <time dateTime={event.time} title={formatDateTime(event.time)}>
        {formatClock(event.time)}
      </time>
      {showType && <span className={`event-type tone-${tone}`}>{words(event.type)}</span>}
      {!showType && event.type === "log_written" && <span className={`event-level tone-${tone}`}>{event.level}</span>}
      {showStep && <span className="event-step">{"step" in event ? event.step : ""}</span>}
      <span className="event-text">
        {text}
        <Details value={details} />
      </span>
    </li>
  )
}

function Details({ value }: { readonly value: unknown }) {
  if (value === undefined || value === null) return null
  if (Array.isArray(value) && value.length === 0) return null
  const isLines = Array.isArray(value) && value.every(line => typeof line === "string")
  const text = isLines ? value.join("\n") : JSON.stringify(value, null, 2)
  return (
    <details>
      <summary>{isLines ? "Changes of the plan" : "Details"}</summary>
      <pre>{text}</pre>
    </details>
  )
}
