import type { Asset } from "../asset/asset.ts"
import { dependencyOf } from "../asset/dependency.ts"
import { type AssetCode, assetCode } from "../plan/asset-code.ts"
import { stepId } from "../plan/step-id.ts"
import type { OpenProject } from "../plan-work.ts"
import type { Difference } from "../value/difference.ts"
import { pairEnvironments, type VersionPair } from "./diff-environments.ts"
import { type Comparing, compareVersions } from "./stored-difference.ts"
import type { StoredVersion } from "./stored-value.ts"

/** How one partition (`null`: the whole of an asset without partitions) of the one environment stands to the other's. */
export interface VerifiedPartition {
  readonly key: string
  readonly partition: string | null
  /**
   * `only_a` and `only_b`: the other environment has no such partition. `failed`: it was not made in one of them.
   * `not_compared`: there is nothing to compare, or it would prove nothing.
   */
  readonly status: "equal" | "different" | "only_a" | "only_b" | "failed" | "not_compared"
  /** Why it failed or was not compared; of a difference what may be its cause, where that is known. */
  readonly why?: string
  readonly difference?: Difference
}

/** What of the selection is compared. */
export interface ComparedWork {
  /** What others depend on first. */
  readonly assets: readonly Asset[]
  isWanted(asset: Asset, partition: string | null): boolean
  /** What was not made, by the id of its step, with the reason. */
  readonly failed: ReadonlyMap<string, string>
}

const rounding = { relative: 1e-9 }

/** Compares what two environments have made of the same assets, an asset after those that it reads. */
export class SideComparison {
  readonly #sides: readonly [OpenProject, OpenProject]
  readonly #comparing: Comparing
  /** Assets that gave other rows on each side. */
  readonly #different = new Set<string>()
  /** Assets whose rows are others each time, and those below them that differ. */
  readonly #unsettled = new Set<string>()

  constructor(sides: readonly [OpenProject, OpenProject], comparing: Comparing) {
    this.#sides = sides
    this.#comparing = comparing
  }

  async *compare({ assets, isWanted, failed }: ComparedWork): AsyncGenerator<VerifiedPartition> {
    const { signal } = this.#comparing
    const pairs = new Map<string, VersionPair>()
    for (const pair of await pairEnvironments(assets, this.#sides, signal)) {
      if (isWanted(pair.asset, pair.partition)) pairs.set(stepId(pair.asset.key, pair.partition), pair)
    }
    for (const asset of assets) {
      const own = [...pairs].filter(([, pair]) => pair.asset === asset)
      const lost = [...failed].filter(([step]) => step === asset.key || step.startsWith(`${asset.key}[`))
      for (const [step, why] of lost) yield { ...placeOf(asset, step), status: "failed", why }
      for (const [step, pair] of own) {
        if (failed.has(step)) continue
        signal.throwIfAborted()
        const { partition } = pair
        yield { key: asset.key, partition, ...(await this.#compared(pair)) }
      }
    }
  }

  async #compared(pair: VersionPair): Promise<Omit<VerifiedPartition, "key" | "partition">> {
    const { left, right } = pair
    if (!left || !right) return { status: left ? "only_a" : "only_b" }
    const why = this.#provesNothing(left, right)
    if (why !== undefined) return { status: "not_compared", why }
    const found = await compareVersions(left, right, this.#comparing)
    return found.status === "different" ? this.#explained(pair.asset, found, [left, right]) : found
  }

  /** Why the comparison of two versions would tell nothing of the two environments. */
  #provesNothing(left: StoredVersion, right: StoredVersion): string | undefined {
    const [a, b] = this.#sides
    if (left.materialization.id === right.materialization.id) {
      const { name } = left.environment
      if (left.environment === a.environment && right.environment === b.environment) {
        return "both environments keep it in the same place"
      }
      return `both environments have it from '${name}'; --force computes it in each`
    }
    for (const [{ environment }, { asset, materialization }] of [
      [a, left],
      [b, right],
    ] as const) {
      const { engine } = materialization
      if (engine === "none" || engine === environment.engineName(asset)) continue
      return `what '${environment.name}' has was computed by ${engine}: copied, reused, or made before the engine was changed; --force computes it there`
    }
    return undefined
  }

  async #explained(
    asset: Asset,
    found: { readonly status: string; readonly why?: string; readonly difference?: Difference },
    [left, right]: readonly [StoredVersion, StoredVersion],
  ): Promise<Omit<VerifiedPartition, "key" | "partition">> {
    const told = {
      ...(found.why !== undefined && { why: found.why }),
      ...(found.difference && { difference: found.difference }),
    }
    const { stability } = this.#codeOf(asset)
    const above = Object.values(asset.deps).map(one => dependencyOf(one).key)
    const unsettled = above.find(key => this.#unsettled.has(key))
    if (stability === "volatile" || unsettled !== undefined) {
      this.#unsettled.add(asset.key)
      const why =
        unsettled === undefined
          ? "it gives other rows each time"
          : `it reads '${unsettled}', which gives other rows each time`
      return { status: "not_compared", why }
    }
    this.#different.add(asset.key)
    const cause = above.find(key => this.#different.has(key))
    if (cause !== undefined && cause !== asset.key)
      return { ...told, status: "different", why: `it reads '${cause}', which differs` }
    if (stability === "unstable") {
      return { ...told, status: "different", why: "its plan depends on an order of rows that nothing fixes" }
    }
    return { ...told, status: "different", ...(await this.#roundingOf(left, right)) }
  }

  /** Whether the difference is gone when the last digits of floating point numbers do not count. */
  async #roundingOf(left: StoredVersion, right: StoredVersion): Promise<{ readonly why?: string }> {
    if (this.#comparing.tolerance !== undefined) return {}
    const { status } = await compareVersions(left, right, { ...this.#comparing, tolerance: rounding })
    if (status !== "equal") return {}
    return { why: "in the last digits of floating point numbers alone; --tolerance 1e-7% takes these as equal" }
  }

  #codeOf(asset: Asset): AssetCode {
    const [{ environment, project }] = this.#sides
    const { now, timeZone } = environment
    return assetCode(asset, { now, timeZone, codeVersions: project.codeVersions, isStored: () => true })
  }
}

function placeOf({ key }: Asset, step: string): { readonly key: string; readonly partition: string | null } {
  return { key, partition: step === key ? null : step.slice(key.length + 1, -1) }
}
