import type { DefinitionError } from "../errors/assets-error.ts"
import type { Json } from "../util/json.ts"

/** Instants, half-open: `start` belongs to the window and `end` does not. */
export interface TimeWindow {
  readonly start: Date
  readonly end: Date
}

/** What is known when keys are asked for. */
export interface PartitionContext {
  readonly now: Date
  /** The keys that were added to a set of dynamic partitions, in order, by its name. */
  readonly dynamicKeys?: (name: string) => readonly string[]
}

/** The rule for all partition keys of an asset. */
export interface Partitions {
  readonly kind: "time" | "static" | "dynamic" | "multi"
  /** Column of `returns` that gives a row its key; per dimension where there are several. */
  readonly column?: string | { readonly [dimension: string]: string }
  /** What is wrong with the declaration: `definitions` reports it, and the methods throw it. */
  readonly fault?: DefinitionError
  /** The rules of the dimensions by name, of a rule with several. */
  readonly dimensions?: { readonly [name: string]: Partitions }
  /** All keys there are at an instant, in order. */
  keys(context: PartitionContext): string[]
  /** Whether a key belongs to the partitions, future keys of a time rule not counted. */
  has(key: string, context: PartitionContext): boolean
  /** The window of a key. Left out by partitions that are not made of time. */
  window?(key: string): TimeWindow
  /** What identifies the rule; canonical. */
  describe(): Json
}
