import type { Asset } from "../asset/asset.ts"
import type { EngineSession } from "../engine/engine.ts"
import type { OpenEnvironment } from "../environment/open-environment.ts"
import { ConfigError } from "../errors/assets-error.ts"
import { didYouMean } from "../util/nearest-name.ts"
import type { CompareOptions, Difference } from "../value/difference.ts"
import type { StoredValue } from "../value/value-type.ts"
import { confirmUnreplaced, isTable, loadVersionFor, readsInPlace, type StoredVersion } from "./stored-value.ts"

/** What is asked of every comparison. */
export interface Comparing {
  readonly keys: readonly string[] | undefined
  readonly tolerance: CompareOptions["tolerance"]
  readonly samples: number
  readonly signal: AbortSignal
}

/** What came of a comparison; `why` says for what reason values were not read, or a tolerance was without effect. */
export type Compared =
  | { readonly status: "equal" | "different"; readonly difference: Difference; readonly why?: string }
  | { readonly status: "equal" | "different" | "not_compared"; readonly why: string }

/**
 * Compares two stored versions through the engine of one of them, that reads both where they lie; rows flow to it only
 * where neither does.
 * @throws StorageError `STORAGE_DATA_MISSING`; ConfigError `ARGUMENT_INVALID` for keys that do not fit
 */
export async function compareVersions(
  left: StoredVersion,
  right: StoredVersion,
  comparing: Comparing,
): Promise<Compared> {
  const { asset } = left
  if (left.materialization.id === right.materialization.id) return { status: "equal", why: "it is the same version" }
  if (!asset.returns.compare) return { status: "not_compared", why: `nothing is kept of it: ${asset.returns.kind}` }
  const reader =
    isTable(left.materialization) && isTable(right.materialization) ? readerOf(left, right) : left.environment
  const session = () => reader.session(asset)
  const options = { session, signal: comparing.signal }
  const found = await compareValues(
    asset,
    await loadVersionFor(reader, left, options),
    await loadVersionFor(reader, right, options),
    session,
    comparing,
  )
  for (const one of [left, right]) await confirmUnreplaced(one, comparing.signal)
  return found
}

/** The environment whose engine compares: that of the storage itself rather than another that reads both. */
function readerOf(left: StoredVersion, right: StoredVersion): OpenEnvironment {
  const { asset } = left
  const able = [
    { reader: left.environment, other: right },
    { reader: right.environment, other: left },
  ].filter(({ reader, other }) => readsInPlace(reader, other))
  const own = able.find(({ reader, other }) => {
    return other.environment.io(asset).defaultEngine?.name === reader.engineName(asset)
  })
  return (own ?? able[0])?.reader ?? left.environment
}

/** Compares two loaded values, which the session can read. */
export async function compareValues(
  asset: Asset,
  left: StoredValue,
  right: StoredValue,
  session: () => Promise<EngineSession>,
  { tolerance, samples, signal, keys: asked }: Comparing,
): Promise<Compared> {
  if (left.kind !== right.kind) return { status: "different", why: `one is ${kindOf(left)} and one ${kindOf(right)}` }
  const { returns } = asset
  if (!returns.compare) return { status: "not_compared", why: `nothing is kept of it: ${returns.kind}` }
  const keys = returns.columns ? keysOf(asset, asked) : undefined
  const options = { samples, signal, ...(keys && { keys }), ...(tolerance !== undefined && { tolerance }) }
  const difference = await returns.compare(left, right, session, options)
  if (difference.equal) return { status: "equal", difference }
  const isWhole = tolerance !== undefined && returns.columns && difference.keys === null
  const why = "nothing tells which rows belong together, so the tolerance has no effect"
  return { status: "different", difference, ...(isWhole && { why }) }
}

/**
 * What tells the rows of an asset: what was asked for, its merge keys, or the columns of its `unique` check.
 * @throws ConfigError `ARGUMENT_INVALID` for a key that is none of its columns
 */
export function keysOf(
  { key, options, returns }: Asset,
  asked: readonly string[] | undefined,
): readonly string[] | undefined {
  const names = (returns.columns?.() ?? []).map(({ name }) => name)
  for (const name of asked ?? []) {
    if (names.some(one => one.toLowerCase() === name.toLowerCase())) continue
    throw new ConfigError("ARGUMENT_INVALID", {
      what: `'${key}' has no column '${name}' to compare its rows by.`,
      why: `Its columns are ${names.join(", ")}.`,
      fix: didYouMean(name, names) ?? "Name one of its columns, or select other assets.",
      details: { key, column: name },
    })
  }
  if (asked && asked.length > 0) return asked
  const { write, checks = [] } = options
  if (typeof write === "object") return write.merge
  for (const check of checks) {
    const columns = returns.uniqueColumns?.(check)
    if (columns) return columns
  }
  return undefined
}

function kindOf({ kind }: StoredValue): string {
  return kind === "relation" ? "a table" : kind
}
