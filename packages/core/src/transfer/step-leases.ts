import type { Lease, PendingStep } from "../event/run-log.ts"
import { stepId } from "../plan/step-id.ts"
import { commitOnLeases } from "../run/approve-output.ts"
import type { StepAbout } from "../run/compute-context.ts"
import type { RunContext } from "../run/run-context.ts"
import { stepLeaseName, takeLeases } from "../run/step-lease.ts"

/** One asset, or one partition of it. */
export interface StoredStep {
  readonly key: string
  readonly partition: string | null
}

/** The step that is about one stored partition, as a run puts it down before it starts. */
export function pendingStep({ key, partition }: StoredStep): PendingStep {
  return { id: stepId(key, partition), key, partitions: partition === null ? [] : [partition] }
}

/** What the events of such a step carry. */
export function stepAbout(run: RunContext, stored: StoredStep): StepAbout {
  const { id: step, key, partitions } = pendingStep(stored)
  return { runId: run.settings.id, step, key, partitions }
}

/** The leases of several steps, taken together and given back together. */
export class StepLeases {
  readonly #run: RunContext
  readonly #leases: readonly Lease[]
  /** One of the steps, for the error. */
  readonly #step: string

  private constructor(run: RunContext, leases: readonly Lease[], step: string) {
    this.#run = run
    this.#leases = leases
    this.#step = step
  }

  /**
   * Takes the leases of steps of the run's environment, all or none.
   * @throws StorageError `LEASE_HELD` when the run does not wait
   */
  static async take(run: RunContext, steps: readonly StoredStep[], signal: AbortSignal): Promise<StepLeases> {
    const abouts = new Map(steps.map(step => [stepId(step.key, step.partition), stepAbout(run, step)]))
    const { environment } = run.settings
    const requests = [...abouts].map(([id, about]) => ({ name: stepLeaseName(environment, id), about }))
    const [first = ""] = abouts.keys()
    return new StepLeases(run, await takeLeases(run, requests, signal), first)
  }

  /**
   * Makes a change while all leases are held for certain.
   * @throws StorageError `LEASE_LOST`
   */
  commit<T>(change: () => T): T {
    return commitOnLeases(this.#run, this.#leases, this.#step, change)
  }

  release(): void {
    for (const lease of this.#leases) this.#run.settings.log.releaseLease(lease)
  }
}
