import type { Asset } from "./asset/asset.ts"
import type { Definitions } from "./definitions.ts"
import type { EnvironmentConfig } from "./environment/environment.ts"
import { CancelledError, ConfigError } from "./errors/assets-error.ts"
import { type MaterializeOptions, materializeWork, type Run, type RunStep } from "./materialize.ts"
import { stepId } from "./plan/step-id.ts"
import { type NamedWork, type OpenProject, openProject, planWork, selectAssets } from "./plan-work.ts"
import { SideComparison, type VerifiedPartition } from "./transfer/compare-sides.ts"
import { confirmSameGrounds, confirmSourcesUnmoved } from "./transfer/same-grounds.ts"
import { keysOf } from "./transfer/stored-difference.ts"
import { refuseSame } from "./transfer/two-environments.ts"
import { workAbove } from "./transfer/work-above.ts"
import { groupBy } from "./util/group-by.ts"
import type { CompareOptions } from "./value/difference.ts"
import { refuseWithoutPartitions } from "./wanted-partitions.ts"

export interface VerifyOptions
  extends Pick<
    MaterializeOptions,
    "environment" | "select" | "partitions" | "force" | "anyNumber" | "now" | "signal" | "onBegin" | "onEvent"
  > {
  /** Name of the environment that is compared with `environment`, or the environment itself. */
  readonly against: string | EnvironmentConfig
  /** Columns that tell a row. Default: the merge keys, else the columns of a `unique` check; without any, rows are told whole. */
  readonly keys?: readonly string[]
  /** What two floating point values may differ by: so much, or so much of the greater one. Default none. */
  readonly tolerance?: CompareOptions["tolerance"]
  /** Samples of each asset or partition. Default 10. */
  readonly limit?: number
  /** Told once, when both runs have ended and what they made is going to be compared. Must not throw. */
  readonly onCompare?: (runs: AssetsVerification["runs"]) => void
  /** Told of each comparison when it is done; of an asset after those that it reads. Must not throw. */
  readonly onVerified?: (verified: VerifiedPartition) => void
}

/** The run by which an environment was made ready to be compared. */
export interface VerifiedRun {
  readonly environment: string
  readonly runId: string
  readonly status: "succeeded" | "failed"
}

export interface AssetsVerification {
  /** Whether both runs succeeded, something was compared, and nothing differs. */
  readonly verified: boolean
  /** Of `environment`, and of `against`. */
  readonly runs: readonly [VerifiedRun, VerifiedRun]
  /** In the order of the graph. */
  readonly partitions: readonly VerifiedPartition[]
}

/**
 * Proves that two environments give the same: materializes what is missing or stale of the selection, and of all above it,
 * in the one and then in the other, and compares every value of the selection. Both runs have one `now`, and are recorded
 * like any other. Resolves also when steps failed, or something differs.
 *
 * What gives other rows by its own nature (a volatile plan, `nothing()`), and what one environment has not computed with
 * its own engine (copied, reused), is named as not compared.
 *
 * @throws ConfigError when the request is wrong; nothing ran then. `ENVIRONMENT_UNSUPPORTED` where the sources or the time
 * zones of the two are not the same; `SELECTION_EMPTY` when nothing selected can be compared
 * @throws StorageError `SOURCE_CHANGED_WHILE_READ` when a source moved between the runs; CancelledError
 */
export async function verify(project: Definitions, options: VerifyOptions): Promise<AssetsVerification> {
  const now = options.now ?? new Date()
  const b: Side = { ...options, environment: options.against, now }
  const a: Side = { ...options, now }
  const planned = await withBoth(project, [a, b], both => planBoth(both, options))
  const runs: [Run, Run] = [await materializeSide(project, a, planned), await materializeSide(project, b, planned)]
  options.onCompare?.(toldRuns(runs))
  return withBoth(project, [a, b], both => compareBoth(both, { options, planned, runs }))
}

type Side = VerifyOptions

/** What both environments are asked for. */
interface PlannedProof {
  readonly assets: readonly Asset[]
  readonly work: NamedWork
  readonly sources: readonly string[]
  readonly environments: readonly [string, string]
  /** As they were when the work was planned, and what their sources held then. */
  readonly before: readonly [OpenProject, OpenProject]
}

async function withBoth<T>(
  project: Definitions,
  [a, b]: readonly [Side, Side],
  work: (both: readonly [OpenProject, OpenProject]) => Promise<T>,
): Promise<T> {
  const one = openProject(project, opened(a))
  try {
    const other = openProject(project, opened(b))
    try {
      return await work([one, other])
    } finally {
      await other.close()
    }
  } finally {
    await one.close()
  }
}

function opened({ environment, now, signal }: Side) {
  return { environment, now, signal }
}

