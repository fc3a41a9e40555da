import { StorageError } from "../errors/assets-error.ts"
import type { Lease } from "../event/run-log.ts"
import type { Materialization, Publication } from "../io/io-manager.ts"
import type { StepWork } from "../plan/build-plan.ts"
import { CurrentState, holdsWork, type StoredState } from "../plan/current-state.ts"
import { groupBy } from "../util/group-by.ts"
import { commitOnLeases } from "./approve-output.ts"
import type { StepAbout } from "./compute-context.ts"
import type { RunContext } from "./run-context.ts"
import { stepLeaseName, takeLeases } from "./step-lease.ts"
import type { StepOutcome } from "./step-outcome.ts"

/** What a step has completed and no reader sees before the run publishes it. */
export interface StagedStep {
  readonly work: StepWork
  readonly about: StepAbout
  readonly materialization: Materialization
  readonly durationMs: number
  /** What was current when the step began. */
  readonly former: StoredState | undefined
  /** It was complete before, made by a run that did not publish it. */
  readonly isRestored: boolean
}

/**
 * Makes everything current that the run has staged, all at once per IO manager.
 * @returns the outcomes of the steps whose work another run has published meanwhile, by step
 * @throws StorageError `STORAGE_CONFLICT` when something else has become current of it meanwhile; nothing is published then
 */
export async function publishRun(run: RunContext): Promise<ReadonlyMap<string, StepOutcome>> {
  const { staged, settings } = run
  const engineStep = `${settings.id}:publish:1`
  const attempt = run.beginAttempt(engineStep)
  try {
    const { signal } = attempt
    const requests = staged.map(({ about }) => ({ name: stepLeaseName(settings.environment, about.step), about }))
    const leases = await takeLeases(run, requests, signal)
    try {
      return await publishOnLeases(run, leases, signal)
    } finally {
      settings.log.transaction(() => {
        for (const lease of leases) settings.log.releaseLease(lease)
      })
    }
  } finally {
    attempt.end()
  }
}

async function publishOnLeases(
  run: RunContext,
  leases: readonly Lease[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, StepOutcome>> {
  const { environment, log } = run.settings
  const { done, left } = await sortOut(run, signal)
  const byManager = groupBy(left, ({ work }) => environment.io(work.asset))
  const [first] = left
  const context = {
    ...environment.ioContext(signal),
    commit: <T>(change: () => T) => commitOnLeases(run, leases, first?.about.step ?? "", change),
    inUse: () => log.inUse(),
  }
  const published: StagedStep[] = []
  try {
    for (const [io, steps] of byManager) {
      if (!io.publish) throw new Error(`'${io.name}' publishes nothing; please report this`)
      await io.publish(context, steps.map(publicationOf))
      published.push(...steps)
    }
  } finally {
    if (published.length > 0) tellPublished(run, published)
  }
  const outcomes = new Map<string, StepOutcome>()
  run.change(append => {
    for (const [{ about, work }, current] of done) {
      const { materialization } = current
      run.settings.state.set(work.asset.key, [work.partition], current)
      const reason = `materialized by run ${materialization.runId}`
      append({ type: "step_skipped", ...about, reason, dataVersion: materialization.dataVersion })
      outcomes.set(about.step, { status: "skipped", reason, materialization })
    }
  })
  return outcomes
}

/** Steps that another run has done meanwhile, with what is current of them, and those to be published. */
async function sortOut(run: RunContext, signal: AbortSignal) {
  const now = new CurrentState(run.settings.environment)
  await now.read(new Set(run.staged.map(({ work }) => work.asset)), signal)
  const done: (readonly [StagedStep, StoredState])[] = []
  const left: StagedStep[] = []
  for (const staged of run.staged) {
    const { work, former, materialization } = staged
    const current = now.get(work.asset.key, work.partition)
    const { fingerprint, dataVersion } = materialization
    if (current?.materialization.id === former?.materialization.id) left.push(staged)
    else if (current && holdsWork(current, fingerprint) && current.materialization.dataVersion === dataVersion)
      done.push([staged, current])
    else throw conflict(staged, current)
  }
  return { done, left }
}

function publicationOf({ work, materialization, former }: StagedStep): Publication {
  const { asset, partition } = work
  return { key: asset.key, partition, materialization, former: former?.materialization.id ?? null }
}

function tellPublished(run: RunContext, published: readonly StagedStep[]): void {
  run.change(append => {
    for (const { about, materialization, durationMs, isRestored } of published) {
      append({ type: "asset_materialized", ...about, materialization, durationMs })
      const { dataVersion } = materialization
      if (isRestored) append({ type: "step_skipped", ...about, reason: "restored", dataVersion })
    }
  })
  run.published(published)
}

function conflict({ about, work }: StagedStep, current: StoredState | undefined): StorageError {
  return new StorageError("STORAGE_CONFLICT", {
    what: `Nothing was published: '${about.step}' was changed by another while this run went on.`,
    why: current
      ? `The run ${current.materialization.runId} has made something else current of it since this one began it.`
      : "What was current of it was removed since this run began it.",
    fix: "Run again: what this run completed is taken up where it still fits.",
    details: { step: about.step, key: work.asset.key, run: current?.materialization.runId ?? null },
  })
}
