import { type InfiniteData, keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query"
import { useCallback, useEffect, useMemo, useRef } from "react"
import type { AssetsEvent, EventType, RunPage, RunRecord } from "../../api/api-view.ts"
import { apiPath, getJson } from "../api-client.ts"
import { useEventStream } from "../event-stream.ts"
import { useThrottled } from "../use-throttled.ts"

export interface RunFilters {
  readonly environment: string
  readonly status: string
  readonly q: string
}

type Pages = InfiniteData<RunPage, string | undefined>

/** What changes a row of the list: a run's counts follow its steps. */
const changing: readonly EventType[] = [
  "run_started",
  "asset_materialized",
  "step_skipped",
  "step_failed",
  "step_blocked",
  "step_cancelled",
  "run_succeeded",
  "run_failed",
  "run_cancelled",
]
const PAGE = 50
/** Between two looks at the newest runs while events come. */
const REFRESH_MS = 700

/** Runs, latest first, read page by page. The newest page follows the event stream. */
export function useRuns(filters: RunFilters) {
  const client = useQueryClient()
  const queryKey = useMemo(
    () => ["runs", filters.environment, filters.status, filters.q],
    [filters.environment, filters.status, filters.q],
  )
  const path = (before?: string) => apiPath("runs", { ...filters, before, limit: PAGE })
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => getJson<RunPage>(path(pageParam), signal),
    initialPageParam: undefined as string | undefined,
    // The rows stay until the filtered ones are there: the list does not flicker, and the keyboard finds it.
    placeholderData: keepPreviousData,
    getNextPageParam: page => page.next ?? undefined,
    staleTime: 0,
    // All pages would be read again; the newest is what changes, and the stream tells when.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })

  const changed = useRef(new Set<string>())
  const refresh = async () => {
    const ids = changed.current
    changed.current = new Set()
    const head = await getJson<RunPage>(path())
    const inHead = new Set(head.runs.map(run => run.id))
    // A run that still runs and is not among the newest.
    const loaded = client.getQueryData<Pages>(queryKey)?.pages.flatMap(page => page.runs) ?? []
    const older = loaded.filter(run => ids.has(run.id) && !inHead.has(run.id)).slice(0, 20)
    const fresh = await Promise.all(older.map(run => getJson<RunRecord>(apiPath(`runs/${encodeURIComponent(run.id)}`))))
    client.setQueryData<Pages>(queryKey, pages => pages && merge(pages, head, new Map(fresh.map(run => [run.id, run]))))
  }
  // A refusal is told by the query; a lost connection mends itself.
  const refreshSoon = useThrottled(() => void refresh().catch(() => undefined), REFRESH_MS)
  const stream = useEventStream({ enabled: true, types: changing }, (events: readonly AssetsEvent[]) => {
    for (const event of events) changed.current.add(event.runId)
    refreshSoon()
  })

  // What happened before the stream was there.
  useEffect(() => {
    if (stream === "live") refreshSoon()
  }, [stream, refreshSoon])

  const runs = useMemo(() => query.data?.pages.flatMap(page => page.runs) ?? [], [query.data])
  const { hasNextPage, isFetching, fetchNextPage } = query
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage()
  }, [hasNextPage, isFetching, fetchNextPage])
  // A rare word: the server looks at a part of the log for each answer.
  useEffect(() => {
    if (runs.length < PAGE) loadMore()
  }, [runs.length, loadMore])
  const isPending = query.isPending || query.isPlaceholderData
  return { runs, stream, loadMore, hasMore: hasNextPage, isPending, isFetching, error: query.error }
}

/** The newest page over what is loaded: its runs first, then the others as they were. */
function merge(pages: Pages, head: RunPage, fresh: ReadonlyMap<string, RunRecord>): Pages {
  const inHead = new Set(head.runs.map(run => run.id))
  const [first, ...rest] = pages.pages
  if (!first) return pages
  const overlaps = head.next === null || first.runs.some(run => inHead.has(run.id))
  // More new runs than a page: what lies between is not known, so the list begins anew.
  if (!overlaps && first.runs.length > 0) return { pages: [head], pageParams: [undefined] }
  const keep = (page: RunPage) => ({
    ...page,
    runs: page.runs.filter(run => !inHead.has(run.id)).map(run => fresh.get(run.id) ?? run),
  })
  const kept = keep(first)
  const joined = { runs: [...head.runs, ...kept.runs], next: first.runs.length === 0 ? head.next : first.next }
  return { ...pages, pages: [joined, ...rest.map(keep)] }
}
