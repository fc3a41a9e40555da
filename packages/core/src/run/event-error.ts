import { AssetsError } from "../errors/assets-error.ts"
import type { Json } from "../util/json.ts"
import { maskJson } from "../util/secret-mask.ts"

/** An error as events carry it: code, what, why and fix where it has them; secrets are masked. */
export function eventError(error: Error): Json {
  return maskJson(asJson(error))
}

function asJson(error: Error): Json {
  // A FrameError is an AssetsError to instanceof and has the same toJSON.
  if (error instanceof AssetsError) return error.toJSON()
  return { name: error.name, code: "UNEXPECTED", what: error.message, ...(error.stack && { stack: error.stack }) }
}

/** The word for an error in a step's reason. */
export function errorCode(error: Error): string {
  return error instanceof AssetsError ? error.code : "UNEXPECTED"
}
