import type { Check } from "../check/asset-check.ts"
import type { Layout } from "../engine/engine.ts"
import type { WriteMode } from "../io/io-manager.ts"
import type { PartitionMapping } from "../partition/partition-mapping.ts"
import type { Partitions } from "../partition/partitions.ts"
import type { StepLog } from "../run/step-log.ts"
import type { Json } from "../util/json.ts"
import type { AcceptsOf, AnyValueType, BoundOf, CheckedOf, LazyOf, PartitionOf } from "../value/value-type.ts"
import type { RetryPolicy } from "./retry-policy.ts"
import type { Source } from "./source.ts"

/** A dependency with options: what `dep(asset, {...})` gives. */
export interface Dependency<V extends AnyValueType = AnyValueType> {
  readonly kind: "dependency"
  readonly of: Asset<V> | Source<V>
  readonly partitions: PartitionMapping | undefined
}

/** What may stand in `deps`. */
export type Dependable<V extends AnyValueType = AnyValueType> = Asset<V> | Source<V> | Dependency<V>

export type Dependencies = { readonly [name: string]: Dependable }

type ReturnsOf<D> =
  D extends Asset<infer V> ? V : D extends Source<infer V> ? V : D extends Dependency<infer V> ? V : never
/** What a transform gets: one lazy value for each name in `deps`. */
export type LazyInputs<D extends Dependencies> = { readonly [K in keyof D]: LazyOf<ReturnsOf<D[K]>> }
/** What a compute gets: one bound value for each name in `deps`. */
export type BoundInputs<D extends Dependencies> = { readonly [K in keyof D]: BoundOf<ReturnsOf<D[K]>> }

/** What a transform knows besides its inputs. */
export interface TransformContext<V extends AnyValueType> {
  /** The asset's key. */
  readonly asset: string
  /** Plan parameters: one call serves every partition key. */
  readonly partition: PartitionOf<V>
}

/** What a compute knows besides its inputs. */
export interface ComputeContext {
  /** The asset's key. */
  readonly asset: string
  readonly partition: {
    /** The one key of the step; throws `PARTITION_REQUIRED` for an asset without partitions. */
    readonly key: string
    readonly keys: readonly string[]
    readonly window: { readonly start: Date; readonly end: Date }
  }
  readonly run: {
    readonly id: string
    readonly environment: string
    readonly tags: { readonly [name: string]: string }
    readonly now: Date
  }
  readonly log: StepLog
  /** Aborts when the run is cancelled or the step's time is over. */
  readonly signal: AbortSignal
  readonly resources: { readonly [name: string]: unknown }
  /** Adds a value to the materialization's metadata. */
  metadata(values: { readonly [name: string]: Json }): void
}

/** Options that say what an asset is, not how it is made. */
export interface AssetDescription {
  readonly description?: string
  readonly group?: string
  readonly tags?: { readonly [name: string]: string }
  readonly owners?: readonly string[]
  /** `sql`, `python`, `ml`: what the asset is of, for people and selections. */
  readonly kinds?: readonly string[]
  readonly metadata?: { readonly [name: string]: Json }
}

type ColumnOf<V extends AnyValueType> = Extract<keyof CheckedOf<V>, string>

/** A layout whose columns are those of `returns`. */
export interface TypedLayout<Column extends string> extends Layout {
  readonly partitionBy?: readonly Column[]
  readonly sortBy?: readonly Column[]
}

/** The options but for the function. */
export interface AssetSettings<V extends AnyValueType, D extends Dependencies> extends AssetDescription {
  /** Upstream assets and sources, by the name that the function calls them. */
  readonly deps?: D
  /** What the function returns: `frame({...})`, `json<T>()` or `nothing()`. */
  readonly returns: V
  readonly partitions?: Partitions
  readonly checks?: readonly Check<NoInfer<CheckedOf<V>>>[]
  readonly retry?: RetryPolicy
  /** Milliseconds for each attempt, from its start. No limit by default. */
  readonly timeoutMs?: number
  /** A named concurrency limit of the environment. */
  readonly pool?: string
  /** Higher runs first. Default 0. */
  readonly priority?: number
  /** Code version of a compute; left out, it is a hash of its module and of what that imports. */
  readonly version?: string
  /** False: always runs. */
  readonly reuse?: boolean
  /** Name of the environment's IO manager. Default `default`. */
  readonly io?: string
  /** Name of the environment's engine. Default `default`. */
  readonly engine?: string
  /** Default `overwrite`. */
  readonly write?: "overwrite" | "append" | { readonly merge: readonly NoInfer<ColumnOf<V>>[] }
  readonly layout?: TypedLayout<NoInfer<ColumnOf<V>>>
  /** `content`: a transform's rows are digested too, so that an equal result stops propagation. */
  readonly cutoff?: "content"
  /** For a volatile plan: the instant is truncated to the unit, so that it is unchanged within it. */
  readonly every?: "hour" | "day" | "week" | "month"
}

