import { setTimeout as delay } from "node:timers/promises"
import { StorageError } from "../errors/assets-error.ts"
import type { NewEvent } from "../event/event.ts"
import type { Lease, LeaseHolder } from "../event/run-log.ts"
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
    if (answer.runId !== holder?.runId) {
      run.emit({
        type: "step_waiting",
        ...request.about,
        holder: `run ${answer.runId} (process ${answer.pid} on ${answer.host})`,
      })
    }
    holder = answer
    await delay(pause, undefined, { signal: request.signal }).catch(() => undefined)
    request.signal.throwIfAborted()
    pause = Math.min(pause * 1.5, POLL_MS.last)
  }
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
    why: `Run ${holder.runId} (process ${holder.pid} on ${holder.host}) holds it, and this run does not wait.`,
    fix: "Run again when the other run has ended, or leave '--no-wait' out.",
    details: { step: about.step, run: holder.runId, pid: holder.pid, host: holder.host },
  })
}
