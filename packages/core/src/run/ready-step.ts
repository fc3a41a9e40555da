import type { Asset } from "../asset/asset.ts"
import type { StepWork } from "../plan/build-plan.ts"
import { inputVersions } from "../plan/decide-step.ts"
import { fingerprintOf } from "../plan/fingerprint.ts"
import { idsOf, type PinnedInput, pinInputs } from "./load-inputs.ts"
import type { RunSettings } from "./run-context.ts"

/** A step as it stands when its inputs are known. */
export interface ReadyStep {
  readonly pinned: readonly PinnedInput[]
  /** Data versions of the inputs, by key. */
  readonly inputs: ReadonlyMap<string, string>
  readonly fingerprint: string
}

/** Pins the inputs to what is current as far as the run knows; with them the fingerprint is known. */
export function readyStep(work: StepWork, settings: RunSettings): ReadyStep {
  const { state, sources } = settings
  const { asset, code, partition, inputs } = work
  const pinned = pinInputs(work, settings)
  const versions = inputVersions(inputs, (key, upstream) => {
    const dataVersion = sources.version(key) ?? state.get(key, upstream)?.materialization.dataVersion
    return dataVersion === undefined ? undefined : { kind: "known", dataVersion }
  })
  const window = partition === null ? undefined : asset.options.partitions?.window?.(partition)
  return { pinned, inputs: versions.known, fingerprint: fingerprintOf(code, partition, window, versions.known) }
}

/**
 * Reads anew what a step reads and what is stored of it: somebody else has replaced it.
 * @returns whether any of its inputs is another now
 */
export async function readAnew(
  work: StepWork,
  settings: RunSettings,
  pinned: readonly PinnedInput[],
  signal: AbortSignal,
): Promise<boolean> {
  const above = new Set<Asset>()
  for (const { input, stored } of pinned) if (input.of.kind === "asset" && stored.length > 0) above.add(input.of)
  await settings.state.refresh([...above, work.asset], signal)
  const now = idsOf(pinInputs(work, settings))
  const former = new Set(idsOf(pinned))
  return now.length !== former.size || now.some(id => !former.has(id))
}
