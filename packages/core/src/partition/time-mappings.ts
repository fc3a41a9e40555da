import type { MissingOptions, PartitionMapping } from "./partition-mapping.ts"
import type { Partitions, TimeWindow } from "./partitions.ts"
import { TimePartitions } from "./time-partitions.ts"

export interface OverlapOptions extends MissingOptions {
  /** Downstream windows by which the start is moved; -1 adds the one before. Default 0. */
  readonly startOffset?: number
  /** Downstream windows by which the end is moved; 1 adds the one after. Default 0. */
  readonly endOffset?: number
}

/**
 * The upstream windows that share an instant with the downstream one: the default between rules that are made of time.
 * Windows that only an offset reaches are left out where there are none, at the first keys and the last.
 */
export function overlapping({
  startOffset = 0,
  endOffset = 0,
  allowMissing = false,
}: OverlapOptions = {}): PartitionMapping {
  return Object.freeze<PartitionMapping>({
    upstream(key, downstream, upstream, context) {
      if (key === null || !(downstream instanceof TimePartitions) || !(upstream instanceof TimePartitions)) return []
      const window = downstream.window(key)
      if (startOffset === 0 && endOffset === 0) return upstream.overlapping(window)
      const reached = upstream.overlapping(downstream.shifted(window, startOffset, endOffset))
      return reached.filter(one => upstream.has(one, context) || shareAnInstant(upstream.window(one), window))
    },
    allowsMissing: allowMissing,
    fault(downstream, upstream) {
      if (!Number.isInteger(startOffset) || !Number.isInteger(endOffset)) return "its offsets are not whole numbers"
      return timeFault(downstream, upstream)
    },
    describe: () => ({ overlapping: [startOffset, endOffset], allowMissing }),
  })
}

/**
 * The last `n` upstream windows that end when the downstream window does, or before: `lastN(7)` of a daily asset is the
 * same day and the six before. For an asset without partitions, the last `n` that there are. Near the start of the
 * upstream rule there are fewer.
 */
export function lastN(n: number, { allowMissing = false }: MissingOptions = {}): PartitionMapping {
  return Object.freeze<PartitionMapping>({
    upstream(key, downstream, upstream, context) {
      if (key === null || !downstream) return upstream.keys(context).slice(-n)
      if (!(downstream instanceof TimePartitions) || !(upstream instanceof TimePartitions)) return []
      const window = downstream.window(key)
      const keys = upstream.lastBefore(window.end, n)
      return keys.filter(one => upstream.has(one, context) || shareAnInstant(upstream.window(one), window))
    },
    allowsMissing: allowMissing,
    fault(downstream, upstream) {
      if (!Number.isInteger(n) || n < 1) return `n is ${n}, and is a whole number from 1 on`
      return downstream ? timeFault(downstream, upstream) : undefined
    },
    describe: () => ({ lastN: n, allowMissing }),
  })
}

function shareAnInstant(a: TimeWindow, b: TimeWindow): boolean {
  return a.start < b.end && b.start < a.end
}

function timeFault(downstream: Partitions | undefined, upstream: Partitions): string | undefined {
  if (downstream?.kind === "time" && upstream.kind === "time") return undefined
  return "it compares windows of time, and one of the two has none"
}
