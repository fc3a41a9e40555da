import type { Asset } from "../asset/asset.ts"
import type { StepWork } from "../plan/build-plan.ts"
import { fingerprintOf } from "../plan/fingerprint.ts"
import { storedInputVersions } from "../plan/stored-input-versions.ts"
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
  const { known } = storedInputVersions(work.inputs, settings)
  return { pinned: pinInputs(work, settings), inputs: known, fingerprint: fingerprintOf(work, known) }
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
