import type { EngineError } from "@assets/core"
import type { ExecutionProgress } from "./progress.ts"

/** How long no task may run before it is told. */
const toldMs = 15_000

/** What is done about a cluster that gives no room. */
export interface RoomRule {
  /** Tells, once for each wait, that tasks wait and none of them runs. */
  tell?(): void
  /** After so many milliseconds the queries that wait fail. Left out: they wait for as long as it takes. */
  readonly giveUpMs?: number
  /** What they fail by. */
  error?(waitedMs: number): EngineError
  /** Milliseconds after which `tell` is called. Default 15,000. */
  readonly tellMs?: number
}

/** A query that runs. */
interface Waiting {
  fail(error: EngineError): void
}

/**
 * Finds that the queries of a session have tasks of which none runs: a cluster has no executor for them. Spark itself
 * waits for ever, without a word to who asked.
 */
export class RoomWatch {
  rule: RoomRule = {}
  readonly #known = new Map<Waiting, ExecutionProgress>()
  readonly #timers: NodeJS.Timeout[] = []

  /** Takes in how far a query is. Nothing is told as long as nothing changes. */
  note(query: Waiting, progress: ExecutionProgress): void {
    this.#known.set(query, progress)
    this.#look()
  }

  /** A query has ended. */
  forget(query: Waiting): void {
    if (this.#known.delete(query)) this.#look()
  }

  #look(): void {
    const known = [...this.#known.values()]
    const waits = known.some(hasOpenTasks) && known.every(({ runningTasks }) => runningTasks === 0)
    if (!waits) for (const timer of this.#timers.splice(0)) clearTimeout(timer)
    else if (this.#timers.length === 0) this.#wait(this.rule)
  }

  #wait({ tell, tellMs = toldMs, giveUpMs, error }: RoomRule): void {
    this.#after(tellMs, () => tell?.())
    if (giveUpMs === undefined || error === undefined) return
    this.#after(giveUpMs, () => {
      for (const [query, progress] of this.#known) if (hasOpenTasks(progress)) query.fail(error(giveUpMs))
    })
  }

  #after(ms: number, act: () => void): void {
    this.#timers.push(setTimeout(act, ms).unref())
  }
}

function hasOpenTasks({ tasks, completedTasks }: ExecutionProgress): boolean {
  return tasks > completedTasks
}
