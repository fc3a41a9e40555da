import type { Asset } from "../asset/asset.ts"
import type { OpenEnvironment } from "../environment/open-environment.ts"
import type { Current, IOManager, Materialization } from "../io/io-manager.ts"

/** What is stored and current for one partition, and in which environment it lies. */
export interface StoredState {
  readonly materialization: Materialization
  readonly intact: boolean
  /** Not the run's own when the step is reused from another. */
  readonly environment: OpenEnvironment
}

/** What is current of the assets that a plan touches: read once from the IO managers, then kept up by the run. */
export class CurrentState {
  readonly environment: OpenEnvironment
  readonly #byKey = new Map<string, Map<string | null, StoredState>>()

  constructor(environment: OpenEnvironment) {
    this.environment = environment
  }

  /** Reads what is current of these assets; what was known of them before is replaced. */
  async read(assets: Iterable<Asset>, signal: AbortSignal): Promise<void> {
    const byManager = new Map<IOManager, string[]>()
    for (const asset of assets) {
      const io = this.environment.io(asset)
      const keys = byManager.get(io)
      if (keys) keys.push(asset.key)
      else byManager.set(io, [asset.key])
    }
    const reads = [...byManager].map(async ([io, keys]) => {
      const found = await io.current(this.environment.ioContext(signal), keys)
      for (const key of keys) this.#replace(key, found.get(key) ?? [])
    })
    await Promise.all(reads)
  }

  get(key: string, partition: string | null): StoredState | undefined {
    return this.#byKey.get(key)?.get(partition)
  }

  /** What is current of a key, by partition. */
  partitions(key: string): ReadonlyMap<string | null, StoredState> {
    return this.#byKey.get(key) ?? none
  }

  /** Notes what has become current. */
  set(key: string, partitions: readonly (string | null)[], state: StoredState): void {
    const known = this.#byKey.get(key) ?? new Map<string | null, StoredState>()
    this.#byKey.set(key, known)
    for (const partition of partitions) known.set(partition, state)
  }

  /** Takes what another environment holds of these assets, for the partitions of which this one holds nothing. */
  complete(other: CurrentState, assets: readonly Asset[]): void {
    for (const { key } of assets) {
      for (const [partition, state] of other.partitions(key)) {
        if (state.intact && !this.get(key, partition)?.intact) this.set(key, [partition], state)
      }
    }
  }

  #replace(key: string, found: readonly Current[]): void {
    if (found.length === 0) {
      this.#byKey.delete(key)
      return
    }
    const { environment } = this
    const entries = found.map(({ partition, ...state }) => [partition, { ...state, environment }] as const)
    this.#byKey.set(key, new Map(entries))
  }
}

/** What the first of several environments holds that was made by the same work. */
export function reusableState(
  states: readonly CurrentState[],
  key: string,
  partition: string | null,
  fingerprint: string | undefined,
): StoredState | undefined {
  for (const state of states) {
    const stored = state.get(key, partition)
    if (stored?.intact && stored.materialization.fingerprint === fingerprint) return stored
  }
  return undefined
}

const none: ReadonlyMap<string | null, StoredState> = new Map()
