import { randomUUID } from "node:crypto"
import { faultPoint, isApplied, type Materialization, type OutputContext, storageConflict } from "@assets/core"
import type { Schema } from "@assets/dataframe"
import { type AddFile, commitText, type DeltaAction, type Protocol, type TableMetadata } from "./delta-action.ts"
import { foreignTable, unknownFeatures } from "./delta-failure.ts"
import { partitionColumn, tableSchema } from "./delta-schema.ts"
import type { DeltaTable } from "./delta-table.ts"
import { recordText, type StoredRecord } from "./stored-record.ts"
import type { Entry, TableSnapshot } from "./table-snapshot.ts"
import { removal } from "./written-files.ts"

/** Rows that are written and approved, and are to become those of a partition. */
export interface Change {
  readonly partition: string | null
  readonly materialization: Materialization
  readonly schema: Schema
  readonly files: readonly AddFile[]
  readonly holds: StoredRecord["holds"]
  readonly applied: readonly string[]
}

/** What tells whether somebody else was first. */
export type Base = Pick<Entry, "version" | "materialization"> | undefined

/**
 * Commits a change to the table's log, rows and record together. Commits of others in between are no hindrance as long as
 * what is current of the partition is what the write began with: those of other partitions, or an OPTIMIZE.
 * @returns the record that is current now: another writer's, when that one has done the same work meanwhile
 * @throws StorageError `STORAGE_CONFLICT`, `LEASE_LOST`: nothing has changed then
 */
export async function commitChange(
  context: OutputContext,
  table: DeltaTable,
  change: Change,
  base: Base,
): Promise<Materialization> {
  const durable = context.durability === "power"
  await table.place.confirm()
  faultPoint("io.pointer")
  for (;;) {
    const snapshot = await table.snapshot()
    requireWritable(table, snapshot)
    const entry = snapshot.entry(change.partition)
    const same = sameWork(context, entry, base)
    if (same) return same
    const version = snapshot.version + 1
    const text = commitText(actionsOf(snapshot, change))
    const commit: OutputContext["commit"] = made => context.commit(made)
    if (await table.log.create(version, text, { durable, commit })) return change.materialization
  }
}

function sameWork(context: OutputContext, entry: Entry | undefined, base: Base): Materialization | undefined {
  if (isApplied(context, entry?.applied)) return entry?.materialization
  if (entry?.version === base?.version) return undefined
  const isSame = context.write === "overwrite" && entry?.materialization.fingerprint === context.fingerprint
  if (isSame && !entry.isChanged) return entry.materialization
  throw storageConflict(context.key)
}

function actionsOf(snapshot: TableSnapshot, change: Change): DeltaAction[] {
  const { partition, files, holds, schema } = change
  const replaced = replacedFiles(snapshot, change)
  const added = new Set(files.map(file => file.path))
  const isPartitioned = partition !== null
  const keepsFormer = snapshot.fileCount > replaced.length
  const wanted = tableSchema(schema, { isPartitioned, former: snapshot.metadata, keepsFormer })
  const record: StoredRecord = {
    assets: 1,
    partition,
    materialization: change.materialization,
    schema,
    holds,
    former: snapshot.entry(partition)?.version ?? null,
    applied: change.applied,
  }
  return [
    { commitInfo: commitInfo(change, recordText(record)) },
    ...protocolAction(snapshot.protocol, wanted.protocol),
    ...metadataAction(snapshot.metadata, wanted, isPartitioned),
    ...replaced.flatMap(add => (added.has(add.path) ? [] : [{ remove: removal(add) }])),
    ...files.map(add => ({ add })),
  ]
}

/** Files of the partition, and those of an asset that has gained or lost its partitions since. */
function replacedFiles(snapshot: TableSnapshot, { partition, holds }: Change): readonly AddFile[] {
  const own = holds === "whole" ? snapshot.files(partition) : []
  return [...own, ...(partition === null ? snapshot.partitionedFiles : snapshot.files(null))]
}

function commitInfo({ holds, partition }: Change, userMetadata: string) {
  const mode = holds === "whole" ? "Overwrite" : "Append"
  const predicate =
    partition === null || holds === "added"
      ? {}
      : { predicate: JSON.stringify([`${partitionColumn} = '${partition}'`]) }
  return {
    timestamp: Date.now(),
    operation: "WRITE",
    operationParameters: { mode, ...predicate },
    isBlindAppend: holds === "added",
    engineInfo: "assets",
    userMetadata,
  }
}

/** What a table demands of its readers and writers is only ever added to. */
function protocolAction(now: Protocol | undefined, wanted: Protocol): DeltaAction[] {
  if (!now) return [{ protocol: wanted }]
  const features = wanted.writerFeatures ?? []
  const missing = features.filter(feature => !now.writerFeatures?.includes(feature))
  if (missing.length === 0) return []
  const all = (former: readonly string[] = []) => [...new Set([...former, ...features])]
  const readerFeatures = all(now.readerFeatures)
  // What a writer of version 2 does stands by name among those of version 7.
  const writerFeatures = all(now.writerFeatures ?? ["appendOnly", "invariants"])
  return [{ protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures, writerFeatures } }]
}

function metadataAction(
  now: TableMetadata | undefined,
  { schemaString, configuration }: ReturnType<typeof tableSchema>,
  isPartitioned: boolean,
): DeltaAction[] {
  const partitionColumns = isPartitioned ? [partitionColumn] : []
  const metaData: TableMetadata = {
    id: now?.id ?? randomUUID(),
    format: now?.format ?? { provider: "parquet", options: {} },
    schemaString,
    partitionColumns,
    configuration: { ...now?.configuration, ...configuration },
    createdTime: now?.createdTime ?? Date.now(),
  }
  const isSame = now && now.schemaString === schemaString && now.partitionColumns.join() === partitionColumns.join()
  return isSame ? [] : [{ metaData }]
}

/** What writers of a table may have to do, and this one does or need not do. */
const knownFeatures: ReadonlySet<string> = new Set([
  "appendOnly",
  "invariants",
  "columnMapping",
  "timestampNtz",
  "deletionVectors",
  "v2Checkpoint",
  "vacuumProtocolCheck",
  "changeDataFeed",
  "typeWidening",
])

/**
 * Refuses a table that is not ours, or that demands of writers what this one does not do.
 * @throws ConfigError `ENVIRONMENT_UNSUPPORTED`
 */
export function requireWritable(table: DeltaTable, snapshot: TableSnapshot): void {
  if (snapshot.isForeign) throw foreignTable(table.key, table.path)
  const { protocol, metadata } = snapshot
  const features = (protocol?.writerFeatures ?? []).filter(feature => !knownFeatures.has(feature))
  const legacy = protocol && protocol.minWriterVersion > 2 && protocol.minWriterVersion < 7
  const conditions = Object.keys(metadata?.configuration ?? {}).filter(name => name.startsWith("delta.constraints."))
  const isAppendOnly = metadata?.configuration["delta.appendOnly"] === "true" ? ["delta.appendOnly"] : []
  const byId = metadata?.configuration["delta.columnMapping.mode"] === "id" ? ["delta.columnMapping.mode = id"] : []
  const unknown = [
    ...byId,
    ...features,
    ...(legacy ? [`writer version ${protocol.minWriterVersion}`] : []),
    ...conditions,
    ...isAppendOnly,
  ]
  if (unknown.length > 0) throw unknownFeatures(table.path, unknown)
}
