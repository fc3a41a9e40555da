import type { CurrentState } from "./current-state.ts"
import { type InputVersions, inputVersions } from "./decide-step.ts"
import type { SourceVersions } from "./source-versions.ts"
import type { StepInput } from "./step-inputs.ts"

/** Where what is stored, and what sources hold, is known. */
export interface KnownData {
  readonly state: CurrentState
  readonly sources: SourceVersions
}

/** The data versions of a step's inputs as they are known now, whatever is planned. */
export function storedInputVersions(inputs: readonly StepInput[], { state, sources }: KnownData): InputVersions {
  return inputVersions(inputs, (key, partition) => {
    const dataVersion = sources.version(key) ?? state.get(key, partition)?.materialization.dataVersion
    return dataVersion === undefined ? undefined : { kind: "known", dataVersion }
  })
}
