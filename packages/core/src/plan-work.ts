import type { Asset } from "./asset/asset.ts"
import { type SelectableStatus, selectionNeeds } from "./asset/asset-selection.ts"
import type { Definitions } from "./definitions.ts"
import type { EnvironmentConfig } from "./environment/environment.ts"
import { OpenEnvironment } from "./environment/open-environment.ts"
import { type ResolvedEnvironment, resolveEnvironment } from "./environment/resolve-environment.ts"
import { CancelledError, ConfigError } from "./errors/assets-error.ts"
import { findRun } from "./event/find-run.ts"
import type { RunLog } from "./event/run-log.ts"
import { openRunLog } from "./open-event-log.ts"
import type { PartitionContext } from "./partition/partitions.ts"
import { buildPlan, type PlannedWork } from "./plan/build-plan.ts"
import { SourceVersions } from "./plan/source-versions.ts"
import { type RetriedRun, retriedRun } from "./retry-run.ts"
import { statusOf } from "./status-of.ts"
import { openOther } from "./transfer/two-environments.ts"
import { refuseWithoutPartitions } from "./wanted-partitions.ts"

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
  /** With `force`: rows that were appended or merged before are so once more. Without it they are refused. */
  readonly reapply?: boolean
  /** True: without a request for partitions, also more than 100 missing or stale ones of an asset run. */
  readonly anyNumber?: boolean
  /**
   * A former run, by its id, how its id begins, or `latest`: in its environment exactly the steps run that failed, were
   * blocked, cancelled or never started in it. Excludes `select` and `partitions`.
   */
  readonly fromFailure?: string
  /** The run's one instant. Default: now. */
  readonly now?: Date
  readonly signal?: AbortSignal
  /** Values in place of sources, by key: rows, batches or JSON, as the source's type accepts. */
  readonly inputs?: { readonly [key: string]: unknown }
}

/** What `openProject` is told besides what may be asked for; what is undefined has its default. */
export interface OpenOptions extends Pick<PlanOptions, "select" | "partitions" | "fromFailure" | "inputs"> {
  readonly environment?: string | EnvironmentConfig | undefined
  readonly now?: Date | undefined
  readonly signal?: AbortSignal | undefined
  /** False: storage does not wait for other processes. Default true. */
  readonly wait?: boolean | undefined
}

/** A project with its environment and event log open, for one request. */
export interface OpenProject {
  readonly project: Definitions
  readonly environment: OpenEnvironment
  readonly log: RunLog
  /** With `fromFailure`: what is left to do of that run. */
  readonly retried: RetriedRun | undefined
  readonly sources: SourceVersions
  readonly partitionContext: PartitionContext
  /** Environments whose stored data may be read in place of computing it. */
  readonly reuse: readonly OpenEnvironment[]
  readonly signal: AbortSignal
  close(): Promise<void>
}

/**
 * Opens what a request needs; starts no engine.
 * @throws ConfigError `ENVIRONMENT_UNKNOWN`, `ASSET_UNKNOWN`; StorageError when the event log cannot be opened
 */
export function openProject(project: Definitions, options: OpenOptions): OpenProject {
  const resolved = environmentFor(project, options)
  const signal = options.signal ?? new AbortController().signal
  const time = { now: options.now ?? new Date(), signal, wait: options.wait ?? true }
  const environment = new OpenEnvironment(project, resolved, time)
  const reuse = (resolved.config.reuse ?? []).map(name => {
    return new OpenEnvironment(project, resolveEnvironment(project, name), time)
  })
  const log = openRunLog(project, resolved)
  const close = async () => {
    try {
      for (const one of [environment, ...reuse]) await one.close()
    } finally {
      log.close()
    }
  }
  try {
    const { assets, sources } = project
    const retried = retriedRun(log, options)
    const given = options.inputs ?? {}
    const versions = new SourceVersions({ environment, log, assets, sources, given, signal })
    const partitionContext = { now: environment.now, dynamicKeys: (name: string) => log.dynamicKeys(name) }
    return { project, environment, log, retried, sources: versions, partitionContext, reuse, signal, close }
  } catch (error) {
    log.close()
    throw error
  }
}

/** The environment that is asked for; of a run that is retried, the run's. */
function environmentFor(project: Definitions, { environment, fromFailure }: OpenOptions): ResolvedEnvironment {
  const resolved = resolveEnvironment(project, environment)
  if (fromFailure === undefined) return resolved
  const log = openRunLog(project, resolved)
  try {
    const run = findRun(log, fromFailure)
    if (run.environment === resolved.name) return resolved
    if (environment === undefined) return resolveEnvironment(project, run.environment)
    throw new ConfigError("ARGUMENT_INVALID", {
      what: `The run ${run.id} was one of the environment '${run.environment}', and '${resolved.name}' is asked for.`,
      why: "A run is retried where it ran.",
      fix: `Leave the environment out, or name it: --env ${run.environment}`,
      details: { run: run.id, environment: run.environment },
    })
  } finally {
    log.close()
  }
}

