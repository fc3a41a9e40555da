import type { AssetFacts } from "./asset-facts.ts"
import { latestOf } from "./figures.ts"

/** An engine that holds so much of its limit spills with a little more data. */
const NEAR_LIMIT = 0.9
/** Less than this share of the limit is spilled by engines that tidy up, and costs nothing that is felt. */
const SPILL_SHARE = 0.1

/** The memory that an asset was seen to want, where its limit was too small or nearly so. */
export interface MemoryNeed {
  readonly peakMemoryBytes: number
  readonly spilledBytes: number
  readonly memoryLimitBytes: number
  /** What would have kept all of it in memory. */
  readonly neededBytes: number
  readonly isShared: boolean
}

/** The greatest need of the latest measurements; undefined when they kept well below their limits, or tell of none. */
export function memoryNeed(facts: AssetFacts): MemoryNeed | undefined {
  const needs = latestOf(facts).flatMap(({ usage }) => {
    const { peakMemoryBytes, memoryLimitBytes, spilledBytes = 0, shared } = usage ?? {}
    if (peakMemoryBytes === undefined || memoryLimitBytes === undefined) return []
    const isTight = peakMemoryBytes >= NEAR_LIMIT * memoryLimitBytes || spilledBytes >= SPILL_SHARE * memoryLimitBytes
    if (!isTight) return []
    const neededBytes = peakMemoryBytes + spilledBytes
    return [{ peakMemoryBytes, spilledBytes, memoryLimitBytes, neededBytes, isShared: shared === true }]
  })
  return needs.toSorted((a, b) => b.neededBytes - a.neededBytes)[0]
}

/** The figures of a need, for an advice. */
export function figuresOf({ isShared, ...figures }: MemoryNeed) {
  return { ...figures, ...(isShared && { measured: "with other steps" }) }
}
