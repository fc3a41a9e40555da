import type { Asset, Dependable } from "../asset/asset.ts"
import { dependencyOf } from "../asset/dependency.ts"
import type { Source } from "../asset/source.ts"

/** One dependency of a step, with the upstream partitions that it reads. */
export interface StepInput {
  /** As the asset's function calls it. */
  readonly name: string
  readonly key: string
  readonly of: Asset | Source
  /** Null stands for the whole of an asset without partitions, and for a source. */
  readonly partitions: readonly (string | null)[]
  /** Upstream keys that are not stored are left out, instead of being an error. */
  readonly allowsMissing: boolean
}

const WHOLE: readonly null[] = Object.freeze([null])

/** Returns what a step reads of each dependency. */
export function stepInputs(asset: Asset, partition: string | null, now: Date): StepInput[] {
  return Object.entries(asset.deps).map(([name, dependable]) => stepInput(asset, name, dependable, partition, now))
}

function stepInput(asset: Asset, name: string, dependable: Dependable, partition: string | null, now: Date): StepInput {
  const of = dependencyOf(dependable)
  const upstream = of.kind === "asset" ? of.options.partitions : undefined
  if (!upstream) return { name, key: of.key, of, partitions: WHOLE, allowsMissing: false }
  const mapping = dependable.kind === "dependency" ? dependable.partitions : undefined
  const own = asset.options.partitions
  const partitions = mapping
    ? mapping.upstream(partition, own, upstream, { now })
    : partition === null
      ? upstream.keys({ now })
      : [partition]
  return { name, key: of.key, of, partitions, allowsMissing: mapping?.allowsMissing ?? false }
}
