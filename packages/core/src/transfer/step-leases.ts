import type { Lease } from "../event/run-log.ts"
import { stepId } from "../plan/build-plan.ts"
import { commitOnLeases } from "../run/approve-output.ts"
import type { RunContext } from "../run/run-context.ts"
import { stepLeaseName, takeLeases } from "../run/step-lease.ts"

/** One asset, or one partition of it. */
export interface StoredStep {
  readonly key: string
  readonly partition: string | null
}

/** The step of a run that is about one stored partition. */
export function stepAbout(run: RunContext, { key, partition }: StoredStep) {
  const partitions = partition === null ? [] : [partition]
  return { runId: run.settings.id, step: stepId(key, partition), key, partitions }
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
