import type { Asset } from "../asset/asset.ts"
import type { EngineSession, Schema } from "../engine/engine.ts"
import type { OpenEnvironment } from "../environment/open-environment.ts"
import { StorageError } from "../errors/assets-error.ts"
import type { Materialization } from "../io/io-manager.ts"
import { keepsVersions } from "../io/keeps-versions.ts"
import { stepId } from "../plan/step-id.ts"
import type { StoredValue } from "../value/value-type.ts"

/** One version of one partition, where it lies. */
export interface StoredVersion {
  readonly asset: Asset
  readonly partition: string | null
  readonly materialization: Materialization
  readonly environment: OpenEnvironment
}

export interface LoadVersionOptions {
  readonly session: () => Promise<EngineSession>
  readonly signal: AbortSignal
}

/** Loads a stored version with the columns that it was stored with, which may be of an earlier declaration. */
export function loadVersion(
  { asset, partition, materialization, environment }: StoredVersion,
  { session, signal }: LoadVersionOptions,
): Promise<StoredValue> {
  return environment.io(asset).loadInput({
    ...environment.ioContext(signal),
    key: asset.key,
    materializations: [materialization],
    partitions: partition === null ? [] : [partition],
    schema: storedSchema(asset, materialization),
    session,
  })
}

/**
 * Whether the engine that computes an asset in an environment reads a version where it lies, so that no rows have to be
 * moved: storage says with which engines it does not work.
 */
export function readsInPlace(
  reader: OpenEnvironment,
  { asset, environment }: Omit<StoredVersion, "partition" | "materialization">,
): boolean {
  const engine = reader.engineName(asset)
  if (environment === reader || environment.engineName(asset) === engine) return true
  const io = environment.io(asset)
  return io.refusal !== undefined && io.refusal({ engine }) === undefined
}

/** Whether what is stored is a table, which an engine reads. */
export function isTable({ kind }: Materialization): boolean {
  return kind === "relation" || kind === "batches"
}

/** Loads a version for the session of an environment: rows flow to it where its engine does not reach them. */
export async function loadVersionFor(
  reader: OpenEnvironment,
  version: StoredVersion,
  options: LoadVersionOptions,
): Promise<StoredValue> {
  const { asset, environment, materialization } = version
  if (!isTable(materialization) || readsInPlace(reader, version)) return loadVersion(version, options)
  const own = () => environment.session(asset)
  const value = await loadVersion(version, { ...options, session: own })
  if (value.kind !== "relation") return value
  const { relation, schema } = value
  const moved = (await options.session()).upload((await own()).batches(relation, options.signal), schema)
  return { kind: "relation", relation: await moved, schema }
}

/** The columns that a version was stored with; the declared ones where they are those, or the record does not tell. */
export function storedSchema({ returns }: Asset, { columns }: Pick<Materialization, "columns">): Schema | undefined {
  const declared = returns.columns?.() ?? []
  const isDeclared =
    columns?.length === declared.length &&
    declared.every(({ name, type }, i) => columns[i]?.name === name && columns[i]?.type === type)
  return columns?.length && !isDeclared && returns.schemaOf ? returns.schemaOf(columns) : returns.schema?.()
}

/**
 * Confirms, once its rows have been read, that a version was not replaced meanwhile: rows are read later than they are
 * loaded, and storage that keeps no versions then gives those that came instead.
 * @throws StorageError `STORAGE_DATA_MISSING`
 */
export async function confirmUnreplaced(
  { asset, partition, materialization, environment }: StoredVersion,
  signal: AbortSignal,
): Promise<void> {
  const io = environment.io(asset)
  if (keepsVersions(io)) return
  const current = (await io.current(environment.ioContext(signal), [asset.key])).get(asset.key) ?? []
  const now = current.find(one => one.partition === partition)?.materialization.dataVersion
  if (now === materialization.dataVersion) return
  throw new StorageError("STORAGE_DATA_MISSING", {
    what: `'${stepId(asset.key, partition)}' was replaced while it was read.`,
    why: `A run wrote it, and ${io.name} of '${environment.name}' keeps no former versions.`,
    fix: "Run the command again when that run has ended.",
    details: { key: asset.key, environment: environment.name },
  })
}
