import { StorageError } from "../errors/assets-error.ts"
import type { Lease } from "../event/run-log.ts"
import { stepId } from "../plan/build-plan.ts"
import type { RunContext } from "../run/run-context.ts"
import { takeLease } from "../run/step-lease.ts"

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

  private constructor(run: RunContext, leases: readonly Lease[]) {
    this.#run = run
    this.#leases = leases
  }

  /**
   * Takes the leases of steps of the run's environment, one after the other in the order of their names: two that take
   * several never wait for each other in a circle, and a step of another run holds one only.
   * @throws StorageError `LEASE_HELD` when the run does not wait
   */
  static async take(run: RunContext, steps: readonly StoredStep[], signal: AbortSignal): Promise<StepLeases> {
    const { environment, log } = run.settings
    const leases: Lease[] = []
    const named = new Map(steps.map(step => [stepId(step.key, step.partition), step]))
    try {
      for (const [id, step] of [...named].sort(([a], [b]) => (a < b ? -1 : 1))) {
        const name = `${environment.name} ${id}`
        const about = stepAbout(run, step)
        const nothing = { onTaken: () => {}, onWaited: async () => false }
        const lease = await takeLease(run, { name, about, signal, ...nothing })
        if (lease) leases.push(lease)
      }
      return new StepLeases(run, leases)
    } catch (error) {
      for (const lease of leases) log.releaseLease(lease)
      throw error
    }
  }

  /**
   * Makes a change while all leases are held for certain.
   * @throws StorageError `LEASE_LOST`
   */
  commit<T>(change: () => T): T {
    const { log } = this.#run.settings
    return log.transaction(() => {
      const lost = this.#leases.find(lease => !log.holdsLease(lease))
      if (!lost) return change()
      throw new StorageError("LEASE_LOST", {
        what: `The lease of '${lost.name.slice(lost.name.indexOf(" ") + 1)}' was lost before the data became current.`,
        why: "Another run took this one for dead and went on in its place.",
        fix: "Run the command again; what the other run stored is current.",
        details: { lease: lost.name },
      })
    })
  }

  release(): void {
    for (const lease of this.#leases) this.#run.settings.log.releaseLease(lease)
  }
}
