import type { Json } from "../util/json.ts"
import type { ErrorCode } from "./error-code.ts"

/** Where in the user's project an error lies. Lines and columns count from 1. */
export interface SourceLocation {
  readonly file: string
  readonly line: number
  readonly column?: number
}

/** What an error says: what happened, why, and what mends it. */
export interface ErrorText {
  readonly what: string
  readonly why: string
  readonly fix: string
  readonly details?: { readonly [name: string]: Json }
  readonly cause?: unknown
  readonly location?: SourceLocation
}

/**
 * Marks an error of this product whichever package made it: `dataframe` depends on nothing of ours, yet its
 * `FrameError` is an `AssetsError` to `instanceof`, also when two copies of a package are installed.
 */
const brand = Symbol.for("@assets/error")

/** The base of every error that this product raises on purpose. */
export class AssetsError extends Error {
  readonly code: string
  readonly why: string
  readonly fix: string
  readonly details: { readonly [name: string]: Json }
  readonly location?: SourceLocation

  constructor(code: ErrorCode, text: ErrorText) {
    super(text.what, text.cause === undefined ? undefined : { cause: text.cause })
    this.name = new.target.name
    this.code = code
    this.why = text.why
    this.fix = text.fix
    this.details = text.details ?? {}
    if (text.location) this.location = text.location
  }

  get [brand](): true {
    return true
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: subclasses keep the ordinary meaning of instanceof
    if (this !== AssetsError) return Function.prototype[Symbol.hasInstance].call(this, value)
    return typeof value === "object" && value !== null && (value as { [brand]?: unknown })[brand] === true
  }

  /** What the event log keeps and `--json` prints. */
  toJSON(): { readonly [name: string]: Json } {
    return {
      name: this.name,
      code: this.code,
      what: this.message,
      why: this.why,
      fix: this.fix,
      details: this.details,
      ...(this.location && { location: { ...this.location } as Json }),
    }
  }
}

/** The project's code is wrong; known before any run. Exit code 2. `faults` holds each fault when there are several. */
export class DefinitionError extends AssetsError {
  readonly faults: readonly AssetsError[]
  constructor(code: ErrorCode, text: ErrorText, faults: readonly AssetsError[] = []) {
    super(code, text)
    this.faults = faults
  }
}

/** The command line, environment, selection or partition is wrong. Exit code 2. */
export class ConfigError extends AssetsError {}

/** The engine refused or lost a query. Exit code 1. `transient` says that trying again may help. */
export class EngineError extends AssetsError {
  readonly transient: boolean
  constructor(code: ErrorCode, text: ErrorText & { readonly transient?: boolean }) {
    super(code, text)
    this.transient = text.transient ?? false
  }
}

/** An IO manager, a source or the event log could not be read or written. Exit code 1. */
export class StorageError extends AssetsError {}

/** An asset's or a check's function threw; `cause` is what it threw. Exit code 1. */
export class UserCodeError extends AssetsError {}

/** A blocking check failed. Exit code 1. */
export class CheckError extends AssetsError {}

/** A signal or the user stopped the run. Exit code 130. */
export class CancelledError extends AssetsError {}
