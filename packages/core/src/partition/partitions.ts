import type { Json } from "../util/json.ts"

/** Instants, half-open: `start` belongs to the window and `end` does not. */
export interface TimeWindow {
  readonly start: Date
  readonly end: Date
}

/** The rule for all partition keys of an asset. */
export interface Partitions {
  readonly kind: "time" | "static" | "dynamic" | "multi"
  /** Column of `returns` that gives a row its key; per dimension where there are several. */
  readonly column?: string | { readonly [dimension: string]: string }
  /** All keys there are at an instant, in order. */
  keys(context: { readonly now: Date }): string[]
  /** Whether a key belongs to the partitions, future keys of a time rule not counted. */
  has(key: string, context: { readonly now: Date }): boolean
  /** The window of a key. Left out by partitions that are not made of time. */
  window?(key: string): TimeWindow
  /** What identifies the rule; canonical. */
  describe(): Json
}
