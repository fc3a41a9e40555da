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
    const told = tell(answer)
    if (told !== toldLast) run.emit({ type: "step_waiting", ...request.about, holder: told })
    toldLast = told
    holder = answer
    await delay(pause, undefined, { signal: request.signal }).catch(() => undefined)
    request.signal.throwIfAborted()
    pause = Math.min(pause * 1.5, POLL_MS.last)
  }
}

/** What a step asks for a place in a pool. */
export interface PoolRequest extends Pick<LeaseRequest, "about" | "signal"> {
  readonly pool: string
  /** Places in all, for every run of this host together. */
  readonly limit: number
}

/** Takes one of the places of a pool; waits while other runs hold them all. */
export async function takePoolPlace(run: RunContext, { pool, limit, about, signal }: PoolRequest): Promise<Lease> {
  const { log, id } = run.settings
  let hasTold = false
  for (let pause = POLL_MS.first; ; pause = Math.min(pause * 1.5, POLL_MS.last)) {
    let holder: LeaseHolder | undefined
    for (let place = 0; place < limit; place++) {
      const answer = log.acquireLease(`pool ${pool} ${place}`, id)
      if ("token" in answer) return answer
      // A place that this run holds is given back without waiting for anybody else.
      if (answer.runId !== id) holder = answer
    }
    if (holder && !hasTold)
      run.emit({ type: "step_waiting", ...about, holder: `the pool '${pool}', held by ${tell(holder)}` })
    hasTold ||= holder !== undefined
    await delay(pause, undefined, { signal }).catch(() => undefined)
    signal.throwIfAborted()
  }
}

/** Who holds something, for people; of one that is stopped also what can be done. */
export function tell(holder: LeaseHolder): string {
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
  } catch (error) {
    log.releaseLease(lease)
    throw error
  }
  run.change(append => request.onTaken(append))
  return false
}

function held({ about }: LeaseRequest, holder: LeaseHolder): StorageError {
  return new StorageError("LEASE_HELD", {
    what: `'${about.step}' is being written by another run.`,
    why: `It is held by ${tell(holder)}, and this run does not wait.`,
    fix: "Run again when the other run has ended, or leave '--no-wait' out.",
    details: { step: about.step, run: holder.runId, pid: holder.pid, host: holder.host },
  })
}
