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

/** What stands before a status in the order of its asset's partitions, where only some of them were asked for. */
const before = new WeakMap<AssetStatus, AssetStatus>()

/** Remembers the order of all partitions for the ranges of some of them. */
export function keepOrder(all: readonly AssetStatus[]): void {
  for (const [i, one] of all.entries()) {
    const former = all[i - 1]
    if (former) before.set(one, former)
  }
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
    const follows = !last || !before.has(one) || before.get(one) === last
    if (!first || !follows || !standsLike(one, first)) {
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
