import { setTimeout as delay } from "node:timers/promises"
import { StorageError } from "../errors/assets-error.ts"
import type { NewEvent } from "../event/event.ts"
import type { Lease, LeaseHolder } from "../event/run-log.ts"
import { isStopped } from "../util/process-identity.ts"
import type { RunContext } from "./run-context.ts"

/** Milliseconds between two looks at a lease that another run holds. */
const POLL_MS = { first: 20, last: 500 }

export interface LeaseRequest {
  /** What the lease is of. */
  readonly name: string
  readonly about: {
    readonly runId: string
    readonly step: string
    readonly key: string
    readonly partitions: readonly string[]
  }
  readonly signal: AbortSignal
  /** What is changed together with the taking of the lease. */
  readonly onTaken: (append: (event: NewEvent) => void) => void
  /** Called after a wait, before the lease is asked for again: what was to be done may have been done. */
  readonly onWaited: (holder: LeaseHolder) => Promise<boolean>
}

/**
 * Takes the lease of a step; waits while another run holds it and tells for whom.
 * @returns undefined when `onWaited` said that there is nothing left to do
 * @throws StorageError `LEASE_HELD` when the run does not wait
 */
export async function takeLease(run: RunContext, request: LeaseRequest): Promise<Lease | undefined> {
  const { log, id, wait } = run.settings
  let holder: LeaseHolder | undefined
  let toldLast: string | undefined
  let pause = POLL_MS.first
  for (;;) {
    const answer = run.change(append => {
      const answer = log.acquireLease(request.name, id)
      if ("token" in answer && !holder) request.onTaken(append)
      return answer
    })
    if ("token" in answer) {
      if (!holder) return answer
      if (await leaveOrGo(run, answer, holder, request)) return undefined
      return answer
    }
    if (!wait) throw held(request, answer)
    run.hasCompany = true
    const told = tellHolder(answer)
    if (told !== toldLast) run.emit({ type: "step_waiting", ...request.about, holder: told })
    toldLast = told
    holder = answer
    await delay(pause, undefined, { signal: request.signal }).catch(() => undefined)
    request.signal.throwIfAborted()
    pause = Math.min(pause * 1.5, POLL_MS.last)
  }
}

/** The name of the lease of a step. */
export function stepLeaseName(environment: { readonly name: string }, step: string): string {
  return `${environment.name} ${step}`
}

/**
 * Takes the leases of several steps, all or none, so that two who want the same do not wait for each other.
 * @throws StorageError `LEASE_HELD` when the run does not wait
 */
export async function takeLeases(
  run: RunContext,
  requests: readonly Pick<LeaseRequest, "name" | "about">[],
  signal: AbortSignal,
): Promise<readonly Lease[]> {
  const { log, id, wait } = run.settings
  let toldLast: string | undefined
  for (let pause = POLL_MS.first; ; pause = Math.min(pause * 1.5, POLL_MS.last)) {
    signal.throwIfAborted()
    const taken: Lease[] = []
    // By `change`: a run that was ended during the wait takes no lease any more.
    const blocked = run.change(() => {
      for (const { name, about } of requests) {
        const answer = log.acquireLease(name, id)
        if ("token" in answer) taken.push(answer)
        else {
          for (const lease of taken) log.releaseLease(lease)
          return { about, holder: answer }
        }
      }
      return undefined
    })
    if (!blocked) return taken
    if (!wait) throw held(blocked, blocked.holder)
    const told = tellHolder(blocked.holder)
    if (told !== toldLast) run.emit({ type: "step_waiting", ...blocked.about, holder: told })
    toldLast = told
    await delay(pause, undefined, { signal }).catch(() => undefined)
  }
}

/** Who holds something, for people; of one that is stopped also what can be done. */
export function tellHolder(holder: LeaseHolder): string {
  const { runId, pid, host } = holder
  const told = `run ${runId} (process ${pid} on ${host})`
  return isStopped(holder)
    ? `${told}, which is stopped: continue it with 'kill -CONT ${pid}', or end it with 'assets runs cancel ${runId}'`
    : told
}

/** After a wait: whether the holder has left nothing to do; else the step begins now. */
async function leaveOrGo(run: RunContext, lease: Lease, holder: LeaseHolder, request: LeaseRequest): Promise<boolean> {
  const { log } = run.settings
  try {
    if (await request.onWaited(holder)) {
      log.releaseLease(lease)
      return true
    }
    run.change(append => request.onTaken(append))
    return false
  } catch (error) {
    log.releaseLease(lease) // kept, it would be waited for by the next attempt of its own step
    throw error
  }
}

function held({ about }: Pick<LeaseRequest, "about">, holder: LeaseHolder): StorageError {
  return new StorageError("LEASE_HELD", {
    what: `'${about.step}' is being written by another run.`,
    why: `It is held by ${tellHolder(holder)}, and this run does not wait.`,
    fix: "Run again when the other run has ended, or leave '--no-wait' out.",
    details: { step: about.step, run: holder.runId, pid: holder.pid, host: holder.host },
  })
}
