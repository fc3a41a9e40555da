import type { Asset } from "../asset/asset.ts"
import { dependencyOf } from "../asset/dependency.ts"
import { DefinitionError } from "../errors/assets-error.ts"
import { digestOf } from "../util/canonical-json.ts"
import type { Json } from "../util/json.ts"
import type { LazyValue, Stability } from "../value/value-type.ts"
import type { PlanWarning, Reason } from "./execution-plan.ts"
import { inputSlots } from "./step-inputs.ts"
import { truncateInstant } from "./truncate-instant.ts"
import { userCodeError } from "./user-code.ts"

/** What is known of an asset's code while planning. */
export interface AssetCode {
  /** SHA-256 of the logical plan with its functions' revisions, or of the version of a compute. */
  readonly version: string
  /** The plan as text; undefined for a compute. */
  readonly text: string | undefined
  /** Undefined for a compute. */
  readonly lazy: LazyValue | undefined
  readonly stability: Stability
  /** Why the step runs whatever is stored. */
  readonly always: Reason | undefined
  /** The instant that the plan sees: the run's own, or its start of the hour, day, week or month with `every`. */
  readonly instant: Date
  readonly warning: PlanWarning | undefined
  /** SHA-256 over all that a fingerprint holds and that is the same for every partition. */
  readonly digest: string
}

export interface CodeContext {
  readonly now: Date
  readonly timeZone: string
  readonly codeVersions: ((asset: Asset) => string | undefined) | undefined
  /** Whether something is stored that was made by this code version. */
  readonly isStored?: (asset: Asset, version: string) => boolean
}

/**
 * Looks into an asset's code: calls its `transform`, or asks for the version of its `compute`. A transform whose plan is
 * not the one of what is stored is called a second time, to see that it gives the same plan again.
 * @throws FrameError, UserCodeError what the transform threw
 */
export function assetCode(asset: Asset, context: CodeContext): AssetCode {
  const code = asset.options.transform ? transformCode(asset, context) : computeCode(asset, context)
  const { write = "overwrite", layout = null, every, cutoff } = asset.options
  const common = {
    code: code.version,
    returns: asset.returns.describe(),
    write: write as Json,
    layout: layout as Json,
    timeZone: context.timeZone,
    ...(asset.outputOf && { output: asset.outputOf.name }),
    ...(every && code.stability === "volatile" && { instant: code.instant.toISOString() }),
    ...(cutoff && { cutoff }),
  }
  const { version, lazy, stability, always, instant, warning } = code
  return {
    version,
    get text() {
      return lazy?.text
    },
    lazy,
    stability,
    always,
    instant,
    warning,
    digest: digestOf(common),
  }
}

type Looked = Omit<AssetCode, "digest" | "text">

function transformCode(asset: Asset, { now, timeZone, isStored, codeVersions }: CodeContext): Looked {
  const lazy = callTransform(asset)
  const code = lazy.unversioned ? codeVersions?.(asset) : undefined
  const contentOf = ({ plan, revisions }: LazyValue): Json => ({ plan, revisions, ...(code !== undefined && { code }) })
  const version = digestOf(contentOf(lazy))
  const unknown: Reason | undefined = lazy.unversioned && code === undefined ? { kind: "code_unknown" } : undefined
  const { every, reuse } = asset.options
  const isRepeatable = isStored?.(asset, version) || digestOf(contentOf(callTransform(asset))) === version
  const instant = every ? truncateInstant(now, every, timeZone) : now
  const mayBeSkipped = isRepeatable && reuse !== false && (lazy.stability !== "volatile" || every !== undefined)
  return {
    version,
    lazy,
    stability: isRepeatable ? lazy.stability : "volatile",
    always: mayBeSkipped ? unknown : { kind: "volatile" },
    instant,
    warning: isRepeatable ? undefined : unstable(asset),
  }
}

/** What the transform of an asset returns. @throws FrameError, UserCodeError */
export function callTransform(asset: Asset): LazyValue {
  const { returns, deps, options } = asset
  if (!options.transform || !returns.lazy) throw notLazy(asset, "returns")
  const inputs: { [name: string]: unknown } = {}
  const slots = inputSlots(asset)
  for (const [name, dependable] of Object.entries(deps)) {
    const of = dependencyOf(dependable)
    if (!of.returns.input) throw notLazy(asset, `deps.${name}`)
    inputs[name] = of.returns.input(slots.get(name) ?? of.key)
  }
  try {
    const partition = asset.options.partitions ? returns.partition?.() : undefined
    const given = [inputs, { asset: asset.key, partition }] as unknown as [never, never] // what `deps` and `returns` give
    return returns.lazy(options.transform(...given))
  } catch (error) {
    throw userCodeError(asset.key, "transform", error)
  }
}

function computeCode(asset: Asset, { now, codeVersions }: CodeContext): Looked {
  const { version: declared, reuse } = asset.options
  const version = declared ?? codeVersions?.(asset)
  const runsAlways = reuse === false || (declared === undefined && Object.keys(asset.deps).length === 0)
  const unknown: Reason | undefined = version === undefined ? { kind: "code_unknown" } : undefined
  return {
    version: digestOf(["compute", version ?? null]),
    lazy: undefined,
    stability: "stable",
    always: runsAlways ? { kind: "volatile" } : unknown,
    instant: now,
    warning: undefined,
  }
}

function unstable(asset: Asset): PlanWarning {
  return {
    code: "FRAME_PLAN_UNSTABLE",
    key: asset.key,
    message: `The transform of '${asset.key}' gave two different plans when it was called twice, so it always runs. It reads something that changes, such as the clock, a random number or a file; take that out, or make it a compute.`,
  }
}

function notLazy(asset: Asset, option: string): DefinitionError {
  return new DefinitionError("ASSET_OPTIONS_INVALID", {
    what: `The transform of '${asset.key}' has ${option} of a type that cannot be lazy.`,
    why: "A transform is a plan over tables; json() and nothing() are values of TypeScript.",
    fix: "Use 'compute' in place of 'transform'.",
    details: { key: asset.key, option },
  })
}
