import type { MissingOptions, PartitionMapping } from "./partition-mapping.ts"
import type { Partitions } from "./partitions.ts"

/** The same key. The default between rules that are not both made of time. */
export const identity: PartitionMapping = Object.freeze<PartitionMapping>({
  upstream: key => (key === null ? [] : [key]),
  allowsMissing: false,
  fault: downstream => (downstream ? undefined : "it reads the same key, and the asset has no partitions"),
  describe: () => "identity",
})

/** Every key that there is. The default for an asset without partitions. */
export const allPartitions: PartitionMapping = Object.freeze<PartitionMapping>({
  upstream: (_key, _downstream, upstream, context) => upstream.keys(context),
  allowsMissing: false,
  describe: () => "allPartitions",
})

/** The last key that there is. */
export const lastPartition: PartitionMapping = Object.freeze<PartitionMapping>({
  upstream: (_key, _downstream, upstream, context) => upstream.keys(context).slice(-1),
  allowsMissing: false,
  describe: () => "lastPartition",
})

/** The same keys for each downstream key: `specificPartitions(["2024-01-01"])`. */
export function specificPartitions(
  keys: readonly string[],
  { allowMissing = false }: MissingOptions = {},
): PartitionMapping {
  const named = Object.freeze([...keys])
  return Object.freeze<PartitionMapping>({
    upstream: () => named,
    allowsMissing: allowMissing,
    fault: () => (named.length > 0 ? undefined : "it names no key"),
    describe: () => ({ specificPartitions: named, allowMissing }),
  })
}

/** Upstream keys by downstream key: `staticMapping({ europe: ["de", "fr"], asia: "jp" })`. */
export function staticMapping(
  map: { readonly [downstreamKey: string]: string | readonly string[] },
  { allowMissing = false }: MissingOptions = {},
): PartitionMapping {
  const keys = new Map(Object.entries(map).map(([key, to]) => [key, Object.freeze([to].flat())]))
  return Object.freeze<PartitionMapping>({
    upstream: key => (key === null ? [] : (keys.get(key) ?? [])),
    allowsMissing: allowMissing,
    fault(downstream, upstream) {
      if (!downstream) return "it maps keys, and the asset has no partitions"
      return unknownKey(downstream, [...keys.keys()]) ?? unknownKey(upstream, [...keys.values()].flat())
    },
    describe: () => ({ staticMapping: Object.fromEntries(keys), allowMissing }),
  })
}

/** A key that a fixed list does not have; other rules have keys that come and go. */
function unknownKey(partitions: Partitions, keys: readonly string[]): string | undefined {
  if (partitions.kind !== "static") return undefined
  const wrong = keys.find(key => !partitions.has(key, { now: new Date(0) }))
  return wrong === undefined ? undefined : `it names the key '${wrong}', which there is not`
}
