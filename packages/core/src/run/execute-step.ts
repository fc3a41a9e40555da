import { setTimeout as delay } from "node:timers/promises"
import type { RetryPolicy } from "../asset/retry-policy.ts"
import { AssetsError, CancelledError, UserCodeError } from "../errors/assets-error.ts"
import type { NewEvent } from "../event/event.ts"
import type { Lease } from "../event/run-log.ts"
import type { Materialization } from "../io/io-manager.ts"
import type { StepWork } from "../plan/build-plan.ts"
import { holdsWork, reusableState, type StoredState } from "../plan/current-state.ts"
import type { Reason } from "../plan/execution-plan.ts"
import { adds } from "../plan/fingerprint.ts"
import type { StepAbout } from "./compute-context.ts"
import { errorCode, eventError } from "./event-error.ts"
import { idsOf, type PinnedInput } from "./load-inputs.ts"
import type { Entry } from "./pool-places.ts"
import { type ReadyStep, readAnew, readyStep } from "./ready-step.ts"
import { mayHelp, retryDelayMs } from "./retry-delay.ts"
import type { RunContext } from "./run-context.ts"
import { stepLeaseName, takeLease } from "./step-lease.ts"
import type { StepOutcome } from "./step-outcome.ts"
import { type StepOutput, stepOutput } from "./step-output.ts"

/** How often a step reads anew what was replaced while it read, besides the attempts of its retry policy. */
const MOST_MOVES = 5
/** Whoever replaces things now may be at it for a while: each time it is waited longer. */
const moved: RetryPolicy = { attempts: MOST_MOVES, delayMs: 40, backoff: "exponential", jitter: 0.5 }

/** Carries a step out: decides what was left open, takes the lease, tries as often as it may, and tells of it. */
export async function executeStep(run: RunContext, { work, place, refused }: Entry): Promise<StepOutcome> {
  const { asset, step } = work
  const about: StepAbout = { runId: run.settings.id, step: step.id, key: asset.key, partitions: step.partitions }
  const execution = new StepExecution(run, work, about, place)
  try {
    if (refused) throw refused
    return await execution.run()
  } catch (error) {
    return execution.fail(error as Error)
  }
}

class StepExecution {
  readonly #run: RunContext
  readonly #work: StepWork
  readonly #about: StepAbout
  readonly #startedAt = performance.now()
  readonly #policy: RetryPolicy
  #lease: Lease | undefined
  /** In the asset's pool. It comes before the lease: who holds a lease never waits for a place. */
  #place: Lease | undefined
  /** What was current when the step began, where that is not to change before the run has ended. */
  #former: StoredState | undefined
  /** What an attempt has stored: when the log could not be told, the next one has nothing else to do. */
  #stored: Materialization | undefined
  #attempt = 1
  /** How many of the attempts were made because what they read was replaced. */
  #moves = 0
  #isReadAnew = false
  /** The attempt from which on it is computed alone, since it did not fit into the engine's memory beside other steps. */
  #aloneFrom = Number.POSITIVE_INFINITY
  #pinned: readonly PinnedInput[] = []
  #reasons: readonly Reason[]

  constructor(run: RunContext, work: StepWork, about: StepAbout, place: Lease | undefined) {
    this.#run = run
    this.#place = place
    this.#work = work
    this.#about = about
    this.#policy = work.asset.options.retry ?? { attempts: 1 }
    this.#reasons = work.step.reasons
  }

