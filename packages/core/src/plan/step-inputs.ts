import type { Asset, Dependable } from "../asset/asset.ts"
import { dependencyOf } from "../asset/dependency.ts"
import type { Source } from "../asset/source.ts"
import { mappingOf } from "../asset/upstream-partitions.ts"
import type { PartitionContext } from "../partition/partitions.ts"

/** One dependency of a step, with the upstream partitions that it reads. */
export interface StepInput {
  /** As the asset's function calls it. */
  readonly name: string
  readonly key: string
  readonly of: Asset | Source
  /** Null stands for the whole of an asset without partitions, and for a source. */
  readonly partitions: readonly (string | null)[]
  /** Upstream keys that the mapping asks for and that do not exist, where it does not allow that. */
  readonly nonexistent: readonly string[]
}

const WHOLE: readonly null[] = Object.freeze([null])
const NONE: readonly never[] = Object.freeze([])

/** Returns what a step reads of each dependency. */
export function stepInputs(asset: Asset, partition: string | null, context: PartitionContext): StepInput[] {
  return Object.entries(asset.deps).map(([name, dependable]) => stepInput(asset, name, dependable, partition, context))
}

function stepInput(
  asset: Asset,
  name: string,
  dependable: Dependable,
  partition: string | null,
  context: PartitionContext,
): StepInput {
  const of = dependencyOf(dependable)
  // A source is observed as a whole, whatever its partitions.
  const upstream = of.kind === "asset" ? of.options.partitions : undefined
  const mapping = upstream && mappingOf(asset, dependable)
  if (!upstream || !mapping) return { name, key: of.key, of, partitions: WHOLE, nonexistent: NONE }
  const keys = mapping.upstream(partition, asset.options.partitions, upstream, context)
  const partitions = keys.filter(key => upstream.has(key, context))
  if (partitions.length === keys.length || mapping.allowsMissing) {
    return { name, key: of.key, of, partitions, nonexistent: NONE }
  }
  return { name, key: of.key, of, partitions, nonexistent: keys.filter(key => !upstream.has(key, context)) }
}
