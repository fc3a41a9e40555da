import type { Asset } from "./asset/asset.ts"
import type { Definitions } from "./definitions.ts"
import type { Progress } from "./engine/engine.ts"
import { ResourceScope } from "./environment/resource.ts"
import type { AssetsEvent } from "./event/event.ts"
import type { PlannedWork } from "./plan/build-plan.ts"
import type { ExecutionPlan } from "./plan/execution-plan.ts"
import { type NamedWork, type OpenProject, openProject, type PlanOptions, planWork } from "./plan-work.ts"
import { type EndedExecution, executeRun } from "./run/execute-run.ts"
import { RunContext } from "./run/run-context.ts"
import type { StepOutcome } from "./run/step-outcome.ts"
import { StoredValues } from "./stored-values.ts"
import type { Json } from "./util/json.ts"
import { uuidv7 } from "./util/uuid.ts"
import type { AnyValueType, BoundOf } from "./value/value-type.ts"

export interface MaterializeOptions extends PlanOptions {
  /** Told of each event once it is kept. Must not throw. */
  readonly onEvent?: (event: AssetsEvent) => void
  /** Called once, before the first step starts. Must not throw. */
  readonly onBegin?: (run: RunningRun) => void
  /** Steps that run at the same time. Default: the processors of this machine. */
  readonly concurrency?: number
  /** True: the first failed step stops the run. */
  readonly failFast?: boolean
  readonly tags?: { readonly [name: string]: string }
  /** False: a step that another process works on fails with `LEASE_HELD` in place of waiting. Default true. */
  readonly wait?: boolean
}

/** A run while it goes on. */
export interface RunningRun {
  readonly id: string
  /** How far the engine is with a running step, by the step's id; empty where it cannot tell. */
  progress(step: string): Promise<Progress>
}

/** How one step of a run ended. */
export interface RunStep {
  readonly key: string
  /** Empty for an asset without partitions. */
  readonly partitions: readonly string[]
  /** `staged`: complete, and not current, since the run did not come to publish it (`publish: "run"`). */
  readonly status: "materialized" | "skipped" | "staged" | "failed" | "cancelled" | "blocked"
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
  /** Why the run failed, where no step did: what they made could not be published. */
  readonly error?: Error
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
export function materialize(project: Definitions, options: MaterializeOptions = {}): Promise<Run> {
  return materializeWork(project, options)
}

/** As `materialize`; with `named` of exactly that. */
export async function materializeWork(
  project: Definitions,
  options: MaterializeOptions,
  named?: NamedWork,
): Promise<Run> {
  const open = openProject(project, options)
  try {
    const planned = await planWork(open, options, named)
    const { environment, log, sources } = open
    const { force = false, reapply = false, wait = true, onEvent } = options
    const tags = { ...options.tags, ...(open.retried && { retryOf: open.retried.run.id }) }
    const id = uuidv7()
    const { state, reusable } = planned
    const { vars = {}, resources: declared = [] } = environment.config
    const scope = new ResourceScope(declared, { environment: environment.name, vars, signal: open.signal })
    const resources = scope.values
    const run = new RunContext({
      id,
      environment,
      log,
      state,
      reusable,
      sources,
      resources,
      force,
      reapply: force && reapply,
      wait,
      tags,
      onEvent,
    })
    options.onBegin?.({ id, progress: step => run.progress(step) })
    const ended = await executeRun(run, planned, options).finally(() => scope.close())
    return runOf({ id, open, planned, ...ended })
  } finally {
    await open.close()
  }
}

/**
 * Returns what `materialize` would run with the same options, and why. Computes and stores nothing.
 *
 * @throws ConfigError, DefinitionError when the request or the project is wrong
 */
export async function plan(project: Definitions, options: PlanOptions = {}): Promise<ExecutionPlan> {
  const open = openProject(project, options)
  try {
    return (await planWork(open, options)).plan
  } finally {
    await open.close()
  }
}

interface EndedRun extends EndedExecution {
  readonly id: string
  readonly open: OpenProject
  readonly planned: PlannedWork
}

function runOf({ id, open, planned, outcomes, status, error }: EndedRun): Run {
  const values = new StoredValues(open, planned.state)
  const steps = planned.plan.steps.map(({ id, key, partitions }) => {
    return stepOf(key, partitions, outcomes.get(id) as StepOutcome) // executeRun gives each step its outcome
  })
  const close = () => values.close()
  return {
    id,
    status,
    ...(error && { error }),
    plan: planned.plan,
    steps,
    value: (asset, { partitions } = {}) => {
      const made = steps.filter(({ key }) => key === asset.key).flatMap(step => step.partitions)
      return values.value(asset, partitions ?? made)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function stepOf(key: string, partitions: readonly string[], outcome: StepOutcome): RunStep {
  const { status, reason } = outcome
  if (outcome.status === "failed") {
    return { key, partitions, status, reason, dataVersion: undefined, metadata: {}, error: outcome.error }
  }
  if (!("materialization" in outcome)) return { key, partitions, status, reason, dataVersion: undefined, metadata: {} }
  const { dataVersion, rows, bytes, files, metadata } = outcome.materialization
  const seen = {
    ...(rows !== undefined && { rows }),
    ...(bytes !== undefined && { bytes }),
    ...(files !== undefined && { files }),
  }
  return { key, partitions, status, reason, dataVersion, metadata: { ...seen, ...metadata } }
}