  async run(): Promise<StepOutcome> {
    for (;;) {
      const attempt = this.#beginAttempt()
      try {
        return await this.#try(attempt.signal)
      } catch (error) {
        // What an engine says of an interrupted query is less than why it was interrupted.
        const cause = attempt.signal.aborted ? attempt.signal.reason : error
        if (this.#run.stopped) throw cause
        await this.#waitForNext(cause, await this.#delayAfter(cause))
      } finally {
        attempt.end()
      }
    }
  }

  fail(error: Error): StepOutcome {
    const isCancelled = error instanceof CancelledError || this.#run.stopped !== undefined
    this.#end(append => {
      if (isCancelled) append({ type: "step_cancelled", ...this.#about })
      else {
        const durationMs = this.#durationMs()
        append({ type: "step_failed", ...this.#about, attempt: this.#attempt, error: eventError(error), durationMs })
      }
    })
    if (isCancelled) return { status: "cancelled", reason: "cancelled" }
    return { status: "failed", reason: errorCode(error), error }
  }

  #beginAttempt() {
    const { timeoutMs } = this.#work.asset.options
    const timeout = timeoutMs === undefined ? undefined : { ms: timeoutMs, error: () => this.#timedOut(timeoutMs) }
    return this.#run.beginAttempt(this.#engineStep(), timeout)
  }

  #engineStep(): string {
    return `${this.#about.runId}:${this.#about.step}:${this.#attempt}`
  }

  async #try(signal: AbortSignal): Promise<StepOutcome> {
    signal.throwIfAborted()
    if (this.#stored) return this.#finish(this.#stored)
    const ready = readyStep(this.#work, this.#run.settings)
    this.#pinned = ready.pinned
    const found = this.#isReadAnew ? this.#doneByOther(ready) : this.#foundNow(ready)
    if (found) return found
    const taken = await this.#takeLease(ready, signal)
    if ("status" in taken) return taken
    const done = await this.#doneSincePlanned(ready, signal)
    if (done) return done
    const output = this.#outputContext(taken, ready, signal)
    const restored = await this.#restore(output, ready)
    if (restored) return this.#skip("restored", restored, { isNews: true })
    const { id, materialization } = await this.#store(output, signal)
    if (materialization.id === id) {
      this.#stored = materialization
      return this.#finish(materialization)
    }
    // Somebody else had added the same rows by the time of the commit, and the storage says what it holds.
    return this.#skip(`materialized by run ${materialization.runId}`, materialization)
  }

  /** The outcome of a step that was left open, when it turns out to have nothing to do. */
  #foundNow({ fingerprint, inputs }: ReadyStep): StepOutcome | undefined {
    const { step, asset, code, partition } = this.#work
    const { state, reusable } = this.#run.settings
    if (step.decision !== "maybe") return undefined
    const stored = state.get(asset.key, partition)
    if (stored && !code.always && holdsWork(stored, fingerprint)) return this.#skip("unchanged", stored.materialization)
    const reused = code.always ? undefined : reusableState(reusable, asset.key, partition, fingerprint)
    if (reused) {
      state.set(asset.key, [partition], reused)
      return this.#skip(`reused from ${reused.environment.name}`, reused.materialization)
    }
    const former = stored?.materialization.inputs ?? {}
    const changed = [...inputs].filter(([key, version]) => former[key] !== version).map(([key]) => key)
    this.#reasons = [{ kind: "input_changed", inputs: changed.sort() }]
    return undefined
  }

  async #takeLease(ready: ReadyStep, signal: AbortSignal): Promise<Lease | StepOutcome> {
    const { log, environment } = this.#run.settings
    const started = { type: "step_started" as const, ...this.#about, attempt: this.#attempt, reasons: this.#reasons }
    const ids = idsOf(ready.pinned)
    if (this.#lease) {
      this.#run.change(append => {
        append(started)
        log.keepReads(this.#about.runId, this.#about.step, ids)
      })
      return this.#lease
    }
    let skipped: StepOutcome | undefined
    const lease = await takeLease(this.#run, {
      name: stepLeaseName(environment, this.#about.step),
      about: this.#about,
      signal,
      onTaken: append => {
        append(started)
        log.keepReads(this.#about.runId, this.#about.step, ids)
      },
      onWaited: async () => {
        await this.#run.settings.state.refreshPartition(this.#work.asset, this.#work.partition, signal)
        skipped = this.#doneByOther(ready)
        return skipped !== undefined
      },
    })
    if (!lease) return skipped as StepOutcome // takeLease gives none only when onWaited said so
    this.#lease = lease
    return lease
  }

  /** The outcome, when another run has done the same work since the plan was made. */
  #doneByOther({ fingerprint }: ReadyStep): StepOutcome | undefined {
    const { state, force } = this.#run.settings
    const { asset, code, partition } = this.#work
    const stored = state.get(asset.key, partition)
    if (force || code.always || !stored || !holdsWork(stored, fingerprint)) return undefined
    return this.#skip(`materialized by run ${stored.materialization.runId}`, stored.materialization)
  }

  /**
   * Rows are added to what is current under the lease, not to what was when the plan was made; what is staged takes the
   * place of just that; and where another run works on the same assets, it may have been here before.
   */
  async #doneSincePlanned(ready: ReadyStep, signal: AbortSignal): Promise<StepOutcome | undefined> {
    const { asset, partition } = this.#work
    if (!adds(asset) && !this.#isStaged && !this.#run.hasCompany) return undefined
    const { state, environment } = this.#run.settings
    await state.refreshPartition(asset, partition, signal)
    const stored = state.get(asset.key, partition)
    this.#former = stored?.environment === environment ? stored : undefined
    const { runId, fingerprint } = stored?.materialization ?? {}
    const isOwn = runId === this.#about.runId && fingerprint === ready.fingerprint
    // An attempt that failed after its commit has added its rows; with 'reapply' the storage would add them again.
    if (adds(asset) && stored && isOwn) return this.#finish(stored.materialization)
    return this.#doneByOther(ready)
  }

  /** Whether what the step makes becomes current with the rest of the run only. */
  get #isStaged(): boolean {
    return this.#run.settings.environment.config.publish === "run"
  }

