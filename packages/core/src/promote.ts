import type { Definitions } from "./definitions.ts"
import type { OpenEnvironment } from "./environment/open-environment.ts"
import { ConfigError } from "./errors/assets-error.ts"
import type { AssetsEvent } from "./event/event.ts"
import type { IOManager, Materialization, Publication } from "./io/io-manager.ts"
import { stepId } from "./plan/step-id.ts"
import { type OpenProject, openProject, selectAssets } from "./plan-work.ts"
import type { RunContext } from "./run/run-context.ts"
import { type PlannedPromotion, type Promoted, PromotionPlanner } from "./transfer/plan-promotion.ts"
import { recordRun } from "./transfer/recorded-run.ts"
import { StepLeases, stepAbout } from "./transfer/step-leases.ts"
import { type FromTo, openOther, refuseSame } from "./transfer/two-environments.ts"
import { groupBy } from "./util/group-by.ts"
import { uuidv7 } from "./util/uuid.ts"

export interface PromoteOptions extends FromTo {
  /** A selection, or several whose union is meant. Default: every asset. */
  readonly select?: string | readonly string[]
  /** True: tells what would be promoted, and changes nothing. */
  readonly dryRun?: boolean
  /** False: fails with `LEASE_HELD` where a run works on one of the assets, in place of waiting for it. Default true. */
  readonly wait?: boolean
  readonly now?: Date
  readonly signal?: AbortSignal
  /** Told of each event once it is kept. Must not throw. */
  readonly onEvent?: (event: AssetsEvent) => void
}

/** One partition (`null`: the whole of an asset without partitions) that became current. */
export interface PromotedPartition {
  readonly key: string
  readonly partition: string | null
  readonly dataVersion: string
  /** The data version that was current before; null for nothing. */
  readonly former: string | null
}

/** What a promotion did, or would do. */
export interface Promotion {
  readonly from: string
  readonly to: string
  /** Id of the run in the history of `to`; null when nothing was changed. */
  readonly runId: string | null
  /** In the order of the graph. */
  readonly promoted: readonly PromotedPartition[]
  /** Partitions that hold the same data in both environments. */
  readonly unchanged: number
  /** What was left out: `to` holds what the project's code makes of it now, and `from` something else. */
  readonly behind: readonly { readonly key: string; readonly partition: string | null }[]
}

/**
 * Makes what is current in `from` current in `to`, without computing and without copying rows: all of it or nothing, so
 * that readers of `to` see the old versions of all assets or the new versions of all. What `from` only reuses is left out,
 * and what `to` has as the project's code makes it.
 *
 * @throws StorageError `PROMOTE_CONFLICT` when something was made by other code than the project's, or from what `to` does
 * not have, and would not have after the promotion; `LEASE_HELD`, `LEASE_LOST`, `STORAGE_CONFLICT`, `STORAGE_DATA_MISSING`
 * @throws ConfigError `ENVIRONMENT_UNSUPPORTED` when the IO managers are of two kinds, or keep no versions
 */
export async function promote(project: Definitions, options: PromoteOptions): Promise<Promotion> {
  const { now, signal, wait = true } = options
  const open = openProject(project, { environment: options.to, now, signal, wait })
  let from: OpenEnvironment | undefined
  try {
    from = openOther(open, options.from, { wait })
    refuseSame(from, open.environment)
    const planner = new PromotionPlanner(open, from, await selectAssets(open, options.select))
    const planned = await planner.plan()
    const io = planned.promoted.length > 0 ? managerOf(open, from, planned) : undefined
    if (!io || options.dryRun) return promotionOf(open, from, planned, null)
    return await carryOut(open, from, { options, planner, planned, io })
  } finally {
    await from?.close()
    await open.close()
  }
}

interface PromotionWork {
  readonly options: PromoteOptions
  readonly planner: PromotionPlanner
  readonly planned: PlannedPromotion
  readonly io: PublishingManager
}

async function carryOut(open: OpenProject, from: OpenEnvironment, work: PromotionWork): Promise<Promotion> {
  const { options, planner, planned, io } = work
  const { wait = true, onEvent, select = "*" } = options
  const tags = { promotedFrom: from.name }
  const leased = new Set(planned.promoted.map(({ key, partition }) => stepId(key, partition)))
  let done = planned
  const request = { selection: [select].flat().join(" "), tags, steps: planned.promoted, wait, onEvent }
  const runId = await recordRun(open, request, async (run, running) => {
    const leases = await StepLeases.take(run, [...planned.promoted, ...planned.read], running.signal)
    try {
      // Whoever held a lease until now may have changed what is promoted, or what it was made from. Partitions that came
      // meanwhile are left alone, and so is what was made from them.
      done = await planner.plan(leased)
      await publish(run, running, { from, promoted: done.promoted, io, leases })
      return "succeeded"
    } finally {
      leases.release()
    }
  })
  return promotionOf(open, from, done, runId)
}

