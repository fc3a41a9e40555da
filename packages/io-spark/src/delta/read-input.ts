import type { InputContext, Json, Materialization, StoredValue } from "@assets/core"
import { ConfigError } from "@assets/core"
import type { Relation, Schema } from "@assets/dataframe"
import type { AddFile } from "./delta-action.ts"
import { dataMissing } from "./delta-failure.ts"
import type { DeltaTable } from "./delta-table.ts"
import { readJsonFiles } from "./json-value.ts"
import type { StoredRecord } from "./stored-record.ts"
import { partitionOf, type TableSnapshot } from "./table-snapshot.ts"
import { areThere } from "./written-files.ts"

/** Files as a relation of the declared columns; no files are no rows. */
export function storedFrame(table: DeltaTable, files: readonly AddFile[], schema: Schema): StoredValue {
  const paths = files.map(file => table.filePath(file.path))
  const relation: Relation =
    paths.length === 0 ? { kind: "values", rows: [], schema } : { kind: "files", format: "parquet", paths, schema }
  return { kind: "relation", relation, schema }
}

/** Gives what a step is to read: exactly the rows of the materializations that it names, whatever is current now. */
export async function readInput(table: DeltaTable, context: InputContext): Promise<StoredValue> {
  const { materializations, partitions } = context
  const kind = materializations[0]?.kind
  const pinned = await pinnedFiles(table, materializations, new Set(partitions))
  if (kind === "nothing") return { kind }
  if (kind === "json") return { kind, value: await jsonOf(table, pinned, partitions) }
  const schema = context.schema as Schema | undefined // core hands on what the dataframe made
  if (!schema) throw new Error(`${context.key} is a table and has no schema. Please report this.`)
  return storedFrame(table, [...pinned.values()].flat(), schema)
}

/** The files of each partition that is wanted; of all where none is named. */
async function pinnedFiles(
  table: DeltaTable,
  materializations: readonly Materialization[],
  wanted: ReadonlySet<string>,
): Promise<Map<string | null, readonly AddFile[]>> {
  const found = new Map<string | null, readonly AddFile[]>()
  for (const { id, partitions } of materializations) {
    for (const partition of partitions.length === 0 ? [null] : partitions) {
      if (partition !== null && wanted.size > 0 && !wanted.has(partition)) continue
      const files = await filesOf(table, id, partition)
      if (!files) throw dataMissing(table.key, table.path)
      found.set(partition, files)
    }
  }
  return found
}

/** The files of a materialization's rows; undefined when some of them, or the record, are gone. */
export async function filesOf(
  table: DeltaTable,
  id: string,
  partition: string | null,
): Promise<readonly AddFile[] | undefined> {
  const snapshot = await table.snapshot()
  const last = snapshot.entry(partition)?.version ?? null
  const present = presentFiles(table, snapshot, { id, partition })
  if (present && (await areThere(table, present))) return present
  for (let at = last; at !== null; ) {
    const record = await table.record(at)
    if (record?.materialization.id === id) return filesAt(table, at)
    at = record?.former ?? null
  }
  return undefined
}

/** What is current is read from the files of now: others may have put its rows into other files. */
function presentFiles(
  table: DeltaTable,
  snapshot: TableSnapshot,
  { id, partition }: { readonly id: string; readonly partition: string | null },
): readonly AddFile[] | undefined {
  const entry = snapshot.entry(partition)
  if (entry?.materialization.id !== id || entry.isChanged) return undefined
  const files = snapshot.files(partition)
  if (files.some(file => file.deletionVector)) throw withDeletionVectors(table)
  return files
}

/** The files of the rows that a partition had after a commit; undefined when some of them are gone. */
export async function filesAt(table: DeltaTable, version: number): Promise<readonly AddFile[] | undefined> {
  const files: AddFile[] = []
  for (let at: number | null = version; at !== null; ) {
    const actions = await table.commit(at)
    const record: StoredRecord | undefined = await table.record(at)
    if (!record) return undefined
    files.unshift(...actions.flatMap(({ add }) => (add && partitionOf(add) === record.partition ? [add] : [])))
    at = record.holds === "added" ? record.former : null
  }
  return (await areThere(table, files)) ? files : undefined
}

/** The value of one partition, or of the whole; of several, the values by partition key. */
async function jsonOf(
  table: DeltaTable,
  pinned: ReadonlyMap<string | null, readonly AddFile[]>,
  partitions: readonly string[],
): Promise<Json> {
  const read = (files: readonly AddFile[]) =>
    readJsonFiles(
      table,
      files.map(file => table.filePath(file.path)),
    )
  const [first] = pinned.values()
  if (pinned.size === 1 && first && partitions.length <= 1) return read(first)
  const values = [...pinned].map(async ([partition, files]) => [partition ?? "", await read(files)] as const)
  return Object.fromEntries(await Promise.all(values))
}

function withDeletionVectors({ key, path }: DeltaTable): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `Rows of ${key} are marked as deleted beside their files, which deltaIO does not read.`,
    why: "The table has deletion vectors switched on, and somebody has deleted or changed rows.",
    fix: `Run in Spark: REORG TABLE delta.\`${path}\` APPLY (PURGE)`,
    details: { key, path },
  })
}
