import type { Json } from "../util/json.ts"
import type { Partitions } from "./partitions.ts"

/** Which upstream keys a downstream key reads. */
export interface PartitionMapping {
  /** Upstream keys in order; `undefined` for a side without partitions. */
  upstream(
    downstreamKey: string | null,
    downstream: Partitions | undefined,
    upstream: Partitions,
    context: { readonly now: Date },
  ): readonly string[]
  /** Whether an upstream key that does not exist is left out instead of being an error. */
  readonly allowsMissing: boolean
  describe(): Json
}