interface Publishing {
  readonly from: OpenEnvironment
  readonly promoted: readonly Promoted[]
  readonly io: PublishingManager
  readonly leases: StepLeases
}

async function publish(run: RunContext, open: OpenProject, publishing: Publishing): Promise<void> {
  const { promoted, io, leases } = publishing
  const { environment, log, signal } = open
  const startedAt = performance.now()
  const publications: Publication[] = []
  for (const one of promoted) {
    const adopted = await adopt(run, open, { ...publishing, one })
    const former = one.former?.materialization.id ?? null
    publications.push({ key: one.key, partition: one.partition, materialization: adopted, former })
  }
  signal.throwIfAborted()
  const context = { ...environment.ioContext(signal), inUse: () => log.inUse() }
  await io.publish({ ...context, commit: change => leases.commit(change) }, publications)
  const durationMs = Math.round(performance.now() - startedAt)
  run.change(append => {
    for (const { key, partition, materialization } of publications) {
      append({ type: "asset_materialized", ...stepAbout(run, { key, partition }), materialization, durationMs })
    }
  })
}

/** Completes a version in the environment from the one that is promoted. */
async function adopt(
  run: RunContext,
  open: OpenProject,
  { from, io, one }: Publishing & { readonly one: Promoted },
): Promise<Materialization> {
  const { environment, log, signal } = open
  const { materialization, applied } = one.stored
  const record: Materialization = {
    ...materialization,
    id: uuidv7(),
    partitions: one.partition === null ? [] : [one.partition],
    runId: run.settings.id,
    createdAt: new Date().toISOString(),
  }
  const { step } = stepAbout(run, one)
  // By `change`: what a run keeps that was ended meanwhile would be kept for ever.
  run.change(() => log.keepReads(run.settings.id, step, [materialization.id, record.id]))
  const place = { key: one.key }
  const adopted = await io.adopt(
    { ...environment.ioContext(signal), ...place },
    {
      from: from.io(one.asset),
      fromContext: { ...from.ioContext(signal), ...place },
      materialization,
      record,
      ...(applied && { applied }),
    },
  )
  if (!adopted) throw unsupported(from, environment, "the one does not reach what the other holds")
  return adopted
}

type PublishingManager = IOManager & Required<Pick<IOManager, "adopt" | "publish">>

/** The one IO manager that publishes everything: more than one could not do so at once. */
function managerOf(open: OpenProject, from: OpenEnvironment, { promoted }: PlannedPromotion): PublishingManager {
  const { environment } = open
  const [first, second] = new Set(promoted.map(({ asset }) => environment.io(asset)))
  if (second) throw severalManagers(open, promoted)
  const others = new Set(promoted.map(({ asset }) => from.io(asset).name))
  for (const name of others) {
    if (first?.name === name) continue
    throw unsupported(from, environment, `the one keeps assets as ${name} and the other as ${first?.name}`)
  }
  if (first && canPublish(first)) return first
  throw unsupported(from, environment, `${first?.name} keeps no versions`)
}

function canPublish(io: IOManager): io is PublishingManager {
  return io.adopt !== undefined && io.publish !== undefined
}

function promotionOf(
  { environment }: OpenProject,
  from: OpenEnvironment,
  { promoted, unchanged, behind }: PlannedPromotion,
  runId: string | null,
): Promotion {
  const list = promoted.map(({ key, partition, stored, former }) => ({
    key,
    partition,
    dataVersion: stored.materialization.dataVersion,
    former: former?.materialization.dataVersion ?? null,
  }))
  return { from: from.name, to: environment.name, runId, promoted: list, unchanged, behind }
}

function unsupported(from: OpenEnvironment, to: OpenEnvironment, why: string): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `'${from.name}' cannot be promoted to '${to.name}'.`,
    why: `A promotion moves no data, and ${why}.`,
    fix: `Copy the rows: assets copy --from ${from.name} --to ${to.name}`,
    details: { from: from.name, to: to.name },
  })
}

function severalManagers({ environment }: OpenProject, promoted: readonly Promoted[]): ConfigError {
  const byManager = groupBy(promoted, ({ asset }) => environment.io(asset))
  const groups = [...byManager.values()].map(steps => [...new Set(steps.map(({ key }) => key))])
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `What would be promoted lies in ${groups.length} IO managers of '${environment.name}'.`,
    why: "One IO manager publishes all or nothing; several cannot do so together.",
    fix: `Promote them one after the other: ${groups.map(keys => `assets promote … ${keys.join(" ")}`).join("; ")}`,
    details: { environment: environment.name, groups },
  })
}
