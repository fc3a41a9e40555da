import { DefinitionError } from "../errors/assets-error.ts"
import { declarationPlace } from "../errors/declaration-place.ts"
import type { Partitions } from "./partitions.ts"

/** A fault of a partition rule, at the place of its declaration. */
export function partitionsFault(declaredAt: Error, what: string, why: string, fix: string): DefinitionError {
  const location = declarationPlace(declaredAt)
  return new DefinitionError("PARTITIONS_INVALID", { what, why, fix, ...(location && { location }) })
}

/**
 * Makes a rule. One that is wrong is made nevertheless and carries its fault, so that `definitions` can report it with
 * all others; whoever asks it for keys before gets the fault thrown.
 */
export function declarePartitions<P extends Partitions>(kind: P["kind"], make: () => P): P | Partitions {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error
    const refuse = () => {
      throw error
    }
    return Object.freeze({ kind, fault: error, keys: refuse, has: refuse, window: refuse, describe: () => "invalid" })
  }
}