/**
 * Exactly one of two functions. Neither is an optional property, not even as `never`: only then does `tsc` tell a wrong
 * result at the expression that gives it, in three lines. That there are not both, `definitions` says.
 */
export type AssetFunction<V extends AnyValueType, D extends Dependencies> =
  | {
      /** Lazy: called while planning, runs no query. Exactly one of `transform` and `compute`. */
      readonly transform: (inputs: LazyInputs<NoInfer<D>>, context: TransformContext<NoInfer<V>>) => NoInfer<LazyOf<V>>
    }
  | {
      /** Runs TypeScript. Exactly one of `transform` and `compute`. */
      readonly compute: (
        inputs: BoundInputs<NoInfer<D>>,
        context: ComputeContext,
      ) => NoInfer<AcceptsOf<V>> | Promise<NoInfer<AcceptsOf<V>>>
    }

/** What `asset` is given besides the key. */
export type AssetOptions<V extends AnyValueType, D extends Dependencies> = AssetSettings<V, D> & AssetFunction<V, D>

/** A stored dataset, its key, and the function that makes it. Made by `asset`; frozen. */
export interface Asset<V extends AnyValueType = AnyValueType> {
  readonly kind: "asset"
  readonly key: string
  readonly returns: V
  readonly deps: Dependencies
  /** The options as given, their types forgotten: what core reads. */
  readonly options: AnyAssetOptions
  /** Set on the assets of one `assets({...})`: its function runs once for all of them. */
  readonly outputOf: OutputGroup | undefined
  /** Holds the stack of the declaration; read only when something is wrong. */
  readonly declaredAt: Error
}

/** Several outputs of one function. */
export interface OutputGroup {
  /** Output name → key of its asset. */
  readonly keys: { readonly [name: string]: string }
  /** The name of this asset's output. */
  readonly name: string
  /** The same object for all assets of the group. */
  readonly identity: object
}

/** The options of an asset once its types are checked. */
export interface AnyAssetOptions extends AssetDescription {
  /** What it takes was checked at `asset`, and is known no more. */
  readonly transform?: (inputs: never, context: never) => unknown
  /** What it takes was checked at `asset`, and is known no more. */
  readonly compute?: (inputs: never, context: ComputeContext) => unknown
  readonly partitions?: Partitions
  readonly checks?: readonly Check[]
  readonly retry?: RetryPolicy
  readonly timeoutMs?: number
  readonly pool?: string
  readonly priority?: number
  readonly version?: string
  readonly reuse?: boolean
  readonly io?: string
  readonly engine?: string
  readonly write?: WriteMode
  readonly layout?: Layout
  readonly cutoff?: "content"
  readonly every?: "hour" | "day" | "week" | "month"
}

/**
 * Declares an asset: a dataset under a key, and the function that makes it.
 *
 * The function gets one parameter for each name in `deps`, typed by what that asset returns, and returns what `returns`
 * declares: a missing, extra or retyped column does not compile. Nothing runs; faults of the key and the options are
 * reported by `definitions`, all at once.
 */
export function asset<V extends AnyValueType, const D extends Dependencies = Record<never, never>>(
  key: string,
  options: AssetOptions<V, D>,
): Asset<V> {
  // What JavaScript passes in place of options is told by definitions, together with all other faults.
  const { deps, returns, ...rest } = (options ?? {}) as AssetOptions<V, D>
  return Object.freeze<Asset<V>>({
    kind: "asset",
    key,
    returns,
    deps: typeof deps === "object" && deps !== null ? deps : {},
    options: rest as AnyAssetOptions, // the one place where the options' types are forgotten
    outputOf: undefined,
    declaredAt: new Error("declared here"),
  })
}
