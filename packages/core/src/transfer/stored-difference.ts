import type { Asset } from "../asset/asset.ts"
import type { EngineSession } from "../engine/engine.ts"
import { ConfigError } from "../errors/assets-error.ts"
import { didYouMean } from "../util/nearest-name.ts"
import type { CompareOptions, Difference } from "../value/difference.ts"
import type { StoredValue } from "../value/value-type.ts"
import { confirmUnreplaced, loadVersion, loadVersionFor, type StoredVersion } from "./stored-value.ts"

/** What is asked of every comparison. */
export interface Comparing {
  readonly keys: readonly string[] | undefined
  readonly tolerance: CompareOptions["tolerance"]
  readonly samples: number
  readonly signal: AbortSignal
}

/** What came of a comparison; `why` says for what reason values were not read. */
export type Compared =
  | { readonly status: "equal" | "different"; readonly difference: Difference }
  | { readonly status: "equal" | "different" | "not_compared"; readonly why: string }

/**
 * Compares two stored versions through the engine of the left one; the rows of the right one flow to it where its engine
 * is another.
 * @throws StorageError `STORAGE_DATA_MISSING`; ConfigError `ARGUMENT_INVALID` for keys that do not fit
 */
export async function compareVersions(
  left: StoredVersion,
  right: StoredVersion,
  comparing: Comparing,
): Promise<Compared> {
  const { asset, environment } = left
  if (left.materialization.id === right.materialization.id) return { status: "equal", why: "it is the same version" }
  if (!asset.returns.compare) return { status: "not_compared", why: `nothing is kept of it: ${asset.returns.kind}` }
  const session = () => environment.session(asset)
  const options = { session, signal: comparing.signal }
  const found = await compareValues(
    asset,
    await loadVersion(left, options),
    await loadVersionFor(environment, right, options),
    session,
    comparing,
  )
  for (const one of [left, right]) await confirmUnreplaced(one, comparing.signal)
  return found
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
  if (tolerance !== undefined && returns.columns && !keys) throw toleranceWithoutKeys(asset)
  const options = { samples, signal, ...(keys && { keys }), ...(tolerance !== undefined && { tolerance }) }
  const difference = await returns.compare(left, right, session, options)
  return { status: difference.equal ? "equal" : "different", difference }
}

/** What tells the rows of an asset: what was asked for, its merge keys, or the columns of its `unique` check. */
function keysOf({ key, options, returns }: Asset, asked: readonly string[] | undefined): readonly string[] | undefined {
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

function toleranceWithoutKeys({ key }: Asset): ConfigError {
  return new ConfigError("ARGUMENT_INVALID", {
    what: `'${key}' has no keys, and a tolerance needs them.`,
    why: "Without keys rows are compared whole, and nothing tells which two belong together.",
    fix: "Name the columns that tell its rows by --key, or declare the check unique(…).",
    details: { key },
  })
}
