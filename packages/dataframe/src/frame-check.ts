import { type CheckRule, ruleKey } from "./check-rule.ts"
import { FrameError } from "./errors/frame-error.ts"
import type { Unresolved } from "./plan/expression.ts"

/** `warn` is told; `error` fails the asset where the check is blocking. */
export type CheckSeverity = "warn" | "error"

export interface CheckOptions {
  /** Default `error`. */
  readonly severity?: CheckSeverity
  /** A failed blocking check keeps the new data from becoming current. Default: as the severity is `error`. */
  readonly blocking?: boolean
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** A test of a table that has at least the columns of `Needs`. One of core's checks. */
export interface FrameCheck<in Needs> {
  /** Exists for `tsc` only, and stands first: a column that is not there is told by its name. */
  readonly "~columns"?: keyof Needs
  /** Exists for `tsc` only. */
  readonly "~checked"?: (columns: Needs) => void
  readonly kind: "check"
  readonly name: string
  readonly severity: CheckSeverity
  readonly blocking: boolean
  describe(): Json
}

/** A check of a table by a rule. */
export function checkOf<Needs>(
  name: string,
  description: Json,
  rule: CheckRule,
  { severity = "error", blocking = severity === "error" }: CheckOptions = {},
): FrameCheck<Needs> {
  return Object.freeze({ kind: "check", name, severity, blocking, describe: () => description, [ruleKey]: rule })
}

/** The rows for which a condition is true, counted. */
export function countIf(condition: Unresolved): Unresolved {
  return { kind: "call", name: "count_if", args: [condition] }
}

/** A check was declared with arguments that say nothing. */
export function wrongArgument(what: string, example: string): FrameError {
  return new FrameError("FRAME_ARGUMENT_INVALID", {
    what,
    why: "A check must say what it looks for.",
    fix: `For one: ${example}.`,
  })
}
