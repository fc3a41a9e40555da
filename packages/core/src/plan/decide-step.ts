import type { Materialization } from "../io/io-manager.ts"
import { sha256 } from "../util/sha256.ts"
import type { AssetCode } from "./asset-code.ts"
import { holdsWork, type StoredState } from "./current-state.ts"
import type { PlanStep, Reason } from "./execution-plan.ts"
import type { StepInput } from "./step-inputs.ts"

/** What is known, before anything runs, of the data version that an input will have. */
export type Prediction =
  | { readonly kind: "known"; readonly dataVersion: string }
  /** It will be another than all before. */
  | { readonly kind: "new" }
  /** It hangs on what this step gives. */
  | { readonly kind: "undecided"; readonly step: string }

/** The data versions of a step's inputs by key, as far as they are known. */
export interface InputVersions {
  readonly known: ReadonlyMap<string, string>
  readonly new: readonly string[]
  readonly undecided: readonly { readonly key: string; readonly step: string }[]
  /** What does not exist, or is neither stored nor going to be made. */
  readonly missing: readonly { readonly key: string; readonly partition: string | null }[]
}

/** Puts the versions of all partitions of each input together; several of one key count as one. */
export function inputVersions(
  inputs: readonly StepInput[],
  predict: (key: string, partition: string | null) => Prediction | undefined,
): InputVersions {
  const known = new Map<string, string>()
  const changed = new Set<string>()
  const undecided: { key: string; step: string }[] = []
  const missing: { key: string; partition: string | null }[] = []
  for (const { key, partitions, nonexistent } of inputs) {
    for (const partition of nonexistent) missing.push({ key, partition })
    const versions: [string | null, string][] = []
    for (const partition of partitions) {
      const prediction = predict(key, partition)
      if (prediction?.kind === "known") versions.push([partition, prediction.dataVersion])
      else if (prediction?.kind === "new") changed.add(key)
      else if (prediction) undecided.push({ key, step: prediction.step })
      else missing.push({ key, partition })
    }
    const [only] = versions
    const version = versions.length === 1 && partitions.length === 1 && only ? only[1] : digestOfMany(versions)
    const before = known.get(key)
    known.set(key, before === undefined ? version : digestOfMany([[before, version]]))
  }
  for (const { key } of undecided) known.delete(key)
  for (const key of changed) known.delete(key)
  return { known, new: [...changed], undecided, missing }
}

function digestOfMany(versions: readonly (readonly [string | null, string])[]): string {
  return sha256(JSON.stringify(versions))
}

export interface Decided {
  readonly decision: PlanStep["decision"]
  readonly reasons: readonly Reason[]
}

export interface DecisionFacts {
  readonly code: AssetCode
  readonly stored: StoredState | undefined
  /** Whether other partitions of the asset are stored. */
  readonly hasOthers: boolean
  readonly inputs: InputVersions
  /** Undefined while an input is undecided. */
  readonly fingerprint: string | undefined
  readonly force: boolean
  /** The lines in which the plan that made what is stored differs from the present one. */
  readonly diff: (former: Materialization) => readonly string[] | undefined
}

/** Decides whether a step runs, and says why. */
export function decideStep(facts: DecisionFacts): Decided {
  const { code, stored, hasOthers, inputs, fingerprint, force } = facts
  if (force) return run([{ kind: "forced" }])
  if (!stored) return run([{ kind: hasOthers ? "partition_missing" : "never_materialized" }])
  if (!stored.intact) return run([{ kind: "data_missing" }])
  const changes = changesSince(stored.materialization, facts)
  if (code.always) return run([...changes, code.always])
  if (fingerprint !== undefined) {
    if (holdsWork(stored, fingerprint)) return { decision: "skip", reasons: [{ kind: "unchanged" }] }
    // What is neither code nor input is the instant of 'every', or declared: the columns, the layout, the time zone.
    const rest: Reason = { kind: code.stability === "volatile" ? "volatile" : "code_changed" }
    return run(changes.length > 0 ? changes : [rest])
  }
  if (changes.length > 0) return run(changes)
  const on = [...new Set(inputs.undecided.map(({ step }) => step))]
  return { decision: "maybe", reasons: [{ kind: "upstream_undecided", on }] }
}

/** The causes for which what is stored no longer matches: its code, and its inputs as far as they are known. */
export function changesSince(
  former: Materialization,
  { code, inputs, diff }: Pick<DecisionFacts, "code" | "inputs" | "diff">,
): Reason[] {
  const reasons: Reason[] = []
  if (former.codeVersion !== code.version && code.always?.kind !== "code_unknown") {
    const lines = diff(former)
    reasons.push({ kind: "code_changed", ...(lines && { diff: lines }) })
  }
  const changed = [...inputs.known].filter(([key, version]) => former.inputs[key] !== version).map(([key]) => key)
  const all = [...changed, ...inputs.new]
  if (all.length > 0) reasons.push({ kind: "input_changed", inputs: all.sort() })
  return reasons
}

function run(reasons: readonly Reason[]): Decided {
  return { decision: "run", reasons }
}
