import { useQuery, useQueryClient } from "@tanstack/react-query"
import { useEffect, useEffectEvent, useRef, useState } from "react"
import type { AssetsEvent, RunRecord, StepPage, StepRecord } from "../../api/api-view.ts"
import { apiPath, getJson } from "../api-client.ts"
import { useEventStream } from "../event-stream.ts"
import { useThrottled } from "../use-throttled.ts"
import { applyEvents } from "./apply-events.ts"

const REFRESH_MS = 500

/**
 * The steps of a run, page by page: none of the answers holds the server. A step that starts meanwhile changes its
 * place: what is then missed is told by the events after the first answer's cursor.
 */
async function allSteps(path: string, signal: AbortSignal): Promise<StepPage> {
  const steps = new Map<string, StepRecord>()
  let cursor: number | undefined
  for (let after: number | null = 0; after !== null; ) {
    const page: StepPage = await getJson(apiPath(path, { after }), signal)
    cursor ??= page.cursor
    for (const step of page.steps) steps.set(step.id, step)
    after = page.next
  }
  return { steps: [...steps.values()], cursor: cursor ?? 0, next: null }
}

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
    queryFn: ({ signal }) => allSteps(`${path}/steps`, signal),
    // After the run: the steps of one that has ended are then whole.
    enabled: run.data !== undefined,
    // The stream tells what changes.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })

  const [cursor, setCursor] = useState<number>()
  if (steps.data && cursor === undefined) setCursor(steps.data.cursor)
  const refreshSoon = useThrottled(() => {
    void client.invalidateQueries({ queryKey: runKey, exact: true })
    setHeard(heard => heard + 1)
  }, REFRESH_MS)
  const enabled = run.data?.status === "running" && cursor !== undefined
  const stream = useEventStream({ enabled, run: id, after: cursor }, (events: readonly AssetsEvent[]) => {
    client.setQueryData<StepPage>(stepsKey, page => page && { ...page, steps: applyEvents(page.steps, events) })
    refreshSoon()
  })

  // The run may have ended between the two answers: then no event after the cursor tells so.
  useEffect(() => {
    if (stream === "live") refreshSoon()
  }, [stream, refreshSoon])

  // The stream closes when the run has ended, perhaps before its last events were told: the steps are read once more.
  const status = run.data?.status
  const wasRunning = useRef(false)
  const readAgain = useEffectEvent(() => {
    void client.invalidateQueries({ queryKey: stepsKey })
    setHeard(heard => heard + 1)
  })
  useEffect(() => {
    if (status === "running") wasRunning.current = true
    else if (status !== undefined && wasRunning.current) readAgain()
  }, [status])

  return { run, steps, stream, heard }
}
