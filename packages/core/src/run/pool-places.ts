import { StorageError } from "../errors/assets-error.ts"
import type { Lease, LeaseHolder } from "../event/run-log.ts"
import type { StepWork } from "../plan/build-plan.ts"
import type { RunContext } from "./run-context.ts"
import { tellHolder } from "./step-lease.ts"

/** A step that may start now. */
export interface Entry {
  readonly work: StepWork
  /** Its place in the pool, to be released when it ends. */
  readonly place?: Lease
  /** Why it fails at once: others hold all places, and the run does not wait. */
  readonly refused?: StorageError
}

/**
 * The places of the environment's pools, which hold for all runs of this host together. A step that gets none waits
 * outside of the run's queue, so that it keeps nothing else from running, and the best of those that wait comes first.
 */
export class PoolPlaces {
  readonly #run: RunContext
  readonly #waiting = new Map<string, StepWork[]>()
  readonly #told = new Set<string>()

  constructor(run: RunContext) {
    this.#run = run
  }

  get hasWaiting(): boolean {
    for (const works of this.#waiting.values()) if (works.length > 0) return true
    return false
  }

  /** Asks for a place for a step; gives it to the best of those that wait. Undefined when there is none now. */
  enter(work: StepWork): Entry | undefined {
    const { pool } = work.asset.options
    const limit = pool === undefined ? undefined : this.#run.settings.environment.config.pools?.[pool]
    if (pool === undefined || limit === undefined) return { work }
    const waiting = this.#waiting.get(pool) ?? []
    this.#waiting.set(pool, waiting)
    waiting.push(work)
    waiting.sort((a, b) => a.step.priority - b.step.priority)
    const place = this.#take(pool, limit)
    if ("token" in place) return { work: waiting.pop() as StepWork, place } // the one that was pushed, if no other
    if (place.runId === this.#run.settings.id) return undefined
    if (this.#run.settings.wait) {
      this.#tell(work, pool, place)
      return undefined
    }
    waiting.splice(waiting.indexOf(work), 1)
    return { work, refused: refused(work, pool, place) }
  }

  /** The best of those that wait for a place, of each pool: to be started again, when it may find one free. */
  wake(): StepWork[] {
    return [...this.#waiting.values()].flatMap(waiting => waiting.pop() ?? [])
  }

  /** A place that is free; else who holds one: this run itself when it holds any. */
  #take(pool: string, limit: number): Lease | LeaseHolder {
    const { log, id } = this.#run.settings
    return log.transaction(() => {
      let holder: LeaseHolder | undefined
      for (let place = 0; place < limit; place++) {
        const answer = log.acquireLease(`pool ${pool} ${place}`, id)
        if ("token" in answer) return answer
        if (!holder || answer.runId === id) holder = answer
      }
      if (!holder) throw new Error(`the pool '${pool}' has no places; please report this`)
      return holder
    })
  }

  #tell({ step, asset }: StepWork, pool: string, holder: LeaseHolder): void {
    if (this.#told.has(step.id)) return
    this.#told.add(step.id)
    const about = { runId: this.#run.settings.id, step: step.id, key: asset.key, partitions: step.partitions }
    const told = `the pool '${pool}', held by ${tellHolder(holder)}`
    this.#run.emit({ type: "step_waiting", ...about, holder: told })
  }
}

function refused({ step }: StepWork, pool: string, holder: LeaseHolder): StorageError {
  return new StorageError("LEASE_HELD", {
    what: `'${step.id}' finds no place in the pool '${pool}'.`,
    why: `Its places are held by others, one by ${tellHolder(holder)}, and this run does not wait.`,
    fix: "Run again when the other run has ended, leave '--no-wait' out, or raise the pool's limit in the config.",
    details: { step: step.id, pool, run: holder.runId, pid: holder.pid, host: holder.host },
  })
}
