import { setTimeout as delay } from "node:timers/promises"
import type { RetryPolicy } from "../asset/retry-policy.ts"
import { CancelledError, UserCodeError } from "../errors/assets-error.ts"
import type { Lease } from "../event/run-log.ts"
import type { Materialization } from "../io/io-manager.ts"
import type { StepWork } from "../plan/build-plan.ts"
import { reusableState } from "../plan/current-state.ts"
import { inputVersions } from "../plan/decide-step.ts"
import type { Reason } from "../plan/execution-plan.ts"
import { fingerprintOf } from "../plan/fingerprint.ts"
import type { StepAbout } from "./compute-context.ts"
import { errorCode, eventError } from "./event-error.ts"
import { idsOf, pinInputs } from "./load-inputs.ts"
import { mayHelp, retryDelayMs } from "./retry-delay.ts"
import type { RunContext } from "./run-context.ts"
import { takeLease, takePoolPlace } from "./step-lease.ts"
import type { StepOutcome } from "./step-outcome.ts"
import { type ReadyStep, type StepOutput, stepOutput } from "./step-output.ts"

/** Carries a step out: decides what was left open, takes the lease, tries as often as it may, and tells of it. */
export async function executeStep(run: RunContext, work: StepWork): Promise<StepOutcome> {
  const { asset, step } = work
  const about: StepAbout = { runId: run.settings.id, step: step.id, key: asset.key, partitions: step.partitions }
  const execution = new StepExecution(run, work, about)
  try {
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
  #place: Lease | undefined
  #attempt = 1
  #reasons: readonly Reason[]

  constructor(run: RunContext, work: StepWork, about: StepAbout) {
    this.#run = run
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
        if (this.#run.stopped || this.#attempt >= this.#policy.attempts || !mayHelp(cause)) throw cause
        await this.#waitForNext(cause, attempt.signal)
      } finally {
        attempt.end()
      }
    }
  }

  fail(error: Error): StepOutcome {
    const isCancelled = error instanceof CancelledError || this.#run.stopped !== undefined
    this.#run.change(append => {
      if (isCancelled) append({ type: "step_cancelled", ...this.#about })
      else {
        const durationMs = this.#durationMs()
        append({ type: "step_failed", ...this.#about, attempt: this.#attempt, error: eventError(error), durationMs })
      }
      this.#release()
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
    const ready = this.#ready()
    const found = this.#foundNow(ready)
    if (found) return found
    await this.#takePlace(signal)
    const taken = await this.#takeLease(ready, signal)
    if ("status" in taken) return taken
    const output = this.#outputContext(taken, ready, signal)
    const restored = await this.#restore(output, ready)
    if (restored) return this.#skip("restored", restored, { isNews: true })
    const materialization = await output.store()
    return this.#finish(materialization)
  }

  /** Pins the inputs; with them the fingerprint is known. */
  #ready(): ReadyStep {
    const { state, sources } = this.#run.settings
    const { asset, code, partition, inputs } = this.#work
    const pinned = pinInputs(this.#work, this.#run.settings)
    const versions = inputVersions(inputs, (key, upstream) => {
      const dataVersion = sources.version(key) ?? state.get(key, upstream)?.materialization.dataVersion
      return dataVersion === undefined ? undefined : { kind: "known", dataVersion }
    })
    const window = partition === null ? undefined : asset.options.partitions?.window?.(partition)
    return { pinned, inputs: versions.known, fingerprint: fingerprintOf(code, partition, window, versions.known) }
  }

  /** The outcome of a step that was left open, when it turns out to have nothing to do. */
  #foundNow({ fingerprint, inputs }: ReadyStep): StepOutcome | undefined {
    const { step, asset, code, partition } = this.#work
    const { state, reusable } = this.#run.settings
    if (step.decision !== "maybe") return undefined
    const stored = state.get(asset.key, partition)
    if (!code.always && stored?.intact && stored.materialization.fingerprint === fingerprint) {
      return this.#skip("unchanged", stored.materialization)
    }
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

  /** A place in the pool comes before the lease: who holds a lease never waits for a place. */
  async #takePlace(signal: AbortSignal): Promise<void> {
    const { pool } = this.#work.asset.options
    const limit = pool === undefined ? undefined : this.#run.settings.environment.config.pools?.[pool]
    if (pool === undefined || limit === undefined || this.#place) return
    this.#place = await takePoolPlace(this.#run, { pool, limit, about: this.#about, signal })
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
      name: `${environment.name} ${this.#about.step}`,
      about: this.#about,
      signal,
      onTaken: append => {
        append(started)
        log.keepReads(this.#about.runId, this.#about.step, ids)
      },
      onWaited: async () => {
        skipped = await this.#doneByOther(ready, signal)
        return skipped !== undefined
      },
    })
    if (!lease) return skipped as StepOutcome // takeLease gives none only when onWaited said so
    this.#lease = lease
    return lease
  }

  /** After a wait: the outcome, when the other run has done the same work. */
  async #doneByOther({ fingerprint }: ReadyStep, signal: AbortSignal): Promise<StepOutcome | undefined> {
    const { state, force } = this.#run.settings
    const { asset, code, partition } = this.#work
    await state.read([asset], signal)
    const stored = state.get(asset.key, partition)
    if (force || code.always || !stored?.intact || stored.materialization.fingerprint !== fingerprint) return undefined
    return this.#skip(`materialized by run ${stored.materialization.runId}`, stored.materialization)
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

  #finish(materialization: Materialization): StepOutcome {
    const { log } = this.#run.settings
    this.#note(materialization)
    const durationMs = this.#durationMs()
    this.#run.change(append => {
      append({ type: "asset_materialized", ...this.#about, materialization, durationMs })
      this.#release()
      const { text, version } = this.#work.code
      if (text !== undefined) log.keepPlanText(version, text)
    })
    return { status: "materialized", reason: this.#reasons[0]?.kind ?? "", materialization }
  }

  #skip(reason: string, materialization: Materialization, { isNews = false } = {}): StepOutcome {
    if (isNews) this.#note(materialization)
    this.#run.change(append => {
      if (isNews)
        append({ type: "asset_materialized", ...this.#about, materialization, durationMs: this.#durationMs() })
      append({ type: "step_skipped", ...this.#about, reason, dataVersion: materialization.dataVersion })
      this.#release()
    })
    return { status: "skipped", reason, materialization }
  }

  #note(materialization: Materialization): void {
    const { state, environment } = this.#run.settings
    state.set(this.#work.asset.key, [this.#work.partition], { materialization, intact: true, environment })
  }

  #release(): void {
    const { log } = this.#run.settings
    if (this.#place) log.releaseLease(this.#place)
    this.#place = undefined
    if (!this.#lease) return
    log.releaseLease(this.#lease)
    log.dropReads(this.#about.runId, this.#about.step)
    this.#lease = undefined
  }

  async #waitForNext(error: Error, signal: AbortSignal): Promise<void> {
    const delayMs = retryDelayMs(this.#policy, this.#attempt)
    this.#run.emit({ type: "step_retried", ...this.#about, attempt: this.#attempt, delayMs, error: eventError(error) })
    // The attempt's own signal may have been used up by its time limit; the run's stop is looked at after the wait.
    const wait = this.#run.beginAttempt(this.#engineStep())
    try {
      await delay(delayMs, undefined, { signal: wait.signal })
    } catch {
      throw wait.signal.reason ?? signal.reason
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
