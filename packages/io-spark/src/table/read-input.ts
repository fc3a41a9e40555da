import type { InputContext, Json, Materialization, StoredValue } from "@assets/core"
import type { Relation, Schema } from "@assets/dataframe"
import type { AssetTable, CommittedWrite, TableState } from "./asset-table.ts"
import { readJsonFiles } from "./json-value.ts"
import { dataMissing } from "./table-failure.ts"
import { areThere, type TableFile } from "./table-file.ts"

/** Files as a relation of the declared columns; no files are no rows. */
export function storedFrame(
  { fileFormat: format }: Pick<AssetTable, "fileFormat">,
  files: readonly TableFile[],
  schema: Schema,
): StoredValue {
  if (files.length === 0) return noRows(schema)
  const relation: Relation = { kind: "files", format, paths: files.map(file => file.path), schema }
  return { kind: "relation", relation, schema }
}

/** A table without rows. */
export function noRows(schema: Schema): StoredValue {
  const relation: Relation = { kind: "values", rows: [], schema }
  return { kind: "relation", relation, schema }
}

/** Gives what a step is to read: exactly the rows of the materializations that it names, whatever is current now. */
export async function readInput(table: AssetTable, context: InputContext): Promise<StoredValue> {
  const { materializations, partitions } = context
  const kind = materializations[0]?.kind
  const pinned = await pinnedFiles(table, materializations, new Set(partitions))
  if (kind === "nothing") return { kind }
  if (kind === "json") return { kind, value: await jsonOf(table, pinned, partitions) }
  return storedFrame(table, [...pinned.values()].flat(), declaredSchema(context))
}

/** The columns in which a step is to read a table. */
export function declaredSchema({ key, schema: declared }: InputContext): Schema {
  const schema = declared as Schema | undefined // core hands on what the dataframe made
  if (!schema) throw new Error(`${key} is a table and has no schema. Please report this.`)
  return schema
}

/** The files of each partition that is wanted; of all where none is named. */
async function pinnedFiles(
  table: AssetTable,
  materializations: readonly Materialization[],
  wanted: ReadonlySet<string>,
): Promise<Map<string | null, readonly TableFile[]>> {
  const found = new Map<string | null, readonly TableFile[]>()
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
  table: AssetTable,
  id: string,
  partition: string | null,
): Promise<readonly TableFile[] | undefined> {
  const present = presentFiles(table, await table.state(), { id, partition })
  if (present && (await areThere(table.place, present))) return present
  for await (const { write, files } of writesOf(table, partition)) {
    if (write.materialization.id === id) return files()
  }
  return undefined
}

/** What is current is read from the files of now: others may have put its rows into other files. */
function presentFiles(
  table: AssetTable,
  state: TableState,
  { id, partition }: { readonly id: string; readonly partition: string | null },
): readonly TableFile[] | undefined {
  const entry = state.entry(partition)
  if (entry?.materialization.id !== id || entry.isChanged) return undefined
  const files = state.files(partition)
  if (files.some(file => file.hasDeletions)) throw table.deletionsRefused()
  return files
}

/** A commit that wrote a partition, and what the partition had after it. */
export interface PartitionWrite {
  readonly write: CommittedWrite
  /** Undefined when some of them are gone. */
  files(): Promise<readonly TableFile[] | undefined>
  /** The work whose rows these are. */
  applied(): Promise<ReadonlySet<string>>
}

/** The commits that wrote a partition, newest first. */
export async function* writesOf(table: AssetTable, partition: string | null): AsyncGenerator<PartitionWrite> {
  for await (const write of table.history(partition)) {
    const parts = () => partsOf(table, partition, write)
    yield {
      write,
      async files() {
        const files = (await parts())?.flatMap(part => part.files)
        return files && (await areThere(table.place, files)) ? files : undefined
      },
      applied: async () => new Set((await parts())?.flatMap(part => part.applied)),
    }
  }
}

/** The commits whose rows a partition had after one of them, oldest first; undefined when one is gone. */
async function partsOf(
  table: AssetTable,
  partition: string | null,
  last: CommittedWrite,
): Promise<readonly CommittedWrite[] | undefined> {
  if (last.holds === "whole") return [last]
  const parts: CommittedWrite[] = []
  for await (const write of table.history(partition)) {
    if (parts.length === 0 && write.version !== last.version) continue
    parts.unshift(write)
    if (write.holds === "whole") return parts
  }
  // The first write of a partition may be one that adds.
  return parts
}

/** The value of one partition, or of the whole; of several, the values by partition key. */
async function jsonOf(
  table: AssetTable,
  pinned: ReadonlyMap<string | null, readonly TableFile[]>,
  partitions: readonly string[],
): Promise<Json> {
  const read = (files: readonly TableFile[]) =>
    readJsonFiles(
      table,
      files.map(file => file.path),
    )
  const [first] = pinned.values()
  if (pinned.size === 1 && first && partitions.length <= 1) return read(first)
  const values = [...pinned].map(async ([partition, files]) => [partition ?? "", await read(files)] as const)
  return Object.fromEntries(await Promise.all(values))
}
