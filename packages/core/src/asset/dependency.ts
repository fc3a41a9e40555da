import type { PartitionMapping } from "../partition/partition-mapping.ts"
import type { AnyValueType } from "../value/value-type.ts"
import type { Asset, Dependable, Dependency } from "./asset.ts"
import type { Source } from "./source.ts"

export interface DependencyOptions {
  /** Which partition keys of the dependency are read. Default: inferred from the partitions of both. */
  readonly partitions?: PartitionMapping
}

/** Declares a dependency with options: `deps: { orders: dep(orders, { partitions: lastN(7) }) }`. */
export function dep<V extends AnyValueType>(of: Asset<V> | Source<V>, options: DependencyOptions = {}): Dependency<V> {
  return Object.freeze<Dependency<V>>({ kind: "dependency", of, partitions: options.partitions })
}

/** The asset or source that a dependency names, with or without options around it. */
export function dependencyOf(dependable: Dependable): Asset | Source {
  return dependable.kind === "dependency" ? dependable.of : dependable
}