/** Looks at everything that can be refused before something runs: also at the plans. */
async function planBoth(both: readonly [OpenProject, OpenProject], options: VerifyOptions): Promise<PlannedProof> {
  const { select, partitions, keys } = options
  const [one, other] = both
  refuseSame(one.environment, other.environment)
  const assets = await selectAssets(one, select)
  refuseIncomparable(assets)
  for (const asset of assets) if (asset.returns.columns) keysOf(asset, keys)
  refuseWithoutPartitions(assets, partitions)
  const work = workAbove(one, assets, partitions)
  for (const side of both) await planWork(side, options, work)
  const sources = [...new Set(work.keys.flatMap(key => one.project.graph.upstream(key)))].filter(key => {
    return one.project.sources.has(key)
  })
  confirmSameGrounds(one, other, sources)
  return { assets, work, sources, environments: [one.environment.name, other.environment.name], before: both }
}

async function materializeSide(project: Definitions, side: Side, { work, environments }: PlannedProof): Promise<Run> {
  const run = await materializeWork(project, { ...side, tags: { verify: environments.join(" ") } }, work)
  await run.close()
  if (run.status === "cancelled") throw stopped(run)
  return run
}

interface Ended {
  readonly options: VerifyOptions
  readonly planned: PlannedProof
  readonly runs: readonly [Run, Run]
}

async function compareBoth(
  both: readonly [OpenProject, OpenProject],
  { options, planned, runs }: Ended,
): Promise<AssetsVerification> {
  const { keys, tolerance, limit = 10, onVerified } = options
  const { assets, work, sources, before } = planned
  const [one] = both
  for (const [i, side] of both.entries()) {
    await side.sources.observe(sources.flatMap(key => side.project.sources.get(key) ?? []))
    confirmSourcesUnmoved(before[i] as OpenProject, side, sources) // there are as many as sides
  }
  const comparing = { keys, tolerance, samples: limit, signal: one.signal }
  const isWanted = ({ key, options }: Asset, partition: string | null) => {
    if (work.exactly) return work.exactly.get(key)?.includes(partition) === true
    return partition === null ? !options.partitions : options.partitions?.has(partition, one.partitionContext) === true
  }
  const failures = groupBy(runs.flatMap(failuresOf), ([step]) => step)
  const failed = new Map([...failures].map(([step, all]) => [step, all.map(([, why]) => why).join("; ")]))
  const partitions: VerifiedPartition[] = []
  for await (const found of new SideComparison(both, comparing).compare({ assets, isWanted, failed })) {
    partitions.push(found)
    onVerified?.(found)
  }
  const bothSucceeded = runs.every(({ status }) => status === "succeeded")
  const statuses = new Set(partitions.map(({ status }) => status))
  statuses.delete("not_compared")
  const isProven = statuses.size === 1 && statuses.has("equal")
  return { verified: isProven && bothSucceeded, runs: toldRuns(runs), partitions }
}

function toldRuns(runs: readonly [Run, Run]): AssetsVerification["runs"] {
  return runs.map(({ id, status, plan: { environment } }): VerifiedRun => {
    return { environment, runId: id, status: status === "succeeded" ? status : "failed" }
  }) as [VerifiedRun, VerifiedRun] // one for each run
}

/** What a run did not make, by the id of the step. */
function failuresOf({ steps, plan: { environment } }: Run): (readonly [step: string, why: string])[] {
  return steps.flatMap(step => {
    if (step.status === "materialized" || step.status === "skipped") return []
    return (step.partitions.length === 0 ? [null] : step.partitions).map(partition => {
      return [stepId(step.key, partition), `${wordOf(step)} in '${environment}'`] as const
    })
  })
}

function wordOf({ status, reason }: RunStep): string {
  if (status === "blocked") return reason
  return status === "failed" ? `failed with ${reason}` : status === "staged" ? "not published" : status
}

function refuseIncomparable(assets: readonly Asset[]): void {
  if (assets.length === 0 || assets.some(({ returns }) => returns.compare)) return
  throw new ConfigError("SELECTION_EMPTY", {
    what: "There is nothing to compare.",
    why: `Nothing is kept of what was selected: ${assets.map(({ key, returns }) => `'${key}' is ${returns.kind}`).join(", ")}.`,
    fix: "Select assets that are tables or JSON values.",
    details: { keys: assets.map(({ key }) => key) },
  })
}

function stopped({ id, plan: { environment } }: Run): CancelledError {
  return new CancelledError("RUN_CANCELLED", {
    what: `The run ${id} in '${environment}' was cancelled.`,
    why: "It was asked to stop; nothing was compared.",
    fix: "Give the command again: what was made stays.",
    details: { run: id, environment },
  })
}
