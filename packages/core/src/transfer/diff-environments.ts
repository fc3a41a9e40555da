import type { Asset } from "../asset/asset.ts"
import type { OpenEnvironment } from "../environment/open-environment.ts"
import { CurrentState, type StoredState } from "../plan/current-state.ts"
import type { StoredVersion } from "./stored-value.ts"

/** The two versions of one partition that are to be compared; a side may have none. */
export interface VersionPair {
  readonly asset: Asset
  readonly partition: string | null
  readonly left: StoredVersion | undefined
  readonly right: StoredVersion | undefined
  /** Why a side has none, where that is not for want of data. */
  readonly why?: string
}

/** An environment with those that it reuses. */
export interface ReadEnvironment {
  readonly environment: OpenEnvironment
  readonly reuse: readonly OpenEnvironment[]
}

/** Pairs what is current in two environments; what an environment only reuses counts as its own. */
export async function pairEnvironments(
  assets: readonly Asset[],
  [left, right]: readonly [ReadEnvironment, ReadEnvironment],
  signal: AbortSignal,
): Promise<readonly VersionPair[]> {
  const [l, r] = await Promise.all([stateOf(left, assets, signal), stateOf(right, assets, signal)])
  return assets.flatMap(asset => {
    const partitions = new Set([...l.partitions(asset.key).keys(), ...r.partitions(asset.key).keys()])
    return [...partitions].sort().map(partition => ({
      asset,
      partition,
      left: versionOf(asset, partition, l.get(asset.key, partition)),
      right: versionOf(asset, partition, r.get(asset.key, partition)),
    }))
  })
}

/** What is current in an environment, or read by it from those that it reuses. */
export async function stateOf(
  { environment, reuse }: ReadEnvironment,
  assets: readonly Asset[],
  signal: AbortSignal,
): Promise<CurrentState> {
  const [own, ...others] = [environment, ...reuse].map(one => new CurrentState(one)) as [
    CurrentState,
    ...CurrentState[],
  ] // one at least
  await Promise.all([own, ...others].map(one => one.read(assets, signal)))
  for (const other of others) own.complete(other, assets)
  return own
}

function versionOf(asset: Asset, partition: string | null, state: StoredState | undefined): StoredVersion | undefined {
  if (!state) return undefined
  return { asset, partition, materialization: state.materialization, environment: state.environment }
}
