import { ConfigError } from "../errors/assets-error.ts"
import { inferMapping } from "../partition/infer-mapping.ts"
import type { PartitionMapping } from "../partition/partition-mapping.ts"
import type { PartitionContext } from "../partition/partitions.ts"
import { didYouMean } from "../util/nearest-name.ts"
import type { Asset, Dependable } from "./asset.ts"
import { dependencyOf } from "./dependency.ts"

export interface UpstreamPartitions {
  /** Keys that exist, each once, in the order in which they were reached. */
  readonly keys: readonly string[]
  /** Keys that are needed and do not exist; empty where the mapping allows it. */
  readonly missing: readonly string[]
}

/** The mapping between an asset and one of its dependencies: what `dep` declares, or what is inferred. */
export function mappingOf(asset: Asset, dependable: Dependable): PartitionMapping | undefined {
  const upstream = dependencyOf(dependable).options.partitions
  if (!upstream) return undefined
  const declared = dependable.kind === "dependency" ? dependable.partitions : undefined
  return declared ?? inferMapping(asset.options.partitions, upstream)
}

/**
 * Returns which partition keys of a dependency some keys of an asset read: `upstreamPartitions(revenue, "orders",
 * ["2024-01-14"], { now })`. Both lists are empty for a dependency without partitions, which is read whole.
 *
 * @param keys of the asset; for one without partitions they are not read
 * @throws ConfigError `ARGUMENT_INVALID` for a name that is none of `deps`; `PARTITION_KEY_UNKNOWN` for a text that is
 * no key
 */
export function upstreamPartitions(
  asset: Asset,
  dependency: string,
  keys: readonly string[],
  context: PartitionContext,
): UpstreamPartitions {
  const dependable = Object.hasOwn(asset.deps, dependency) ? asset.deps[dependency] : undefined
  if (!dependable) {
    throw new ConfigError("ARGUMENT_INVALID", {
      what: `The asset '${asset.key}' has no dependency '${dependency}'.`,
      why: `Its dependencies are named ${Object.keys(asset.deps).join(", ") || "nothing: it has none"}.`,
      fix: didYouMean(dependency, Object.keys(asset.deps)) ?? "Use the name in its 'deps'.",
    })
  }
  const downstream = asset.options.partitions
  const upstream = dependencyOf(dependable).options.partitions
  const mapping = mappingOf(asset, dependable)
  const found = { keys: new Set<string>(), missing: new Set<string>() }
  if (!upstream || !mapping) return { keys: [], missing: [] }
  for (const key of downstream ? keys : [null]) {
    for (const one of mapping.upstream(key, downstream, upstream, context)) {
      if (found.keys.has(one)) continue
      if (upstream.has(one, context)) found.keys.add(one)
      else if (!mapping.allowsMissing) found.missing.add(one)
    }
  }
  return { keys: [...found.keys], missing: [...found.missing] }
}
