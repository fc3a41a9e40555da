import type { Asset } from "./asset/asset.ts"
import { OpenEnvironment } from "./environment/open-environment.ts"
import { StorageError } from "./errors/assets-error.ts"
import type { CurrentState } from "./plan/current-state.ts"
import type { OpenProject } from "./plan-work.ts"
import { loadStored } from "./run/load-inputs.ts"
import type { AnyValueType, BoundOf } from "./value/value-type.ts"

/** Reads what is stored after a run, through engines of its own that are opened when they are needed. */
export class StoredValues {
  readonly #open: OpenProject
  readonly #state: CurrentState
  readonly #stop = new AbortController()
  #environment: OpenEnvironment | undefined
  /** Whose IO managers were read from. */
  readonly #read = new Set<OpenEnvironment>()

  constructor(open: OpenProject, state: CurrentState) {
    this.#open = open
    this.#state = state
  }

  /** @param partitions of an asset with partitions; all that are stored when empty */
  async value<V extends AnyValueType>(asset: Asset<V>, partitions: readonly string[]): Promise<BoundOf<V>> {
    const declared = this.#open.project.assets.get(asset.key) ?? asset
    // The plan has read what it touches; of anything else it is read now.
    if (this.#state.partitions(asset.key).size === 0) await this.#state.read([declared], this.#stop.signal)
    const keys = declared.options.partitions
      ? partitions.length > 0
        ? partitions
        : [...this.#state.partitions(asset.key).keys()]
      : [null]
    const stored = keys.flatMap(partition => {
      const state = this.#state.get(asset.key, partition)
      return state ? [{ partition, state }] : []
    })
    const [first] = stored
    if (!first) throw missing(asset.key)
    const environment = this.#reopened()
    this.#read.add(first.state.environment)
    const session = () => environment.session(declared)
    const value = await loadStored(declared, first.state.environment, stored, { session, signal: this.#stop.signal })
    // The asset's own type binds what was stored as that type.
    return (await declared.returns.bind(value, session)) as BoundOf<V>
  }

  async close(): Promise<void> {
    const environment = this.#environment
    this.#environment = undefined
    await environment?.close()
    for (const read of this.#read) await read.close()
  }

  #reopened(): OpenEnvironment {
    const { project, environment } = this.#open
    const { name, config, now } = environment
    this.#environment ??= new OpenEnvironment(project, { name, config }, { now, signal: this.#stop.signal })
    return this.#environment
  }
}

function missing(key: string): StorageError {
  return new StorageError("INPUT_MISSING", {
    what: `Nothing is stored of '${key}'.`,
    why: "The run did not make it, and it was not stored before.",
    fix: "Look at the run's steps: a failed step has its error.",
    details: { key },
  })
}
