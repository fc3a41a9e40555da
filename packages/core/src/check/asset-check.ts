import type { Json } from "../util/json.ts"

/** `warn` is told; `error` fails the asset where the check is blocking. */
export type Severity = "warn" | "error"

/** A test of stored data. `Checked` is what it needs: for a frame, the columns. */
export interface Check<in Checked = never> {
  /** The names of what is checked; it exists for `tsc` only. */
  readonly "~columns"?: keyof Checked
  /** Carries the type of what is checked; it exists for `tsc` only. */
  readonly "~checked"?: (checked: Checked) => void
  readonly kind: "check"
  /** Unique within its asset: `unique(iata)`. */
  readonly name: string
  readonly severity: Severity
  /** A failed blocking check keeps the new data from becoming current, and skips what is below. */
  readonly blocking: boolean
  /** What identifies it; canonical. */
  describe(): Json
}

export interface CheckResult {
  readonly name: string
  readonly severity: Severity
  readonly blocking: boolean
  readonly passed: boolean
  /** Rows that break the rule, where the check counts rows. */
  readonly badRows?: number
  /** Up to ten of them. */
  readonly samples?: readonly Json[]
  readonly message?: string
}
