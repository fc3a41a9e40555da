import type { ErrorCode } from "../errors/error-code.ts"

/** What is wrong with a declaration, as the rest of a sentence that begins with its name. */
export interface Fault {
  /** Default `ASSET_OPTIONS_INVALID`. */
  readonly code?: ErrorCode
  readonly what: string
  readonly why: string
  readonly fix: string
}
