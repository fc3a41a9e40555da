import type { Asset } from "./asset/asset.ts"
import type { Definitions } from "./definitions.ts"
import type { EnvironmentConfig } from "./environment/environment.ts"
import type { AssetsEvent } from "./event/event.ts"
import type { ExecutionPlan } from "./plan/execution-plan.ts"
import type { Json } from "./util/json.ts"
import type { AnyValueType, BoundOf } from "./value/value-type.ts"

/** What is asked for: which assets, in which environment. */
export interface PlanOptions {
  /** Name of one of the project's environments, or one made by `inMemory()`. Default: `ASSETS_ENV`, then the project's. */
  readonly environment?: string | EnvironmentConfig
  /** A selection, or several whose union is meant. Default: every asset. */
  readonly select?: string | readonly string[]
  /**
   * Partition keys, ranges `A..B` with both ends included, or `all`, `missing`, `failed`.
   * Default: the missing and stale keys, when they are at most 100.
   */
  readonly partitions?: readonly string[]
  /** True: what is unchanged runs, too. */
  readonly force?: boolean
  /** The run's one instant. Default: now. */
  readonly now?: Date
  readonly signal?: AbortSignal
  /** Values in place of sources, by key: rows, batches or JSON, as the source's type accepts. */
  readonly inputs?: { readonly [key: string]: unknown }
}

export interface MaterializeOptions extends PlanOptions {
  /** Told of each event once it is kept. Must not throw. */
  readonly onEvent?: (event: AssetsEvent) => void
  /** Steps that run at the same time. Default: the processors of this machine. */
  readonly concurrency?: number
  /** True: the first failed step stops the run. */
  readonly failFast?: boolean
  readonly tags?: { readonly [name: string]: string }
  /** False: a step that another process works on fails with `LEASE_HELD` in place of waiting. Default true. */
  readonly wait?: boolean
}

/** How one step of a run ended. */
export interface RunStep {
  readonly key: string
  /** Empty for an asset without partitions. */
  readonly partitions: readonly string[]
  readonly status: "materialized" | "skipped" | "failed" | "cancelled" | "blocked"
  /** Why: `never_materialized`, `unchanged`, the failed step above it, the code of the error. */
  readonly reason: string
  readonly dataVersion: string | undefined
  /** What the write saw (`rows`, `bytes`, `files`) and what the function added. */
  readonly metadata: { readonly [name: string]: Json }
  readonly error?: Error
}

/** A run that has ended. */
export interface Run {
  readonly id: string
  readonly status: "succeeded" | "failed" | "cancelled"
  readonly plan: ExecutionPlan
  /** In the order of the plan. */
  readonly steps: readonly RunStep[]
  /**
   * Returns what is stored of an asset after the run: for a frame a bound one, read when an action asks for it.
   * Opens the engine again where it must; `close` or the end of the process closes it.
   *
   * @throws StorageError `INPUT_MISSING` when nothing is stored
   */
  value<V extends AnyValueType>(
    asset: Asset<V>,
    options?: { readonly partitions?: readonly string[] },
  ): Promise<BoundOf<V>>
  /** Closes the engines that `value` opened. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Plans and runs: each selected asset whose stored data does not match its code and inputs is made and stored.
 * Resolves also when steps failed; `status` tells.
 *
 * @throws ConfigError, DefinitionError when the request or the project is wrong; nothing ran then
 */
export async function materialize(_project: Definitions, _options: MaterializeOptions = {}): Promise<Run> {
  throw new Error("not yet")
}

/** Returns what `materialize` would run with the same options, and why. Computes and stores nothing. */
export async function plan(_project: Definitions, _options: PlanOptions = {}): Promise<ExecutionPlan> {
  throw new Error("not yet")
}
