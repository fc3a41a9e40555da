import type { Asset, Dependable } from "../asset/asset.ts"
import { dependencyOf } from "../asset/dependency.ts"
import type { Source } from "../asset/source.ts"
import { mappingOf } from "../asset/upstream-partitions.ts"
import type { PartitionContext } from "../partition/partitions.ts"

/** One dependency of a step, with the upstream partitions that it reads. */
export interface StepInput {
  /** As the asset's function calls it. */
  readonly name: string
  /** What stands for it in a plan: see `inputSlots`. */
  readonly slot: string
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
  const slots = inputSlots(asset)
  return Object.entries(asset.deps).map(([name, dependable]) => {
    const slot = slots.get(name) ?? name
    return { name, slot, ...partitionsRead(asset, dependable, partition, context) }
  })
}

/**
 * What stands for each dependency in a plan, by its name: its key, so that renaming it changes no plan. An asset that is
 * read through several partition mappings is several inputs: the key, then `key#2`; no key holds a `#`.
 */
export function inputSlots({ deps }: Asset): ReadonlyMap<string, string> {
  const mappings = new Map<string, unknown[]>()
  const slots = new Map<string, string>()
  for (const [name, dependable] of Object.entries(deps)) {
    const { key, options } = dependencyOf(dependable)
    const mapping = dependable.kind === "dependency" && options.partitions ? dependable.partitions : undefined
    const known = mappings.get(key) ?? []
    mappings.set(key, known)
    if (!known.includes(mapping)) known.push(mapping)
    const place = known.indexOf(mapping) + 1
    slots.set(name, place === 1 ? key : `${key}#${place}`)
  }
  return slots
}

function partitionsRead(
  asset: Asset,
  dependable: Dependable,
  partition: string | null,
  context: PartitionContext,
): Omit<StepInput, "name" | "slot"> {
  const of = dependencyOf(dependable)
  // A source is observed as a whole, whatever its partitions.
  const upstream = of.kind === "asset" ? of.options.partitions : undefined
  const mapping = upstream && mappingOf(asset, dependable)
  if (!upstream || !mapping) return { key: of.key, of, partitions: WHOLE, nonexistent: NONE }
  const keys = mapping.upstream(partition, asset.options.partitions, upstream, context)
  const partitions = keys.filter(key => upstream.has(key, context))
  if (partitions.length === keys.length || mapping.allowsMissing) {
    return { key: of.key, of, partitions, nonexistent: NONE }
  }
  return { key: of.key, of, partitions, nonexistent: keys.filter(key => !upstream.has(key, context)) }
}
