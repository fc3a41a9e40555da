import type { Json } from "../util/json.ts"
import type { PartitionContext, Partitions } from "./partitions.ts"

/** Which upstream keys a downstream key reads. */
export interface PartitionMapping {
  /**
   * Upstream keys in order, those included that do not exist; `downstreamKey` is null, and `downstream` undefined, for
   * an asset without partitions.
   */
  upstream(
    downstreamKey: string | null,
    downstream: Partitions | undefined,
    upstream: Partitions,
    context: PartitionContext,
  ): readonly string[]
  /** Whether an upstream key that does not exist is left out instead of being an error. */
  readonly allowsMissing: boolean
  /** Says why the mapping cannot hold between two rules; undefined when it can. */
  fault?(downstream: Partitions | undefined, upstream: Partitions): string | undefined
  describe(): Json
}

/** What mappings with an own answer to missing keys take. */
export interface MissingOptions {
  /** True: upstream keys that do not exist are left out. Default false: they are an error before the run. */
  readonly allowMissing?: boolean
}
