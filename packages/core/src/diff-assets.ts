import type { Asset } from "./asset/asset.ts"
import type { Definitions } from "./definitions.ts"
import type { EnvironmentConfig } from "./environment/environment.ts"
import { ConfigError } from "./errors/assets-error.ts"
import { type OpenProject, openProject, selectAssets } from "./plan-work.ts"
import { diffEngines } from "./transfer/diff-engines.ts"
import { pairEnvironments, type VersionPair } from "./transfer/diff-environments.ts"
import { pairVersions } from "./transfer/diff-versions.ts"
import { type Comparing, compareVersions } from "./transfer/stored-difference.ts"
import { openOther, refuseSame } from "./transfer/two-environments.ts"
import type { CompareOptions, Difference } from "./value/difference.ts"

export interface DiffOptions {
  /** What `a` and `b` are: environments (default), versions of `environment`, or engines of `environment`. */
  readonly by?: "env" | "version" | "engine"
  /**
   * An environment; or `current`, `former`, `current~2`, an id or how it begins; or the name of an engine, `default` for
   * the one that `engine` sets.
   */
  readonly a: string
  readonly b: string
  /** Of versions and engines. Default: `ASSETS_ENV`, then the project's. */
  readonly environment?: string | EnvironmentConfig
  /** A selection, or several whose union is meant. Default: every asset. */
  readonly select?: string | readonly string[]
  /** Columns that tell a row. Default: the merge keys, else the columns of a `unique` check; without any, rows are told whole. */
  readonly keys?: readonly string[]
  /** What two floating point values may differ by: so much, or so much of the greater one. Default none. */
  readonly tolerance?: CompareOptions["tolerance"]
  /** Samples of each asset or partition. Default 10. */
  readonly limit?: number
  readonly now?: Date
  readonly signal?: AbortSignal
  /** Told of each comparison when it is done. Must not throw. */
  readonly onDiff?: (diff: PartitionDiff) => void
}

/** How one partition (`null`: the whole of an asset without partitions) of the one side stands to that of the other. */
export interface PartitionDiff {
  readonly key: string
  readonly partition: string | null
  /** `only_a` and `only_b`: nothing is stored of it on the other side. */
  readonly status: "equal" | "different" | "only_a" | "only_b" | "not_compared"
  /** Why the values were not read, or a tolerance was without effect. */
  readonly why?: string
  readonly difference?: Difference
}

export interface AssetsDiff {
  /** Whether nothing differs; what could not be compared does not count. */
  readonly equal: boolean
  /** In the order of the graph. */
  readonly partitions: readonly PartitionDiff[]
}

/**
 * Compares what is stored in two environments, two versions of what is stored, or what two engines compute from the same
 * inputs. Reads each side once through an engine, and brings samples only. Stores nothing.
 *
 * @throws ConfigError `ENVIRONMENT_UNKNOWN`, `ENVIRONMENT_UNSUPPORTED`, `ARGUMENT_INVALID`, `SELECTION_EMPTY`
 * @throws StorageError `STORAGE_DATA_MISSING`
 */
export async function diff(project: Definitions, options: DiffOptions): Promise<AssetsDiff> {
  const { by = "env", a, now, signal, limit = 10, keys, tolerance, onDiff } = options
  const environment = by === "env" ? a : options.environment
  const open = openProject(project, { environment, now, signal })
  try {
    const assets = await selectAssets(open, options.select)
    const comparing: Comparing = { keys, tolerance, samples: limit, signal: open.signal }
    const partitions: PartitionDiff[] = []
    for await (const found of differences(open, assets, { ...options, by }, comparing)) {
      partitions.push(found)
      onDiff?.(found)
    }
    if (partitions.length === 0) throw nothingStored(options, assets)
    const equal = partitions.every(({ status }) => status === "equal" || status === "not_compared")
    return { equal, partitions }
  } finally {
    await open.close()
  }
}

async function* differences(
  open: OpenProject,
  assets: readonly Asset[],
  { by, a, b }: DiffOptions & { readonly by: NonNullable<DiffOptions["by"]> },
  comparing: Comparing,
): AsyncGenerator<PartitionDiff> {
  const { environment, signal } = open
  if (by === "engine") {
    for await (const { asset, partition, compared } of diffEngines(open, assets, [a, b], comparing)) {
      yield { key: asset.key, partition, ...compared }
    }
    return
  }
  if (by === "version") {
    for (const pair of await pairVersions(assets, environment, [a, b], signal)) yield await compared(pair, comparing)
    return
  }
  const other = openWithReuse(open, b)
  try {
    refuseSame(environment, other.environment)
    for (const pair of await pairEnvironments(assets, [open, other], signal)) yield await compared(pair, comparing)
  } finally {
    for (const one of [other.environment, ...other.reuse]) await one.close()
  }
}

function openWithReuse(open: OpenProject, name: string) {
  const environment = openOther(open, name)
  return { environment, reuse: (environment.config.reuse ?? []).map(one => openOther(open, one)) }
}

async function compared(pair: VersionPair, comparing: Comparing): Promise<PartitionDiff> {
  const { asset, partition, left, right, why } = pair
  const place = { key: asset.key, partition }
  comparing.signal.throwIfAborted()
  if (left && right) return { ...place, ...(await compareVersions(left, right, comparing)) }
  if (why) return { ...place, status: "not_compared", why }
  return { ...place, status: left ? "only_a" : "only_b" }
}

function nothingStored({ by = "env", a, b }: DiffOptions, assets: readonly Asset[]): ConfigError {
  return new ConfigError("SELECTION_EMPTY", {
    what: "There is nothing to compare.",
    why: `Nothing is stored of what was selected (${assets.length} assets)${by === "env" ? `, neither in '${a}' nor in '${b}'` : ""}.`,
    fix: "Materialize it first; see what is stored: assets status",
    details: { a, b, by },
  })
}
