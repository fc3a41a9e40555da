import type { Asset } from "./asset/asset.ts"
import { ConfigError } from "./errors/assets-error.ts"
import { wantedKeys } from "./plan/partition-request.ts"
import { stepId } from "./plan/step-id.ts"
import type { OpenProject } from "./plan-work.ts"

/** What of an asset is wanted: a partition, or null for the whole of one without partitions. */
type IsWanted = (partition: string | null) => boolean

/** What is asked for of the selected assets. */
export interface PartitionRequest {
  readonly assets: readonly Asset[]
  readonly asked: readonly string[] | undefined
  readonly isStored: (key: string, partition: string) => boolean
}

/**
 * Which partitions a request names, by asset; all where it names none.
 * @throws ConfigError `PARTITION_REQUIRED`; `PARTITION_KEY_UNKNOWN`, `PARTITION_RANGE_BACKWARDS` by the function that is
 * given, for an asset
 */
export function wantedPartitions(
  { partitionContext, environment, log }: OpenProject,
  { assets, asked, isStored }: PartitionRequest,
): (asset: Asset) => IsWanted {
  refuseWithoutPartitions(assets, asked)
  if (!asked) return () => () => true
  const failures = log.failures(environment.name)
  const hasFailed = (key: string, partition: string) => failures.has(stepId(key, partition))
  return asset => {
    const keys = new Set(wantedKeys(asset, asked, { partitions: partitionContext, isStored, hasFailed }).keys)
    return partition => keys.has(partition)
  }
}

/**
 * Refuses a request for partitions that no selected asset has: it would be without effect.
 * @throws ConfigError `PARTITION_REQUIRED`
 */
export function refuseWithoutPartitions(assets: readonly Asset[], asked: readonly string[] | undefined): void {
  if (!asked || assets.length === 0 || assets.some(({ options }) => options.partitions)) return
  const [first, ...others] = assets.map(({ key }) => `'${key}'`)
  throw new ConfigError("PARTITION_REQUIRED", {
    what: `Partitions are asked for, and ${first}${others.length > 0 ? ` and ${others.length} more that are selected have` : " has"} none.`,
    why: "An asset without partitions is one whole.",
    fix: "Leave the partitions out, or select assets that have some.",
    details: { partitions: [...asked], keys: assets.slice(0, 100).map(({ key }) => key) },
  })
}
