import type { EngineError } from "@assets/core"
import type { ExecutionProgress } from "./progress.ts"

/** How long no task may run before it is told. */
const toldMs = 15_000

/** How often a server's log is looked at. */
const lookMs = 1_000

/** A call that is known to wait, of which no more is known. */
const oneWaits: ExecutionProgress = { stages: [], tasks: 1, completedTasks: 0, runningTasks: 0, inputBytes: 0 }

/** What is done about a cluster that gives no room. */
export interface RoomRule {
  /** Tells, once for each wait, that tasks wait and none of them runs. */
  tell?(): void
  /** After so many milliseconds the queries that wait fail. Left out: they wait for as long as it takes. */
  readonly giveUpMs?: number
  /** What they fail by. */
  error?(waitedMs: number): EngineError
  /**
   * The last line in which the server has said that nobody takes its tasks; undefined when it has not. Left out where
   * the server's log is out of reach.
   */
  starvation?(): string | undefined
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

  /** Makes a call that may need tasks, and tells nothing of them: the server's own word says whether they wait. */
  async during<T>(signal: AbortSignal | undefined, work: (signal?: AbortSignal) => Promise<T>): Promise<T> {
    const { starvation } = this.rule
    if (!starvation) return work(signal)
    const before = starvation()
    const stop = new AbortController()
    let failure: EngineError | undefined
    const call: Waiting = {
      fail(error) {
        failure ??= error
        stop.abort()
      },
    }
    const look = setInterval(() => {
      if (starvation() !== before) this.note(call, oneWaits)
    }, lookMs).unref()
    try {
      return await work(AbortSignal.any([stop.signal, ...(signal ? [signal] : [])]))
    } catch (error) {
      throw failure ?? error
    } finally {
      clearInterval(look)
      this.forget(call)
    }
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
