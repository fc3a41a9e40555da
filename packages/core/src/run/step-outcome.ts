import type { Materialization } from "../io/io-manager.ts"

/** How a step ended. */
export type StepOutcome =
  | { readonly status: "materialized"; readonly reason: string; readonly materialization: Materialization }
  | { readonly status: "skipped"; readonly reason: string; readonly materialization: Materialization }
  /** The data is complete, and no reader sees it: the run did not come to publish it. */
  | { readonly status: "staged"; readonly reason: string; readonly materialization: Materialization }
  | { readonly status: "failed"; readonly reason: string; readonly error: Error }
  | { readonly status: "cancelled"; readonly reason: string }
  /** `by` is the step that failed. */
  | { readonly status: "blocked"; readonly reason: string; readonly by: string }