/** Work that is named key by key, in place of a selection and of partitions. */
export interface NamedWork {
  readonly keys: readonly string[]
  /** Asset → its partitions, null for the whole. Left out: those that are missing or stale. */
  readonly exactly?: ReadonlyMap<string, readonly (string | null)[]>
}

/** Resolves the selection and builds the plan; with `named` of exactly that, and the selection is for people. */
export async function planWork(open: OpenProject, options: PlanOptions, named?: NamedWork): Promise<PlannedWork> {
  const { project, environment, log, sources, partitionContext, reuse, signal } = open
  const { select = "*", partitions, force = false, reapply = false, anyNumber = false } = options
  if (signal.aborted) throw cancelled(signal)
  if (reapply && !force) throw reapplyWithoutForce()
  const { retried } = open
  const wanted = retried ? project.graph.keys.filter(key => retried.left.has(key)) : undefined
  const keys = named?.keys ?? wanted ?? (await selectKeys(open, select))
  refuseWithoutPartitions(
    keys.flatMap(key => project.assets.get(key) ?? []),
    partitions,
  )
  try {
    const selection = retried?.run.selection ?? [select].flat().join(" ")
    const { codeVersions } = project
    const code = { now: environment.now, timeZone: environment.timeZone, codeVersions }
    const request = {
      project,
      reuse,
      environment,
      log,
      sources,
      keys,
      selection,
      partitions,
      exactly: named?.exactly ?? retried?.left,
      anyNumber,
      partitionContext,
      force,
      reapply,
      code,
    }
    return await buildPlan({ ...request, signal })
  } catch (error) {
    throw signal.aborted ? cancelled(signal) : error
  }
}

/** The assets that a selection means, what they depend on first. Default: every one. */
export async function selectAssets(open: OpenProject, select: string | readonly string[] = "*"): Promise<Asset[]> {
  const { assets, graph } = open.project
  return graph.inOrder(await selectKeys(open, select)).flatMap(key => assets.get(key) ?? [])
}

/** The keys of the assets that a selection means, also where it asks for their status. */
export async function selectKeys(open: OpenProject, select: string | readonly string[]): Promise<string[]> {
  const { project, environment, log } = open
  const needs = selectionNeeds(select)
  const withStatus = new Map<SelectableStatus, Set<string>>()
  for (const status of needs.statuses) withStatus.set(status, new Set())
  for (const step of log.failures(environment.name).keys()) withStatus.get("failed")?.add(step.replace(/\[.*$/s, ""))
  if (withStatus.has("stale") || withStatus.has("missing")) {
    const all = await statusOf(open, [...project.assets.keys()])
    for (const { key, status } of all) if (status !== "fresh") withStatus.get(status)?.add(key)
  }
  const changed = new Map<string, ReadonlySet<string>>()
  for (const name of needs.environments) {
    if (Object.hasOwn(project.environments, name)) changed.set(name, await changedFrom(open, name))
  }
  const keys = project.select(select, {
    required: true,
    withStatus: status => withStatus.get(status) ?? new Set(),
    changedFrom: name => changed.get(name) ?? new Set(),
  })
  const assets = keys.filter(key => project.assets.has(key))
  if (assets.length > 0 || project.assets.size === 0) return assets
  throw new ConfigError("SELECTION_EMPTY", {
    what: `The selection '${[select].flat().join(" ")}' matches sources only.`,
    why: "Sources are made elsewhere: there is nothing to run.",
    fix: `Select what is below them: '${keys[0]}+'.`,
    details: { keys },
  })
}

/**
 * The keys of what an environment holds that differs from what would be made now: by its code, by what it reads, or
 * because it was never made there. A partition that is not there yet is no change.
 */
async function changedFrom(open: OpenProject, name: string): Promise<ReadonlySet<string>> {
  const { project } = open
  const other = openOther(open, name)
  try {
    const all = await statusOf(open, [...project.assets.keys()], other)
    const differing = all.filter(({ causes }) => causes.some(({ kind }) => kind !== "partition_missing"))
    return new Set(differing.map(({ key }) => key))
  } finally {
    await other.close()
  }
}

function reapplyWithoutForce(): ConfigError {
  return new ConfigError("ARGUMENT_INVALID", {
    what: "reapply is asked for without force.",
    why: "It says what becomes of rows that were added before when what is unchanged is made to run.",
    fix: "Add force (--force), or leave reapply out.",
  })
}

function cancelled(signal: AbortSignal): CancelledError {
  return new CancelledError("RUN_CANCELLED", {
    what: "The request was cancelled while it was planned.",
    why: "It was asked to stop; nothing ran.",
    fix: "Run again.",
    cause: signal.reason,
  })
}
