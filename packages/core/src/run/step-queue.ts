import { availableParallelism } from "node:os"
import { setTimeout as delay, setImmediate } from "node:timers/promises"
import type { NewEvent } from "../event/event.ts"
import { latestPlace } from "../event/run-log.ts"
import type { PlannedWork, StepWork } from "../plan/build-plan.ts"
import { executeStep } from "./execute-step.ts"
import { type Entry, PoolPlaces } from "./pool-places.ts"
import type { RunContext } from "./run-context.ts"
import type { StepOutcome } from "./step-outcome.ts"

export interface QueueLimits {
  /** Steps that run at the same time. Default: the processors of this machine. */
  readonly concurrency?: number | undefined
  readonly failFast?: boolean | undefined
}

/** Milliseconds after which those that wait for a pool ask for a place again. */
const POOL_LOOK_MS = 100
/** Milliseconds after which steps that never wait let timers and signals be heard. */
const BREATH_MS = 20

/** The queue of one run: what waits for what, and how each step has ended. */
export class StepQueue {
  readonly #run: RunContext
  readonly #planned: PlannedWork
  readonly #limits: QueueLimits
  readonly #outcomes = new Map<string, StepOutcome>()
  /** How many steps above a step have not ended yet. */
  readonly #waits = new Map<string, number>()
  readonly #below = new Map<string, string[]>()
  readonly #pools: PoolPlaces
  #lastBreath = performance.now()

  constructor(run: RunContext, planned: PlannedWork, limits: QueueLimits) {
    this.#run = run
    this.#planned = planned
    this.#limits = limits
    this.#pools = new PoolPlaces(run)
    for (const { id, upstream } of planned.plan.steps) {
      this.#waits.set(id, upstream.length)
      for (const up of upstream) {
        const below = this.#below.get(up)
        if (below) below.push(id)
        else this.#below.set(up, [id])
      }
    }
  }

