import type { AssetStatus } from "./status-of.ts"

/** Neighbouring partitions of an asset that stand alike, or one without partitions. */
export interface AssetStatusRange extends Pick<AssetStatus, "key" | "status" | "causes"> {
  /** The key of a single partition; null for several, and for an asset without partitions. */
  readonly partition: string | null
  /** The first and the last key, both included; null for an asset without partitions. */
  readonly from: string | null
  readonly to: string | null
  /** How many partitions; 1 for an asset without. */
  readonly count: number
}

/**
 * Returns the same in ranges: partitions that follow one another in the order of `status`, with the same status for the
 * same causes.
 */
export function statusRanges(statuses: readonly AssetStatus[]): AssetStatusRange[] {
  const ranges: AssetStatusRange[] = []
  let first: AssetStatus | undefined
  let last: AssetStatus | undefined
  let count = 0
  const end = () => {
    if (first && last) ranges.push(rangeOf(first, last, count))
    count = 0
  }
  for (const one of statuses) {
    if (!first || !standsLike(one, first)) {
      end()
      first = one
    }
    last = one
    count++
  }
  end()
  return ranges
}

function rangeOf({ key, status, causes, partition: from }: AssetStatus, last: AssetStatus, count: number) {
  return { key, partition: count === 1 ? from : null, from, to: last.partition, count, status, causes }
}

function standsLike(a: AssetStatus, b: AssetStatus): boolean {
  if (a.key !== b.key || a.status !== b.status || a.causes.length !== b.causes.length) return false
  return a.causes.length === 0 || JSON.stringify(a.causes) === JSON.stringify(b.causes)
}
