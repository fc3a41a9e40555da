import {
  confirmLayout,
  faultPoint,
  isApplied,
  type Materialization,
  type OutputContext,
  type OutputValue,
  StorageError,
  type StoredValue,
  type WriteResult,
} from "@assets/core"
import { mergeRows, type Relation, requireStorable, type Schema, writeParquetFiles } from "@assets/dataframe"
import type { AssetTable } from "./asset-table.ts"
import { type Base, commitChange } from "./commit-change.ts"
import { isTable } from "./is-table.ts"
import { jsonSchema, writeJsonFile } from "./json-value.ts"
import { storedFrame } from "./read-input.ts"
import { sparkSession } from "./session-of-tables.ts"
import { refuseUnstorableNames } from "./stored-names.ts"
import { dataMissing, storageFailure } from "./table-failure.ts"
import { areThere, filesOfWrite, type TableFile } from "./table-file.ts"
import { isCommitted } from "./table-versions.ts"

/** What is there when a write begins. */
interface Former {
  readonly base: Base
  /** Those to whose rows the write adds; undefined where it replaces what is there, if anything. */
  readonly files: readonly TableFile[] | undefined
}

/**
 * Writes the rows into files that no commit names yet, has them approved, and commits them together with their record.
 * What fails or dies before leaves the table as it was.
 */
export async function writeOutput(
  table: AssetTable,
  context: OutputContext,
  value: OutputValue,
): Promise<Materialization> {
  const schema = isTable(value) ? (value.schema as Schema) : jsonSchema // core hands on what the dataframe made
  requireStorable(schema)
  if (isTable(value)) {
    refuseUnstorableNames(table, schema)
    confirmLayout(context.layout ?? {}, schema, context.key)
  }
  const partition = context.partitions[0] ?? null
  await table.confirm?.()
  const state = await table.state()
  table.requireWritable(state)
  const entry = state.entry(partition)
  if (entry && isApplied(context, entry.applied)) return entry.materialization
  const isAddition = isTable(value) && context.write !== "overwrite" && entry && isTable(entry.materialization)
  const former: Former = { base: entry, files: isAddition ? state.files(partition) : undefined }
  if (former.files?.some(file => file.hasDeletions)) throw table.deletionsRefused()
  const folder = table.place.join(table.dataFolder, context.id)
  try {
    const record = await writeAndCommit(table, context, { value, schema, partition, former, folder })
    if (record.id !== context.id) await table.place.remove(folder)
    return record
  } catch (error) {
    // What fails may have failed after the commit was made.
    const isMade = await isCommitted(table, { partition, id: context.id, after: entry?.version }).catch(() => true)
    // What cannot be removed now is collected later.
    if (!isMade && !mayBeMadeYet(table, error)) await table.place.remove(folder).catch(() => {})
    throw error
  }
}

/** Whether the request that makes the commit has got no answer: a store may still carry it out. */
function mayBeMadeYet({ commitsAt }: AssetTable, error: unknown): boolean {
  return error instanceof StorageError && String(error.details.url).startsWith(commitsAt)
}

interface Write {
  readonly value: OutputValue
  readonly schema: Schema
  readonly partition: string | null
  readonly former: Former
  readonly folder: string
}

async function writeAndCommit(table: AssetTable, context: OutputContext, write: Write): Promise<Materialization> {
  const { value, schema, partition, former, folder } = write
  await table.place.makeFolder(folder)
  faultPoint("io.write")
  const result = await writeFiles(table, context, write)
  const files = filesOfWrite(table.place, folder, result.files)
  const isAdded = former.files !== undefined && context.write === "append"
  const all = isAdded ? [...(former.files ?? []), ...files] : files
  const stored = writtenValue(table, value, all, schema)
  const materialization = await context.approve({ stored, ...(isTable(value) && { result }) })
  faultPoint("io.marker")
  const names = result.files.map(({ path }) => path)
  if (context.durability === "power") await table.place.sync(folder, names)
  const added = context.write === "overwrite" ? [...(context.applied ?? [])] : [context.fingerprint]
  const before = former.files && !isAdded ? await appliedBefore(table, partition) : []
  const applied = [...new Set([...before, ...added])]
  const holds = isAdded ? "added" : "whole"
  const change = { partition, materialization, schema, files, holds, applied } as const
  return commitChange(context, table, change, former.base)
}

/** A merge writes all rows anew, and the work whose rows they are stays known. */
async function appliedBefore(table: AssetTable, partition: string | null): Promise<Iterable<string>> {
  return (await table.state()).entry(partition)?.applied ?? []
}

async function writeFiles(table: AssetTable, context: OutputContext, write: Write): Promise<WriteResult> {
  const { value, folder } = write
  const { stepId, signal, layout = {} } = context
  if (value.kind === "nothing") return { rows: 0, bytes: 0, files: [], columns: [] }
  if (value.kind === "json") {
    const file = await writeJsonFile(table.place, folder, value.value, signal)
    return { rows: 0, bytes: file.bytes, files: [file], columns: [] }
  }
  if (value.kind === "batches" && table.fileFormat === "parquet" && isAsMade(context)) {
    const failed = (error: unknown, file: string) => storageFailure(error, file, "write")
    const writeFile: typeof table.place.write = (path, pieces) => table.place.write(path, pieces, signal)
    return writeParquetFiles(value.batches(), write.schema, folder, { ...layout, signal, writeFile, failed })
  }
  const session = sparkSession(await context.session())
  const target = { kind: "files", format: table.fileFormat, path: folder } as const
  const store = (made: Relation) =>
    merged(table, context, write, made).then(rows => session.write(rows, target, { stepId, signal, layout }))
  if (value.kind === "relation") return store(value.relation as Relation) // of the dataframe, as the schema
  const uploaded = await session.upload(value.batches(), write.schema)
  try {
    return await store(uploaded)
  } finally {
    if (uploaded.kind === "table") await session.dropUpload(uploaded.path)
  }
}

/** Whether rows of TypeScript are stored in the order in which they come, and none of the former ones with them. */
function isAsMade({ write, layout = {} }: OutputContext): boolean {
  return typeof write === "string" && !layout.partitionBy?.length && !layout.sortBy?.length
}

/** The rows to write: of a merge, all that the partition is to have. */
async function merged(
  table: AssetTable,
  context: OutputContext,
  { schema, former }: Write,
  added: Relation,
): Promise<Relation> {
  if (typeof context.write !== "object" || !former.files) return added
  if (!(await areThere(table.place, former.files))) throw dataMissing(table.key, table.path)
  const before = storedFrame(table, former.files, schema)
  if (before.kind !== "relation") throw new Error("Rows are a relation. Please report this.")
  const rows = before.relation as Relation
  return (context.merge?.(rows, added) as Relation | undefined) ?? mergeRows(rows, added, context.write.merge, schema)
}

/** What was written, readable before it becomes current. */
function writtenValue(table: AssetTable, value: OutputValue, files: readonly TableFile[], schema: Schema): StoredValue {
  if (value.kind === "json") return { kind: "json", value: value.value }
  return value.kind === "nothing" ? { kind: "nothing" } : storedFrame(table, files, schema)
}
