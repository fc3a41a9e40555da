import type { Asset } from "./asset/asset.ts"
import type { Source } from "./asset/source.ts"
import type { Definitions } from "./definitions.ts"
import { ConfigError } from "./errors/assets-error.ts"
import { callTransform } from "./plan/asset-code.ts"
import { didYouMean } from "./util/nearest-name.ts"
import type { ColumnOrigin, PlanColumnLineage } from "./value/value-type.ts"

/** A column of an asset or source, and the columns that it comes from, one step up. */
export interface LineageColumn {
  readonly key: string
  readonly column: string
  /** The lineage ends at a `source`, and at a `compute`: what its function does is not known. */
  readonly kind: "transform" | "compute" | "source"
  /** What its values are computed from. */
  readonly direct: readonly ColumnOrigin[]
  /** What decides which rows there are, or how they are put together: filters, keys, order before a limit, windows. */
  readonly indirect: readonly ColumnOrigin[]
}

/**
 * Follows the values of a column up to the sources: the column first, then each column that it comes from once, those of
 * the same distance together. Columns that only decide rows are named and not followed. Runs nothing but transforms.
 *
 * @throws ConfigError `ASSET_UNKNOWN`, `ASSET_COLUMN_UNKNOWN`; FrameError, UserCodeError when a transform throws
 */
export function columnLineage(project: Definitions, key: string, column: string): readonly LineageColumn[] {
  const first = declaredOf(project, key)
  const plans = new Map<string, readonly PlanColumnLineage[]>()
  const found = new Map<string, LineageColumn>()
  const waiting: ColumnOrigin[] = [{ key: first.key, column: columnOf(first, column) }]
  for (const next of waiting) {
    const id = JSON.stringify([next.key, next.column])
    if (found.has(id)) continue
    const one = oneStep(declaredOf(project, next.key), next.column, plans)
    found.set(id, one)
    waiting.push(...one.direct)
  }
  return [...found.values()]
}

function oneStep(
  declared: Asset | Source,
  column: string,
  plans: Map<string, readonly PlanColumnLineage[]>,
): LineageColumn {
  const { key } = declared
  const ends = { key, column, direct: [], indirect: [] }
  if (declared.kind === "source") return { ...ends, kind: "source" }
  if (!declared.options.transform) return { ...ends, kind: "compute" }
  const plan = plans.get(key) ?? callTransform(declared).lineage?.() ?? []
  plans.set(key, plan)
  const own = plan.find(one => one.column.toLowerCase() === column.toLowerCase())
  return { key, column, kind: "transform", direct: ofAssets(own?.direct), indirect: ofAssets(own?.indirect) }
}

/** Of one asset that is read through several partition mappings a plan has several inputs. */
function ofAssets(origins: readonly ColumnOrigin[] = []): readonly ColumnOrigin[] {
  const distinct = new Map<string, ColumnOrigin>()
  for (const origin of origins) {
    const key = origin.key.replace(/#\d+$/, "")
    distinct.set(JSON.stringify([key, origin.column]), { key, column: origin.column })
  }
  return [...distinct.values()]
}

function declaredOf({ assets, sources, graph }: Definitions, key: string): Asset | Source {
  const found = assets.get(key) ?? sources.get(key)
  if (found) return found
  throw new ConfigError("ASSET_UNKNOWN", {
    what: `There is no asset or source '${key}'.`,
    why: `The project declares ${graph.keys.length}, and none has this key.`,
    fix: didYouMean(key, graph.keys) ?? "List them: assets list",
    details: { key },
  })
}

/** The column as it was declared. */
function columnOf({ key, returns }: Asset | Source, name: string): string {
  const columns = returns.columns?.().map(column => column.name)
  const found = columns?.find(column => column.toLowerCase() === name.toLowerCase())
  if (found !== undefined) return found
  throw new ConfigError("ASSET_COLUMN_UNKNOWN", {
    what: `'${key}' has no column '${name}'.`,
    why: columns ? `Its columns are ${columns.join(", ")}.` : `It is ${returns.kind}, not a table.`,
    fix: (columns && didYouMean(name, columns)) ?? `Name the asset alone: assets lineage ${key}`,
    details: { key, column: name },
  })
}
