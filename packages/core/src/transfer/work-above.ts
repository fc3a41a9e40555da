import type { Asset } from "../asset/asset.ts"
import { ConfigError } from "../errors/assets-error.ts"
import { wantedKeys } from "../plan/partition-request.ts"
import { stepInputs } from "../plan/step-inputs.ts"
import type { NamedWork, OpenProject } from "../plan-work.ts"

/**
 * The work of assets with all that they need above: of partitions that are asked for exactly these, and above them those
 * that they read.
 * @throws ConfigError `PARTITION_KEY_UNKNOWN`, `PARTITION_RANGE_BACKWARDS`; `ARGUMENT_INVALID` for
 * `missing` and `failed`
 */
export function workAbove(
  open: OpenProject,
  assets: readonly Asset[],
  asked: readonly string[] | undefined,
): NamedWork {
  const { graph } = open.project
  const selected = assets.map(({ key }) => key)
  const above = [...graph.ancestors(selected)].filter(key => open.project.assets.has(key))
  const keys = graph.inOrder(new Set([...above, ...selected]))
  if (!asked) return { keys }
  return { keys, exactly: partitionsAbove(open, assets, { asked, keys }) }
}

function partitionsAbove(
  { project, partitionContext }: OpenProject,
  assets: readonly Asset[],
  { asked, keys }: { readonly asked: readonly string[]; readonly keys: readonly string[] },
): ReadonlyMap<string, readonly (string | null)[]> {
  const toldByState = () => {
    throw toldByOneEnvironment(asked)
  }
  const context = { partitions: partitionContext, isStored: toldByState, hasFailed: toldByState }
  const wanted = new Map(keys.map(key => [key, new Set<string | null>()]))
  for (const asset of assets) {
    for (const partition of wantedKeys(asset, asked, context).keys) wanted.get(asset.key)?.add(partition)
  }
  for (const key of keys.toReversed()) {
    const asset = project.assets.get(key)
    for (const partition of (asset && wanted.get(key)) ?? []) {
      for (const input of stepInputs(asset as Asset, partition, partitionContext)) {
        for (const one of input.partitions) wanted.get(input.key)?.add(one)
      }
    }
  }
  return new Map([...wanted].map(([key, partitions]) => [key, [...partitions]]))
}

function toldByOneEnvironment(asked: readonly string[]): ConfigError {
  return new ConfigError("ARGUMENT_INVALID", {
    what: `Partitions are asked for by '${asked.find(text => text === "missing" || text === "failed")}'.`,
    why: "The two environments may miss others each, and the same ones are to be compared.",
    fix: "Name them by key, by range or with all: --partitions 2024-01-01..2024-01-31. What is missing is made in any case.",
    details: { partitions: [...asked] },
  })
}
