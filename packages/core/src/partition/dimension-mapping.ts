import { identity } from "./key-mappings.ts"
import { MultiPartitions } from "./multi-partitions.ts"
import type { PartitionMapping } from "./partition-mapping.ts"
import type { PartitionContext, Partitions } from "./partitions.ts"
import { overlapping } from "./time-mappings.ts"

/** How one dimension is mapped; undefined infers it. */
export type DimensionMapping =
  | PartitionMapping
  | { readonly from: string; readonly partitions?: PartitionMapping }
  | undefined

interface Named {
  readonly name: string
  /** The downstream dimension that is read, where it has another name. */
  readonly from: string
  readonly mapping: PartitionMapping | undefined
}

const overlap = overlapping()

/**
 * Maps rules with several dimensions, by the name of the upstream dimension: `byDimension({ date: lastN(7) })`.
 *
 * - Between two rules with dimensions, each upstream dimension follows the downstream one of its name, or that of
 *   `from`; one that neither names nor finds any takes all its keys.
 * - Where one of the two has no dimensions, the one dimension that is named follows it; others take all their keys.
 */
export function byDimension(mappings: { readonly [dimension: string]: DimensionMapping }): PartitionMapping {
  const named = Object.entries(mappings).map(([name, mapping]) => toNamed(name, mapping))
  return Object.freeze<PartitionMapping>({
    upstream(key, downstream, upstream, context) {
      if (key === null || !downstream) return upstream.keys(context)
      if (upstream instanceof MultiPartitions) return toMany(key, downstream, upstream, named, context)
      if (!(downstream instanceof MultiPartitions)) return []
      const [one] = named
      return one
        ? keysOf(downstream.parts(key)?.[one.name], downstream.dimensions[one.name], upstream, one, context)
        : []
    },
    allowsMissing: named.some(({ mapping }) => mapping?.allowsMissing),
    fault: (downstream, upstream) => dimensionFault(named, downstream, upstream),
    describe: () => ({
      byDimension: Object.fromEntries(
        named.map(({ name, from, mapping }) => [name, { from, partitions: mapping?.describe() ?? null }]),
      ),
    }),
  })
}

function toNamed(name: string, mapping: DimensionMapping): Named {
  if (mapping === undefined) return { name, from: name, mapping: undefined }
  if ("from" in mapping) return { name, from: mapping.from, mapping: mapping.partitions }
  return { name, from: name, mapping }
}

function toMany(
  key: string,
  downstream: Partitions,
  upstream: MultiPartitions,
  named: readonly Named[],
  context: PartitionContext,
): string[] {
  const parts = downstream instanceof MultiPartitions ? downstream.parts(key) : undefined
  let keys: string[] | undefined
  for (const [name, dimension] of Object.entries(upstream.dimensions)) {
    const own = named.find(one => one.name === name)
    const from = own?.from ?? name
    const [part, rule] =
      downstream instanceof MultiPartitions
        ? [parts?.[from], downstream.dimensions[from]]
        : [own ? key : undefined, own ? downstream : undefined]
    const found = rule ? keysOf(part, rule, dimension, own, context) : dimension.keys(context)
    keys = keys ? keys.flatMap(one => found.map(next => `${one}|${next}`)) : [...found]
  }
  return keys ?? []
}

function keysOf(
  part: string | undefined,
  downstream: Partitions | undefined,
  upstream: Partitions,
  own: Named | undefined,
  context: PartitionContext,
): readonly string[] {
  if (part === undefined || !downstream) return []
  const bothTime = downstream.kind === "time" && upstream.kind === "time"
  return (own?.mapping ?? (bothTime ? overlap : identity)).upstream(part, downstream, upstream, context)
}

function dimensionFault(
  named: readonly Named[],
  downstream: Partitions | undefined,
  upstream: Partitions,
): string | undefined {
  const many = upstream instanceof MultiPartitions ? upstream : downstream
  if (!(many instanceof MultiPartitions)) return "it maps dimensions, and neither of the two has any"
  if (named.length !== 1 && !(upstream instanceof MultiPartitions && downstream instanceof MultiPartitions)) {
    return "it names several dimensions, and one of the two has none: name the one that it is"
  }
  for (const { name, from, mapping } of named) {
    const of = many.dimensions[name]
    if (!of) return `it names the dimension '${name}', which there is not: ${Object.keys(many.dimensions).join(", ")}`
    if (!(upstream instanceof MultiPartitions)) return mapping?.fault?.(of, upstream)
    const read = downstream instanceof MultiPartitions ? downstream.dimensions[from] : downstream
    if (!read) return `it reads the dimension '${from}', which the asset has not`
    const wrong = mapping?.fault?.(read, of)
    if (wrong) return `for '${name}', ${wrong}`
  }
  return undefined
}
