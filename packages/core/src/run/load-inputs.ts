import type { EngineSession, Relation } from "../engine/engine.ts"
import type { OpenEnvironment } from "../environment/open-environment.ts"
import { StorageError } from "../errors/assets-error.ts"
import type { Materialization } from "../io/io-manager.ts"
import type { StepWork } from "../plan/build-plan.ts"
import type { StoredState } from "../plan/current-state.ts"
import type { StepInput } from "../plan/step-inputs.ts"
import type { StoredValue } from "../value/value-type.ts"
import type { RunSettings } from "./run-context.ts"

/** An input of a step as it stands when the step begins: from then on it reads exactly this. */
export interface PinnedInput {
  readonly input: StepInput
  /** What is stored, by upstream partition; empty for a source and for a given value. */
  readonly stored: readonly { readonly partition: string | null; readonly state: StoredState }[]
}

/** Pins what a step reads to what is current now. */
export function pinInputs({ inputs }: StepWork, { state, sources }: RunSettings): PinnedInput[] {
  return inputs.map(input => {
    if (sources.version(input.key) !== undefined) return { input, stored: [] }
    const stored = input.partitions.flatMap(partition => {
      const found = state.get(input.key, partition)
      return found ? [{ partition, state: found }] : []
    })
    return { input, stored }
  })
}

/** Ids of the materializations that a step reads. */
export function idsOf(pinned: readonly PinnedInput[]): string[] {
  return [...new Set(pinned.flatMap(({ stored }) => stored.map(({ state }) => state.materialization.id)))]
}

export interface LoadOptions {
  readonly session: () => Promise<EngineSession>
  readonly signal: AbortSignal
  /** Told before a wait for another process. */
  readonly waiting?: (holder: string) => void
}

/** Loads what an input reads through the engine of the step that reads it. */
export async function loadInput(
  pinned: PinnedInput,
  settings: RunSettings,
  options: LoadOptions,
): Promise<StoredValue> {
  const { input, stored } = pinned
  const elsewhere = await settings.sources.load(input.of, options.session)
  if (elsewhere) return elsewhere
  const { of } = input
  // A mapping may ask for no key at all; that something is not stored is another matter.
  if (of.kind !== "asset" || stored.length < input.partitions.length) throw missing(input)
  return loadStored(of, stored[0]?.state.environment ?? settings.environment, stored, options)
}

/** Loads stored partitions of an asset, which all lie in one environment. */
export async function loadStored(
  asset: Extract<StepInput["of"], { readonly kind: "asset" }>,
  environment: OpenEnvironment,
  stored: PinnedInput["stored"],
  { session, signal, waiting }: LoadOptions,
): Promise<StoredValue> {
  const materializations = new Map<string, Materialization>()
  for (const { state } of stored) materializations.set(state.materialization.id, state.materialization)
  return environment.io(asset).loadInput({
    ...environment.ioContext(signal),
    key: asset.key,
    materializations: [...materializations.values()],
    partitions: stored.flatMap(({ partition }) => partition ?? []),
    schema: asset.returns.schema?.(),
    session,
    ...(waiting && { waiting }),
  })
}

/** The relations of the inputs by what stands for them in the plan: what a lazy plan is bound to. */
export function relationsOf(loaded: readonly (readonly [StepInput, StoredValue])[]): ReadonlyMap<string, Relation> {
  return new Map(
    loaded.flatMap(([input, value]) => (value.kind === "relation" ? [[input.slot, value.relation] as const] : [])),
  )
}

function missing({ key }: StepInput): StorageError {
  return new StorageError("INPUT_MISSING", {
    what: `'${key}' is read and nothing is stored of it.`,
    why: "Its data was deleted after the run was planned.",
    fix: `Run again with '+${key}' selected.`,
    details: { key },
  })
}
