import { canonicalJson } from "../util/canonical-json.ts"
import { byDimension } from "./dimension-mapping.ts"
import { allPartitions, identity } from "./key-mappings.ts"
import { MultiPartitions } from "./multi-partitions.ts"
import type { PartitionMapping } from "./partition-mapping.ts"
import type { Partitions } from "./partitions.ts"
import { overlapping } from "./time-mappings.ts"

const overlap = overlapping()

/**
 * The mapping between two rules that holds when none is declared, as Dagster infers it: all keys for an asset without
 * partitions; the windows that overlap where both are made of time; by the dimension that the other one is, where one
 * of the two has dimensions; else the same key.
 */
export function inferMapping(downstream: Partitions | undefined, upstream: Partitions): PartitionMapping {
  if (!downstream) return allPartitions
  const many = [downstream, upstream].find(one => one instanceof MultiPartitions)
  const single = many === upstream ? downstream : upstream
  if (many && !(single instanceof MultiPartitions)) {
    const dimension = matchingDimension(many, single)
    return dimension === undefined ? identity : byDimension({ [dimension]: undefined })
  }
  return downstream.kind === "time" && upstream.kind === "time" ? overlap : identity
}

/** The one dimension that is the same rule, or else the one that is made of time like the other. */
function matchingDimension(many: Partitions, single: Partitions): string | undefined {
  const dimensions = Object.entries(many.dimensions ?? {})
  const wanted = canonicalJson(single.describe())
  const same = dimensions.filter(([, dimension]) => canonicalJson(dimension.describe()) === wanted)
  const timed = single.kind === "time" ? dimensions.filter(([, { kind }]) => kind === "time") : []
  const found = same.length > 0 ? same : timed
  return found.length === 1 ? found[0]?.[0] : undefined
}
