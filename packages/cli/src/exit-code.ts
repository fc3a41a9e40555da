import { AssetsError, CancelledError, ConfigError, DefinitionError } from "@assets/core"
import { exitCodes } from "./exit-codes.ts"

/** The exit code of an error that ended a command. Errors of single steps do not come here: their run has failed. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CancelledError) return exitCodes.cancelled
  if (error instanceof ConfigError || error instanceof DefinitionError) return exitCodes.wrongUse
  // A frame's error outside of a step was found while planning.
  if (error instanceof AssetsError && error.name === "FrameError") return exitCodes.wrongUse
  return exitCodes.failed
}
