import { useQuery, useQueryClient } from "@tanstack/react-query"
import { useRef, useState } from "react"
import type { AssetsEvent, RunRecord, StepPage } from "../../api/api-view.ts"
import { apiPath, getJson } from "../api-client.ts"
import { useEventStream } from "../event-stream.ts"
import { applyEvents } from "./apply-events.ts"

const REFRESH_MS = 500

/** A run and its steps, followed while it goes on. `heard` grows with each batch of events. */
export function useRun(id: string) {
  const client = useQueryClient()
  const [heard, setHeard] = useState(0)
  const runKey = ["run", id]
  const stepsKey = ["run", id, "steps"]
  const path = `runs/${encodeURIComponent(id)}`
  const run = useQuery({ queryKey: runKey, queryFn: ({ signal }) => getJson<RunRecord>(apiPath(path), signal) })
  const steps = useQuery({
    queryKey: stepsKey,
    queryFn: ({ signal }) => getJson<StepPage>(apiPath(`${path}/steps`), signal),
    // The stream tells what changes.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })

  const [cursor, setCursor] = useState<number>()
  if (steps.data && cursor === undefined) setCursor(steps.data.cursor)
  const refreshing = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const refresh = (ended: boolean) => {
    refreshing.current = undefined
    void client.invalidateQueries({ queryKey: runKey, exact: true })
    // What the events do not hold, a last time.
    if (ended) void client.invalidateQueries({ queryKey: stepsKey })
    setHeard(heard => heard + 1)
  }
  const enabled = run.data?.status === "running" && cursor !== undefined
  const stream = useEventStream({ enabled, run: id, after: cursor }, (events: readonly AssetsEvent[]) => {
    client.setQueryData<StepPage>(stepsKey, page => page && { ...page, steps: applyEvents(page.steps, events) })
    const ended = events.some(event => /^run_(succeeded|failed|cancelled)$/.test(event.type))
    if (ended) {
      clearTimeout(refreshing.current)
      refresh(true)
    } else refreshing.current ??= setTimeout(refresh, REFRESH_MS, false)
  })

  return { run, steps, stream, heard }
}
