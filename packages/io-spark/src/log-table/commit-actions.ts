import { randomUUID } from "node:crypto"
import type { Change } from "../table/asset-table.ts"
import type { AddFile, LogAction, Protocol, RemoveFile, TableMetadata } from "./log-action.ts"
import { tableSchema } from "./log-schema.ts"
import { partitionColumn } from "./partition-column.ts"
import { recordText, type StoredRecord } from "./stored-record.ts"
import type { TableSnapshot } from "./table-snapshot.ts"

/** The lines of the commit that makes a change of a table, whose new files are `files`, of the format `provider`. */
export function actionsOf(
  snapshot: TableSnapshot,
  change: Change,
  { files, provider }: { readonly files: readonly AddFile[]; readonly provider: string },
): LogAction[] {
  const { partition, holds, schema } = change
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
    ...metadataAction(snapshot.metadata, wanted, { isPartitioned, provider }),
    ...replaced.flatMap(add => (added.has(add.path) ? [] : [{ remove: removal(add) }])),
    ...files.map(add => ({ add })),
  ]
}

/** Files of the partition, and those of an asset that has gained or lost its partitions since. */
function replacedFiles(snapshot: TableSnapshot, { partition, holds }: Change): readonly AddFile[] {
  const own = holds === "whole" ? snapshot.addedFiles(partition) : []
  return [...own, ...(partition === null ? snapshot.partitionedFiles : snapshot.addedFiles(null))]
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
function protocolAction(now: Protocol | undefined, wanted: Protocol): LogAction[] {
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
  { isPartitioned, provider }: { readonly isPartitioned: boolean; readonly provider: string },
): LogAction[] {
  const partitionColumns = isPartitioned ? [partitionColumn] : []
  const metaData: TableMetadata = {
    id: now?.id ?? randomUUID(),
    format: now?.format ?? { provider, options: {} },
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

/** What a table demands of its writers that is not done here. */
export function unknownDemands({ protocol, metadata }: TableSnapshot): string[] {
  const features = (protocol?.writerFeatures ?? []).filter(feature => !knownFeatures.has(feature))
  const legacy = protocol && protocol.minWriterVersion > 2 && protocol.minWriterVersion < 7
  const conditions = Object.keys(metadata?.configuration ?? {}).filter(name => name.startsWith("delta.constraints."))
  const isAppendOnly = metadata?.configuration["delta.appendOnly"] === "true" ? ["delta.appendOnly"] : []
  const byId = metadata?.configuration["delta.columnMapping.mode"] === "id" ? ["delta.columnMapping.mode = id"] : []
  return [
    ...byId,
    ...features,
    ...(legacy ? [`writer version ${protocol.minWriterVersion}`] : []),
    ...conditions,
    ...isAppendOnly,
  ]
}

/** The line of a commit that removes a file. */
function removal({ path, partitionValues, size, deletionVector }: AddFile): RemoveFile {
  const dated = { deletionTimestamp: Date.now(), dataChange: true, extendedFileMetadata: true }
  return { path, ...dated, partitionValues, size, ...(deletionVector && { deletionVector }) }
}