  async run(): Promise<Map<string, StepOutcome>> {
    const { steps } = this.#planned.plan
    this.#skipUnchanged()
    const ready = steps.filter(({ id }) => !this.#outcomes.has(id) && this.#waits.get(id) === 0)
    if (ready.length === 0) return this.#outcomes
    const { default: PQueue } = await import("p-queue")
    const queue = new PQueue({ concurrency: this.#limits.concurrency ?? availableParallelism() })
    let broken: { readonly error: unknown } | undefined
    const start = (work: StepWork): void => {
      const task = async () => {
        const entry = this.#run.stopped ? { work } : this.#pools.enter(work)
        if (entry) for (const next of await this.#carryOut(entry)) start(next)
      }
      // A step's own failure is an outcome; what is thrown here means that the log cannot be written.
      queue.add(task, { priority: work.step.priority }).catch(error => {
        broken ??= { error }
        queue.clear()
        this.#run.stop(error as Error)
      })
    }
    // The queue starts what it is given first at once, whatever comes after.
    for (const { id } of ready.toSorted((a, b) => b.priority - a.priority)) start(this.#work(id))
    const wake = setInterval(() => this.#pools.wake().forEach(start), POOL_LOOK_MS)
    try {
      await queue.onIdle()
      while (this.#pools.hasWaiting && !this.#run.stopped) {
        await delay(POOL_LOOK_MS)
        await queue.onIdle()
      }
    } finally {
      clearInterval(wake)
    }
    if (broken) throw broken.error
    this.#cancelRest()
    return this.#outcomes
  }

  #work(id: string): StepWork {
    return this.#planned.work.get(id) as StepWork // of every step of the plan
  }

  /** Tells of the steps that have nothing to do, and of what was stored without the log being told. */
  #skipUnchanged(): void {
    const { settings } = this.#run
    const skipped = this.#planned.plan.steps.filter(({ decision }) => decision === "skip")
    if (skipped.length === 0) return
    const told = settings.log.latestIds(settings.environment.name)
    this.#run.change(append => {
      // What another run has told of since is newer than what was read.
      const newer = settings.log.toldAfter(settings.environment.name, this.#planned.readAfter)
      for (const step of skipped) {
        const { asset, partition } = this.#work(step.id)
        const stored = this.#planned.state.get(asset.key, partition)
        if (!stored) throw new Error(`'${step.id}' is unchanged and not stored; please report this`)
        const { materialization } = stored
        const about = { runId: settings.id, step: step.id, key: step.key, partitions: step.partitions }
        const [reason] = step.reasons
        const text = reason?.kind === "reused" ? `reused from ${reason.from}` : "unchanged"
        const isNews = !told.has(materialization.id) && !newer.has(latestPlace(asset.key, partition))
        if (isNews && stored.environment === settings.environment) {
          append({ type: "asset_materialized", ...about, materialization, durationMs: 0 })
        }
        append({ type: "step_skipped", ...about, reason: text, dataVersion: materialization.dataVersion })
        this.#outcomes.set(step.id, { status: "skipped", reason: text, materialization })
        for (const below of this.#below.get(step.id) ?? []) this.#waits.set(below, (this.#waits.get(below) ?? 0) - 1)
      }
    })
  }

  /** Carries a step out; returns the steps that may start now. */
  async #carryOut(entry: Entry): Promise<StepWork[]> {
    const { id } = entry.work.step
    const outcome = this.#run.stopped ? this.#cancelOne(entry.work) : await executeStep(this.#run, entry)
    this.#outcomes.set(id, outcome)
    await this.#breathe()
    const next = entry.place ? this.#pools.wake() : []
    if (outcome.status === "materialized" || outcome.status === "skipped") return [...next, ...this.#release(id)]
    if (outcome.status === "failed") {
      this.#block(id)
      if (this.#limits.failFast) this.#run.stop(outcome.error)
    }
    return next
  }

  #release(id: string): StepWork[] {
    const ready: StepWork[] = []
    for (const below of this.#below.get(id) ?? []) {
      const waits = (this.#waits.get(below) ?? 0) - 1
      this.#waits.set(below, waits)
      if (waits === 0 && !this.#outcomes.has(below)) ready.push(this.#work(below))
    }
    return ready
  }

  /** Ends everything below a failed step. */
  #block(failed: string): void {
    const events: NewEvent[] = []
    const reached = [failed]
    for (let id = reached.pop(); id !== undefined; id = reached.pop()) {
      for (const below of this.#below.get(id) ?? []) {
        if (this.#outcomes.has(below)) continue
        this.#outcomes.set(below, { status: "blocked", reason: `blocked by ${failed}`, by: failed })
        const { step } = this.#work(below)
        events.push({ type: "step_blocked", ...this.#about(step.id), by: failed })
        reached.push(below)
      }
    }
    if (events.length > 0) this.#run.emit(...events)
  }

  #about(id: string) {
    const { step } = this.#work(id)
    return { runId: this.#run.settings.id, step: step.id, key: step.key, partitions: step.partitions }
  }

  #cancelOne({ step }: StepWork): StepOutcome {
    this.#run.emit({ type: "step_cancelled", ...this.#about(step.id) })
    return { status: "cancelled", reason: "cancelled" }
  }

  /** Ends the steps that a stopped run has not come to. */
  #cancelRest(): void {
    const rest = this.#planned.plan.steps.filter(({ id }) => !this.#outcomes.has(id))
    this.#run.change(append => {
      for (const { id } of rest) {
        append({ type: "step_cancelled", ...this.#about(id) })
        this.#outcomes.set(id, { status: "cancelled", reason: "cancelled" })
      }
    })
  }

  async #breathe(): Promise<void> {
    if (performance.now() - this.#lastBreath < BREATH_MS) return
    await setImmediate()
    this.#lastBreath = performance.now()
  }
}
