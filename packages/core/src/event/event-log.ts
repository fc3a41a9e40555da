import type { Materialization } from "../io/io-manager.ts"
import type { Json } from "../util/json.ts"
import type { AssetsEvent, NewEvent } from "./event.ts"

export type RunStatus = "running" | "succeeded" | "failed" | "cancelled"

export interface RunCounts {
  readonly steps: number
  readonly ok: number
  readonly skipped: number
  readonly failed: number
  readonly checksFailed: number
}

/** One request carried out. */
export interface RunRecord {
  readonly id: string
  readonly environment: string
  readonly selection: string
  readonly status: RunStatus
  /** Why it ended as it did, where that is not its steps' doing: `runner lost`. */
  readonly reason: string | null
  /** ISO 8601, UTC, milliseconds. */
  readonly startedAt: string
  readonly endedAt: string | null
  readonly tags: { readonly [name: string]: string }
  readonly counts: RunCounts
}

export type StepStatus =
  | "pending"
  | "running"
  | "staged"
  | "materialized"
  | "skipped"
  | "failed"
  | "cancelled"
  | "blocked"

/** One asset × its partition keys, in a run. */
export interface StepRecord {
  readonly runId: string
  readonly id: string
  readonly key: string
  readonly partitions: readonly string[]
  readonly status: StepStatus
  /** Why it ran, was skipped, failed or was blocked: `unchanged`, `code_changed`, the error's code. */
  readonly reason: string | null
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly attempts: number
  readonly rows: number | null
  readonly bytes: number | null
  readonly dataVersion: string | null
  readonly error: Json
}

/** The latest materialization of an asset's partition in an environment, as the event log knows it. */
export interface LatestMaterialization {
  readonly environment: string
  readonly key: string
  readonly partition: string | null
  readonly materialization: Materialization
}

export interface EventQuery {
  /** Events whose id is greater: the reader's cursor. Default 0. */
  readonly after?: number
  readonly runId?: string
  readonly step?: string
  /** Default 1,000. */
  readonly limit?: number
}

export interface RunQuery {
  readonly environment?: string
  readonly status?: RunStatus
  /** Runs whose ids begin so. */
  readonly startingWith?: string
  /** Runs that ended before this instant, ISO 8601. */
  readonly endedBefore?: string
  /** Runs that started before the run of this id. */
  readonly before?: string
  /** Default 50. */
  readonly limit?: number
}

/** Which of a run's steps to give. */
export interface StepQuery {
  /** How many to pass over. Default 0. */
  readonly offset?: number
  /** Default: all. */
  readonly limit?: number
}

/**
 * What happened, in order, and the state that follows from it, changed in the same transaction.
 * Synchronous: each method returns when the change survives the death of the process.
 */
export interface EventLog {
  append(event: NewEvent): AssetsEvent
  events(query?: EventQuery): AssetsEvent[]
  /** Latest first. */
  runs(query?: RunQuery): RunRecord[]
  run(id: string): RunRecord | undefined
  /** In the order in which they started; those that have not, last. */
  steps(runId: string, page?: StepQuery): StepRecord[]
  latest(query: { readonly environment: string; readonly key?: string }): LatestMaterialization[]
  /** Materializations of an asset, latest first. Default 50. */
  history(query: { readonly environment: string; readonly key: string; readonly limit?: number }): Materialization[]
  /** Ends the runs of dead processes, as opening the log does; for who keeps it open for long. */
  endLostRuns(): void
  close(): void
}
