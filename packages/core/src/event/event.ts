import type { CheckResult } from "../check/asset-check.ts"
import type { Materialization } from "../io/io-manager.ts"
import type { Reason } from "../plan/execution-plan.ts"
import type { Json } from "../util/json.ts"

/** What every event carries. `id` grows by one writer after another and is the cursor of readers. */
export interface EventBase {
  readonly id: number
  /** ISO 8601, UTC, milliseconds. */
  readonly time: string
  readonly runId: string
}

interface StepEvent extends EventBase {
  /** `marts/revenue`, or `marts/revenue[2024-01-05]`. */
  readonly step: string
  readonly key: string
  readonly partitions: readonly string[]
}

/** What happened, in the past tense. The words are stored and live for ever. */
export type AssetsEvent =
  | (EventBase & {
      readonly type: "run_started"
      readonly environment: string
      readonly selection: string
      readonly tags: { readonly [name: string]: string }
      readonly steps: number
    })
  | (StepEvent & { readonly type: "step_started"; readonly attempt: number; readonly reasons: readonly Reason[] })
  | (StepEvent & { readonly type: "step_waiting"; readonly holder: string })
  | (StepEvent & {
      readonly type: "step_retried"
      readonly attempt: number
      readonly delayMs: number
      readonly error: Json
    })
  | (StepEvent & {
      readonly type: "asset_materialized"
      readonly materialization: Materialization
      readonly durationMs: number
    })
  /** The data is complete and becomes current together with the rest of the run: `publish: "run"`. */
  | (StepEvent & {
      readonly type: "step_staged"
      readonly materialization: Materialization
      readonly durationMs: number
    })
  | (StepEvent & { readonly type: "check_evaluated"; readonly result: CheckResult })
  | (StepEvent & { readonly type: "step_skipped"; readonly reason: string; readonly dataVersion?: string })
  | (StepEvent & { readonly type: "step_blocked"; readonly by: string })
  | (StepEvent & {
      readonly type: "step_failed"
      readonly attempt: number
      readonly error: Json
      readonly durationMs: number
    })
  | (StepEvent & { readonly type: "step_cancelled" })
  | (StepEvent & {
      readonly type: "log_written"
      readonly level: "debug" | "info" | "warn" | "error"
      readonly message: string
      readonly fields?: Json
    })
  | (EventBase & { readonly type: "run_succeeded"; readonly durationMs: number })
  /** `unpublished`: how many versions were completed and stay out of sight, with `publish: "run"`. */
  | (EventBase & {
      readonly type: "run_failed"
      readonly durationMs: number
      readonly error?: Json
      readonly unpublished?: number
    })
  | (EventBase & { readonly type: "run_cancelled"; readonly durationMs: number; readonly unpublished?: number })

export type EventType = AssetsEvent["type"]
/** An event before the log gives it its id and time. */
export type NewEvent = AssetsEvent extends infer E ? (E extends AssetsEvent ? Omit<E, "id" | "time"> : never) : never
