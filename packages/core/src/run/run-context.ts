import type { Progress } from "../engine/engine.ts"
import type { OpenEnvironment } from "../environment/open-environment.ts"
import { StorageError } from "../errors/assets-error.ts"
import type { AssetsEvent, NewEvent } from "../event/event.ts"
import type { RunLog } from "../event/run-log.ts"
import type { CurrentState } from "../plan/current-state.ts"
import type { SourceVersions } from "../plan/source-versions.ts"
import { userCodeError } from "../plan/user-code.ts"
import { EngineRoom } from "./engine-room.ts"
import type { StagedStep } from "./publish-run.ts"

export interface RunSettings {
  readonly id: string
  readonly environment: OpenEnvironment
  readonly log: RunLog
  readonly state: CurrentState
  /** What is current in the environments that may be reused. */
  readonly reusable: readonly CurrentState[]
  readonly sources: SourceVersions
  /** What `ctx.resources` is. */
  readonly resources: { readonly [name: string]: unknown }
  readonly force: boolean
  /** With `force`: rows that were added before are added once more. */
  readonly reapply: boolean
  readonly wait: boolean
  readonly tags: { readonly [name: string]: string }
  readonly onEvent: ((event: AssetsEvent) => void) | undefined
}

/** One call of the function of `assets({...})`. */
export interface GroupCall {
  readonly returned: Promise<unknown>
  /** The steps that took their output: each may take it once, since it may be a stream. */
  readonly takenBy: Set<string>
  /** The ids of what it read: an output whose inputs were replaced meanwhile is not of this call. */
  readonly reads: string
}

/** What the steps of one run share. */
export class RunContext {
  readonly settings: RunSettings
  /** What the function of `assets({...})` returned, by function and partition: it runs once for all its outputs. */
  readonly groupCalls = new Map<object, Map<string | null, GroupCall>>()
  /** Where its transforms are computed. */
  readonly engineRoom = new EngineRoom()
  /** What waits for the end of the run to become current, where the environment publishes by the run. */
  readonly staged: StagedStep[] = []
  /** Whether another run was met at work on a step of this one. */
  hasCompany = false
  /** The attempts that are at work, and what stops each. */
  readonly #attempts = new Map<AbortController, string>()
  #stopped: Error | undefined
  #hasWarned = false
  #hasBegun = false

  constructor(settings: RunSettings) {
    this.settings = settings
  }

  /** Appends events as one change, and tells of them once they are kept. */
  emit(...events: readonly NewEvent[]): void {
    this.change(append => {
      for (const event of events) append(event)
    })
  }

  /** Makes changes to the log as one; the events among them are told once all are kept. */
  change<T>(make: (append: (event: NewEvent) => void) => T): T {
    const { log, onEvent } = this.settings
    const kept: AssetsEvent[] = []
    const result = log.transaction(() => {
      if (this.#hasBegun) this.#confirmRunning()
      const made = make(event => kept.push(log.append(event)))
      this.#hasBegun = true
      return made
    })
    if (onEvent) for (const event of kept) this.#tell(onEvent, event)
    return result
  }

  /**
   * A process that was stopped for long finds its run ended by another, which went on in its place: what it would add
   * to the log now would change what the other says.
   */
  #confirmRunning(): void {
    const { log, id } = this.settings
    const { status, reason } = log.run(id) ?? {}
    if (status === "running") return
    throw new StorageError("LEASE_LOST", {
      what: `The run ${id} was ended by another process, and can do no more.`,
      why: `The event log says that it is ${status ?? "gone"}${reason ? ` (${reason})` : ""}: this process gave no sign of life for too long, or did not answer.`,
      fix: "Run again; what other runs stored meanwhile is current.",
      details: { run: id },
    })
  }

  /** What listens to a run does not end it: the event is kept, and the fault is the listener's. */
  #tell(onEvent: (event: AssetsEvent) => void, event: AssetsEvent): void {
    try {
      onEvent(event)
    } catch (error) {
      if (!this.#hasWarned)
        process.emitWarning(
          `onEvent threw, and the run goes on: ${userCodeError("onEvent", "listener", error).message}`,
        )
      this.#hasWarned = true
    }
  }

  /** Notes that staged data has become current. */
  published(steps: readonly StagedStep[]): void {
    const { state, environment } = this.settings
    for (const { work, materialization } of steps) {
      state.set(work.asset.key, [work.partition], { materialization, intact: true, environment })
    }
    const done = new Set(steps)
    this.staged.splice(0, this.staged.length, ...this.staged.filter(one => !done.has(one)))
  }

  /** Forgets what was staged: what was current before is what a reader of the run's values gets. */
  unstage(): void {
    const { state } = this.settings
    for (const { work, former } of this.staged.splice(0)) {
      if (former) state.set(work.asset.key, [work.partition], former)
      else state.delete(work.asset.key, work.partition)
    }
  }

  /** Why the run was stopped; undefined while it goes on. */
  get stopped(): Error | undefined {
    return this.#stopped
  }

  /** Stops every attempt, and each that begins later. */
  stop(reason: Error): void {
    this.#stopped ??= reason
    for (const [attempt, engineStep] of this.#attempts) this.#abort(attempt, engineStep, reason)
  }

  /** Begins an attempt: its signal aborts when the run is stopped, or when its time is over. */
  beginAttempt(engineStep: string, timeout?: { readonly ms: number; readonly error: () => Error }): Attempt {
    const controller = new AbortController()
    this.#attempts.set(controller, engineStep)
    const timer = timeout && setTimeout(() => this.#abort(controller, engineStep, timeout.error()), timeout.ms)
    if (this.#stopped) controller.abort(this.#stopped)
    return {
      signal: controller.signal,
      end: () => {
        clearTimeout(timer)
        this.#attempts.delete(controller)
      },
    }
  }

  /** How far the engine is with a running step, as far as it can tell. */
  async progress(step: string): Promise<Progress> {
    const { id, environment } = this.settings
    const engineStep = [...this.#attempts.values()].find(one => one.startsWith(`${id}:${step}:`))
    return engineStep === undefined ? {} : environment.progress(engineStep)
  }

  #abort(attempt: AbortController, engineStep: string, reason: Error): void {
    attempt.abort(reason)
    // The query that the engine runs then rejects by itself; that it could not be stopped changes nothing here.
    this.settings.environment.interrupt(engineStep).catch(() => undefined)
  }
}

export interface Attempt {
  readonly signal: AbortSignal
  end(): void
}

/** Rejects with the signal's reason as soon as it aborts, also when the work goes on by itself. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => undefined) // nobody waits for it any more
    throw signal.reason
  }
  let stop: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener("abort", stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    if (stop) signal.removeEventListener("abort", stop)
  }
}
