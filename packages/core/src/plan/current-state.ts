import type { Asset } from "../asset/asset.ts"
import type { OpenEnvironment } from "../environment/open-environment.ts"
import type { Current, Materialization } from "../io/io-manager.ts"
import { groupBy } from "../util/group-by.ts"

/** What is stored and current for one partition, and in which environment it lies. */
export interface StoredState {
  readonly materialization: Materialization
  readonly intact: boolean
  /** Fingerprints of the appends and merges that the data holds. */
  readonly applied?: ReadonlySet<string>
  /** Not the run's own when the step is reused from another. */
  readonly environment: OpenEnvironment
  /** True: complete, and not current before the run publishes what it made. */
  readonly staged?: boolean
}

/** Whether what is stored is the result of this work, or holds it: an append that was followed by others. */
export function holdsWork(stored: StoredState | undefined, fingerprint: string | undefined): boolean {
  if (!stored?.intact || fingerprint === undefined) return false
  return stored.materialization.fingerprint === fingerprint || stored.applied?.has(fingerprint) === true
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
    const found = await this.#found(assets, signal)
    for (const [key, current] of found) this.#replace(key, current)
  }

  /**
   * Reads anew what is current of these assets, in whichever environment it was found. What the run itself has stored
   * since the read began stays, and what it has staged.
   */
  async refresh(assets: readonly Asset[], signal: AbortSignal): Promise<void> {
    const before = new Map(assets.map(({ key }) => [key, new Map(this.partitions(key))]))
    const others = new Set<OpenEnvironment>()
    for (const known of before.values()) for (const { environment } of known.values()) others.add(environment)
    others.delete(this.environment)
    const elsewhere = [...others].map(environment => new CurrentState(environment))
    const [found] = await Promise.all([
      this.#found(assets, signal),
      ...elsewhere.map(other => other.read(assets, signal)),
    ])
    for (const [key, current] of found) {
      const former = before.get(key) ?? none
      const now = new Map(current.map(one => [one.partition, this.#stateOf(one)]))
      for (const [partition, state] of this.partitions(key)) {
        if (state !== former.get(partition) || state.staged) now.set(partition, state)
        else if (state.environment !== this.environment && !now.get(partition)?.intact) {
          const reused = elsewhere.find(({ environment }) => environment === state.environment)?.get(key, partition)
          if (reused) now.set(partition, reused)
        }
      }
      this.#byKey.set(key, now)
    }
  }

  /** Reads anew what is current of one partition. */
  async refreshPartition(asset: Asset, partition: string | null, signal: AbortSignal): Promise<void> {
    const { key } = asset
    const before = this.get(key, partition)
    const io = this.environment.io(asset)
    const found = (await io.current(this.environment.ioContext(signal), [key], [partition])).get(key)
    const now = found?.find(one => one.partition === partition)
    if (this.get(key, partition) !== before || before?.staged) return
    if (now) this.set(key, [partition], this.#stateOf(now))
    else if (before?.environment === this.environment) this.delete(key, partition)
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

  /** Forgets a partition of which nothing is current. */
  delete(key: string, partition: string | null): void {
    this.#byKey.get(key)?.delete(partition)
  }

  async #found(assets: Iterable<Asset>, signal: AbortSignal): Promise<ReadonlyMap<string, readonly Current[]>> {
    const byManager = groupBy(assets, asset => this.environment.io(asset))
    const all = new Map<string, readonly Current[]>()
    const reads = [...byManager].map(async ([io, stored]) => {
      const keys = stored.map(({ key }) => key)
      const found = await io.current(this.environment.ioContext(signal), keys)
      for (const key of keys) all.set(key, found.get(key) ?? [])
    })
    await Promise.all(reads)
    return all
  }

  #replace(key: string, found: readonly Current[]): void {
    if (found.length === 0) this.#byKey.delete(key)
    else this.#byKey.set(key, new Map(found.map(one => [one.partition, this.#stateOf(one)])))
  }

  #stateOf({ materialization, intact, applied }: Current): StoredState {
    return { materialization, intact, ...(applied && { applied }), environment: this.environment }
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