  /** A version that is still stored, or whose writer died before it became current, is taken instead of computing it. */
  async #restore(output: StepOutput, { fingerprint }: ReadyStep): Promise<Materialization | undefined> {
    const { code, asset } = this.#work
    const mayNot = this.#run.settings.force || code.always || (asset.options.write ?? "overwrite") !== "overwrite"
    return mayNot ? undefined : output.restore(fingerprint)
  }

  #outputContext(lease: Lease, ready: ReadyStep, signal: AbortSignal): StepOutput {
    return stepOutput(this.#run, this.#work, {
      about: this.#about,
      attempt: this.#attempt,
      engineStep: this.#engineStep(),
      lease,
      signal,
      ...ready,
    })
  }

  /** Code of the project may work for long without the engine, and is not called again unasked: it keeps nobody waiting. */
  async #store(output: StepOutput, signal: AbortSignal): ReturnType<StepOutput["store"]> {
    if (!this.#work.code.lazy) return output.store()
    const stay = await this.#run.engineRoom.enter({ alone: this.#attempt >= this.#aloneFrom, signal })
    try {
      return await output.store()
    } catch (error) {
      const isTooMuch = error instanceof AssetsError && error.code === "ENGINE_OUT_OF_MEMORY"
      if (isTooMuch && stay.wasShared) this.#aloneFrom = this.#attempt + 1
      throw error
    } finally {
      stay.leave()
    }
  }

  #finish(materialization: Materialization): StepOutcome {
    const { log } = this.#run.settings
    const durationMs = this.#durationMs()
    this.#end(append => {
      const type = this.#isStaged ? "step_staged" : "asset_materialized"
      append({ type, ...this.#about, materialization, durationMs })
      if (this.#isStaged) this.#keepStaged(materialization)
      const { text, version } = this.#work.code
      if (text !== undefined) log.keepPlanText(version, text)
    })
    this.#note(materialization)
    if (this.#isStaged) this.#stage(materialization, durationMs, false)
    return { status: "materialized", reason: this.#reasons[0]?.kind ?? "", materialization }
  }

  #skip(reason: string, materialization: Materialization, { isNews = false } = {}): StepOutcome {
    const durationMs = this.#durationMs()
    this.#end(append => {
      if (isNews && !this.#isStaged) append({ type: "asset_materialized", ...this.#about, materialization, durationMs })
      append({ type: "step_skipped", ...this.#about, reason, dataVersion: materialization.dataVersion })
      if (isNews && this.#isStaged) {
        // It has nothing to compute; that it is to be published is what is left of it when the run fails.
        append({ type: "step_staged", ...this.#about, materialization, durationMs })
        this.#keepStaged(materialization)
      }
    })
    if (isNews) this.#note(materialization)
    if (isNews && this.#isStaged) this.#stage(materialization, durationMs, true)
    return { status: "skipped", reason, materialization }
  }

  /** Until the run has ended nobody collects what it has staged. */
  #keepStaged({ id }: Materialization): void {
    const { runId, step } = this.#about
    this.#run.settings.log.keepReads(runId, `${step} staged`, [id])
  }

  /** Leaves a version to the end of the run. */
  #stage(materialization: Materialization, durationMs: number, isRestored: boolean): void {
    const about = this.#about
    this.#run.staged.push({ work: this.#work, about, materialization, durationMs, former: this.#former, isRestored })
  }

  #note(materialization: Materialization): void {
    const { state, environment } = this.#run.settings
    const { asset, partition } = this.#work
    const former = adds(asset) ? state.get(asset.key, partition) : undefined
    const applied = adds(asset) && new Set([...(former?.applied ?? []), materialization.fingerprint])
    const staged = this.#isStaged && { staged: true }
    state.set(asset.key, [partition], {
      materialization,
      intact: true,
      ...(applied && { applied }),
      ...staged,
      environment,
    })
  }

  /** Makes the step's last change, and lets go of what it holds with it: when it cannot be kept, all is held as before. */
  #end(make: (append: (event: NewEvent) => void) => void): void {
    const { log } = this.#run.settings
    this.#run.change(append => {
      make(append)
      if (this.#place) log.releaseLease(this.#place)
      if (!this.#lease) return
      log.releaseLease(this.#lease)
      log.dropReads(this.#about.runId, this.#about.step)
    })
    this.#place = undefined
    this.#lease = undefined
  }

  /** Milliseconds to the next attempt. @throws the cause, when there is none */
  async #delayAfter(cause: Error): Promise<number> {
    const code = cause instanceof AssetsError ? cause.code : undefined
    const mayHaveMoved = code === "STORAGE_DATA_MISSING" && this.#moves < MOST_MOVES
    if (mayHaveMoved || code === "STORAGE_CONFLICT") {
      const isAnother = await this.#readAnew()
      if (mayHaveMoved && isAnother) return retryDelayMs(moved, ++this.#moves)
      if (code === "STORAGE_CONFLICT" && this.#isDoneNow()) return 0
    }
    if (this.#attempt + 1 === this.#aloneFrom) return 0
    const unasked = this.#moves + (this.#attempt >= this.#aloneFrom ? 1 : 0)
    if (this.#attempt - unasked >= this.#policy.attempts || !mayHelp(cause)) throw cause
    return retryDelayMs(this.#policy, this.#attempt - unasked)
  }

  /** Reads what is current again; the time limit of the attempt that failed is no limit of this. */
  async #readAnew(): Promise<boolean> {
    const reading = this.#run.beginAttempt(this.#engineStep())
    try {
      this.#isReadAnew = true
      return await readAnew(this.#work, this.#run.settings, this.#pinned, reading.signal)
    } finally {
      reading.end()
    }
  }

  /** Whether what is current now, as it was read anew, is what the step would make. */
  #isDoneNow(): boolean {
    const { state, force } = this.#run.settings
    const { asset, code, partition } = this.#work
    const { fingerprint } = readyStep(this.#work, this.#run.settings)
    return !force && !code.always && holdsWork(state.get(asset.key, partition), fingerprint)
  }

  async #waitForNext(error: Error, delayMs: number): Promise<void> {
    this.#run.emit({ type: "step_retried", ...this.#about, attempt: this.#attempt, delayMs, error: eventError(error) })
    // The attempt's own signal may have been used up by its time limit; the run's stop is looked at after the wait.
    const wait = this.#run.beginAttempt(this.#engineStep())
    try {
      await delay(delayMs, undefined, { signal: wait.signal })
    } catch (aborted) {
      throw wait.signal.reason ?? aborted
    } finally {
      wait.end()
    }
    this.#attempt++
    const { sources } = this.#run.settings
    await sources.observe(this.#work.inputs.flatMap(({ of }) => (of.kind === "source" ? [of] : [])))
  }

  #durationMs(): number {
    return Math.round((performance.now() - this.#startedAt) * 1000) / 1000
  }

  #timedOut(timeoutMs: number): UserCodeError {
    return new UserCodeError("STEP_TIMEOUT", {
      what: `'${this.#about.step}' took longer than its ${timeoutMs} ms.`,
      why: "The asset declares 'timeoutMs', which counts from the start of each attempt.",
      fix: "Raise 'timeoutMs', or make the step faster.",
      details: { step: this.#about.step, timeoutMs },
    })
  }
}
