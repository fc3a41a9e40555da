/** Codes of faults in a frame: wrong names, wrong types, what is not supported. */
export type FrameErrorCode =
  | "FRAME_COLUMN_UNKNOWN"
  | "FRAME_COLUMN_AMBIGUOUS"
  | "FRAME_COLUMN_DUPLICATE"
  | "FRAME_TYPE_MISMATCH"
  | "FRAME_FUNCTION_UNKNOWN"
  | "FRAME_ARGUMENT_INVALID"
  | "FRAME_UNSUPPORTED"
  | "FRAME_EXPRESSION_SYNTAX"
  | "FRAME_SCHEMA_MISMATCH"
  | "FRAME_ROW_INVALID"
  | "FRAME_ACTION_IN_TRANSFORM"
  | "FRAME_INPUT_UNBOUND"
  | "FRAME_COLLECT_LIMIT"
  | "FRAME_JOIN_INVALID"
  | "FRAME_AGGREGATE_INVALID"
  | "FRAME_TYPE_UNSTORABLE"
  | "FRAME_ENVIRONMENT_UNAVAILABLE"

export interface FrameErrorText {
  readonly what: string
  readonly why: string
  readonly fix: string
  readonly details?: { readonly [name: string]: string | number | boolean | null | readonly string[] }
  readonly cause?: unknown
}

/** Marks errors of this product across its packages: core's `AssetsError` recognizes it. */
const brand = Symbol.for("@assets/error")

/** A frame is wrong: an unknown column, a wrong type, something that is not supported. To core it is an `AssetsError`. */
export class FrameError extends Error {
  override readonly name = "FrameError"
  readonly code: FrameErrorCode
  readonly why: string
  readonly fix: string
  readonly details: NonNullable<FrameErrorText["details"]>

  constructor(code: FrameErrorCode, text: FrameErrorText) {
    super(text.what, text.cause === undefined ? undefined : { cause: text.cause })
    this.code = code
    this.why = text.why
    this.fix = text.fix
    this.details = text.details ?? {}
  }

  get [brand](): true {
    return true
  }

  toJSON(): { readonly [name: string]: unknown } {
    return { name: this.name, code: this.code, what: this.message, why: this.why, fix: this.fix, details: this.details }
  }
}
