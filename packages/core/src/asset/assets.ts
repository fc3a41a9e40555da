import type { Check } from "../check/asset-check.ts"
import type { AcceptsOf, AnyValueType, CheckedOf, LazyOf } from "../value/value-type.ts"
import type {
  AnyAssetOptions,
  Asset,
  AssetDescription,
  AssetSettings,
  BoundInputs,
  ComputeContext,
  Dependencies,
  LazyInputs,
  OutputGroup,
  TransformContext,
} from "./asset.ts"

/** What differs between the outputs of one function. */
export interface OutputOptions<V extends AnyValueType>
  extends AssetDescription,
    Pick<AssetSettings<V, Record<never, never>>, "write" | "layout" | "io" | "cutoff"> {
  readonly key: string
  readonly returns: V
  readonly checks?: readonly Check<NoInfer<CheckedOf<V>>>[]
}

export type Outputs = { readonly [name: string]: AnyValueType }

/** What the outputs of one function share. */
type SharedOptions<V extends AnyValueType, D extends Dependencies> = Pick<
  AssetSettings<V, D>,
  | "deps"
  | "partitions"
  | "retry"
  | "timeoutMs"
  | "pool"
  | "priority"
  | "version"
  | "reuse"
  | "engine"
  | "every"
  | Exclude<keyof AssetDescription, "description">
>

export interface AssetsOptions<O extends Outputs, D extends Dependencies>
  extends SharedOptions<NoInfer<O[keyof O]>, D> {
  /** Output name → the asset that it is stored as. */
  readonly outputs: { readonly [N in keyof O]: OutputOptions<O[N]> }
  /** Gives one lazy value per output. Each output is planned, run and skipped by itself. */
  readonly transform?: (
    inputs: LazyInputs<NoInfer<D>>,
    context: TransformContext<NoInfer<O[keyof O]>>,
  ) => LazyOutputs<NoInfer<O>>
  /** Gives one value per output. Runs once for all of them. */
  readonly compute?: (
    inputs: BoundInputs<NoInfer<D>>,
    context: ComputeContext,
  ) => AcceptedOutputs<NoInfer<O>> | Promise<AcceptedOutputs<NoInfer<O>>>
}

/** What a transform of several outputs returns. */
export type LazyOutputs<O extends Outputs> = { readonly [N in keyof O]: LazyOf<O[N]> }
/** What a compute of several outputs returns. */
export type AcceptedOutputs<O extends Outputs> = { readonly [N in keyof O]: AcceptsOf<O[N]> }

/**
 * Declares several assets that one function makes, and returns them by output name.
 *
 * The outputs of a `transform` are assets of their own, and nothing is computed for one that is not asked for. A
 * `compute` runs once for all its outputs. `group`, `tags`, `owners`, `kinds` and `metadata` hold for all; an output's
 * own `group`, `owners` and `kinds` replace them, its `tags` and `metadata` are added.
 */
export function assets<O extends Outputs, const D extends Dependencies = Record<never, never>>(
  options: AssetsOptions<O, D>,
): { readonly [N in keyof O]: Asset<O[N]> } {
  const { deps, outputs, transform, compute, ...shared } = options
  const declaredAt = new Error("declared here")
  const identity = {}
  const entries = Object.entries<OutputOptions<AnyValueType>>(outputs)
  const keys = Object.freeze(Object.fromEntries(entries.map(([name, output]) => [name, output.key])))
  const make = ([name, { key, returns, ...own }]: (typeof entries)[number]): [string, Asset] => {
    const group: OutputGroup = { keys, name, identity }
    const made: AnyAssetOptions = {
      ...(shared as AnyAssetOptions), // the one place where the options' types are forgotten
      ...(own as AnyAssetOptions),
      ...(shared.tags && { tags: { ...shared.tags, ...own.tags } }),
      ...(shared.metadata && { metadata: { ...shared.metadata, ...own.metadata } }),
      ...(transform && { transform: pick(transform as AnyTransform, name) }),
      ...(compute && { compute: compute as NonNullable<AnyAssetOptions["compute"]> }),
    }
    const asset: Asset = {
      kind: "asset",
      key,
      returns,
      deps: deps ?? {},
      options: Object.freeze(made),
      outputOf: compute ? Object.freeze(group) : undefined,
      declaredAt,
    }
    return [name, Object.freeze(asset)]
  }
  // The record has an asset of the declared type under each name of `outputs`.
  return Object.freeze(Object.fromEntries(entries.map(make))) as { readonly [N in keyof O]: Asset<O[N]> }
}

type AnyTransform = (inputs: unknown, context: unknown) => { readonly [name: string]: unknown }

function pick(transform: AnyTransform, name: string): (inputs: unknown, context: unknown) => unknown {
  return (inputs, context) => transform(inputs, context)[name]
}
