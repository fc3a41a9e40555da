import type { Definitions } from "./definitions.ts"
import type { EnvironmentConfig } from "./environment/environment.ts"
import { stepId } from "./plan/step-id.ts"
import { type OpenProject, openProject, selectKeys } from "./plan-work.ts"
import { type AssetStatus, statusOf } from "./status-of.ts"
import { keepOrder } from "./status-ranges.ts"
import { groupBy } from "./util/group-by.ts"
import { wantedPartitions } from "./wanted-partitions.ts"

export interface StatusOptions {
  /** Name of one of the project's environments, or one made by `inMemory()`. Default: `ASSETS_ENV`, then the project's. */
  readonly environment?: string | EnvironmentConfig
  /** A selection, or several whose union is meant. Default: every asset. */
  readonly select?: string | readonly string[]
  /** Partition keys, ranges `A..B` with both ends included, or `all`, `missing`, `failed`. Default: all. */
  readonly partitions?: readonly string[]
  /** The instant at which partitions are counted. Default: now. */
  readonly now?: Date
  readonly signal?: AbortSignal
}

/**
 * Returns the status of each asset and partition key, by key. Runs nothing. `statusRanges` gives the same in ranges.
 * Not transitive: stale is what its own code, or an input that it has read, has left behind; `plan` shows what follows.
 *
 * @throws ConfigError when the environment, the selection or a partition is wrong
 */
export async function status(project: Definitions, options: StatusOptions = {}): Promise<readonly AssetStatus[]> {
  const { select = "*", partitions, ...settings } = options
  const open = openProject(project, settings)
  try {
    const found = await statusOf(open, await selectKeys(open, select))
    if (!partitions) return found
    keepOrder(found)
    return asked(open, found, partitions)
  } finally {
    await open.close()
  }
}

/** Those of the partitions that are asked for; of assets without partitions all. */
function asked(open: OpenProject, found: readonly AssetStatus[], partitions: readonly string[]) {
  const missing = new Set(found.filter(one => one.status === "missing").map(one => stepId(one.key, one.partition)))
  const byKey = groupBy(found, one => one.key)
  const assets = [...byKey.keys()].flatMap(key => open.project.assets.get(key) ?? [])
  const isStored = (key: string, partition: string) => !missing.has(stepId(key, partition))
  const wantedOf = wantedPartitions(open, { assets, asked: partitions, isStored })
  return assets.flatMap(asset => {
    const isWanted = wantedOf(asset)
    return (byKey.get(asset.key) ?? []).filter(one => isWanted(one.partition))
  })
}
