import { useCallback, useEffect, useRef } from "react"

/**
 * Calls at once when the last call is long enough ago, else when it is: several calls in between become one.
 * What is asked of the server while events come.
 */
export function useThrottled(call: () => void, everyMs: number): () => void {
  const waiting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const calledAt = useRef(Number.NEGATIVE_INFINITY)
  const latest = useRef(call)
  useEffect(() => {
    latest.current = call
  })
  useEffect(() => () => clearTimeout(waiting.current), [])
  return useCallback(() => {
    const run = () => {
      waiting.current = undefined
      calledAt.current = performance.now()
      latest.current()
    }
    waiting.current ??= setTimeout(run, Math.max(0, calledAt.current + everyMs - performance.now()))
  }, [everyMs])
}
