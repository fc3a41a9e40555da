import { join } from "node:path"
import {
  ConfigError,
  confirmLayout,
  faultPoint,
  type Layout,
  type OutputContext,
  type OutputValue,
  type WriteResult,
} from "@assets/core"
import { mergeRows, type Relation, type Schema, writeParquetFiles } from "@assets/dataframe"
import { mergeSmallFiles } from "./merge-small-files.ts"
import { partitionOfFile } from "./partition-files.ts"
import type { Pointer } from "./pointer.ts"
import { storageFailure } from "./storage-failure.ts"
import { dataMissing, storedFrame, writeJson, writtenValue } from "./stored-value.ts"
import { filesSeenBeside, partitionsOf, type StoredFile, type Version } from "./version.ts"
import type { VersionPlace } from "./version-place.ts"

/** What a write begins with. */
export interface WriteRequest {
  readonly context: OutputContext
  readonly place: VersionPlace
  readonly value: OutputValue
  /** What is current of each partition. */
  readonly pointers: ReadonlyMap<string | null, Pointer | undefined>
  /** The asset's layout over the manager's own settings. */
  readonly layout: Layout
}

type TableValue = Extract<OutputValue, { readonly kind: "relation" | "batches" }>

/** Writes the data, has it approved, and completes the version. It is not current yet. */
export async function writeVersion(request: WriteRequest): Promise<Version> {
  const { context, place, value, layout } = request
  const { id, partitions } = context
  const table = value.kind === "relation" || value.kind === "batches" ? value : undefined
  if (table) confirmLayout(layout, table.schema as Schema, context.key) // core hands on what the dataframe made
  const path = place.layout.data(id, partitions)
  await place.makeFolder(path)
  faultPoint("io.write")
  const former = table ? await formerFiles(request, table) : undefined
  const keys = typeof context.write === "object" ? context.write.merge : undefined
  const written = table && former && keys ? await merged(request, { table, former, keys }) : value
  const result = await writeData(request, written, path)
  const own = ownFiles(request, result)
  const files = former && !keys ? await withFormer(request, { own, former, path }) : own
  const stored = writtenValue(
    value,
    files.map(file => place.layout.join(place.layout.version(id), file.path)),
  )
  const materialization = await context.approve({ stored, ...(table && { result }) })
  faultPoint("io.marker")
  const applied = appliedWork(request, former !== undefined)
  const version = { materialization, files, schema: table?.schema, applied }
  await place.complete(version, { durable: context.durability === "power" })
  return version
}

function ownFiles({ context, place, layout }: WriteRequest, { files }: WriteResult): StoredFile[] {
  const inner = place.layout.dataName(context.partitions)
  return files.map(file => {
    const partition = partitionOfFile(file, layout, context.partitions)
    return { ...file, path: join(inner, file.path), ...(partition !== undefined && { partition }) }
  })
}

/** By partition, the work whose rows the version holds. */
function appliedWork({ context, pointers }: WriteRequest, isAddition: boolean): Version["applied"] {
  const { write, fingerprint, applied = [] } = context
  const added = write === "overwrite" ? [] : [fingerprint]
  const entries = [...pointers].map(([partition, pointer]) => {
    const former = isAddition ? (pointer?.applied ?? []) : []
    return [partition, new Set([...former, ...applied, ...added])] as const
  })
  return new Map(entries.filter(([, work]) => work.size > 0))
}

/** The files, seen from the new version, to whose rows the write adds; undefined where it replaces what is there, if anything. */
async function formerFiles(request: WriteRequest, { schema }: TableValue): Promise<StoredFile[] | undefined> {
  const { context, place, pointers, layout } = request
  if (context.write === "overwrite") return undefined
  if (context.partitions.length > 1 && !layout.partitionBy?.length) throw severalPartitions(request)
  const found: StoredFile[][] = []
  for (const [partition, pointer] of pointers) {
    if (!pointer || !["relation", "batches"].includes(pointer.materialization.kind)) continue
    const { id } = pointer.materialization
    const version = await place.readVersion(id)
    if (!version || !(await place.isIntact(version))) throw dataMissing(context.key, place.layout.version(id))
    found.push(filesOfPartition({ version, partition, among: context.partitions.length }))
  }
  return found.length > 0 && schema ? found.flat() : undefined
}

interface FormerPartition {
  readonly version: Version
  readonly partition: string | null
  readonly among: number
}

function filesOfPartition({ version, partition, among }: FormerPartition): StoredFile[] {
  const isShared = partitionsOf(version.materialization).length > 1
  const files = isShared ? version.files.filter(file => file.partition === partition) : version.files
  const seen = filesSeenBeside(version, files)
  return among > 1 && partition !== null ? seen.map(file => ({ ...file, partition })) : seen
}

interface Addition {
  readonly own: readonly StoredFile[]
  readonly former: readonly StoredFile[]
  readonly path: string
}

/** The files of the former rows and of the added ones; the small ones among them merged when they are many. */
async function withFormer(request: WriteRequest, { own, former, path }: Addition): Promise<StoredFile[]> {
  const { context } = request
  if (context.partitions.length > 1) {
    if (own.some(file => file.partition === undefined && file.rows > 0)) throw severalPartitions(request)
    return [...former, ...own]
  }
  return mergeSmallFiles(request, { files: [...former, ...own], path })
}

interface Merge {
  readonly table: TableValue
  readonly former: readonly StoredFile[]
  readonly keys: readonly string[]
}

/** A merge replaces rows of files that never change, so that it is a table of its own. */
async function merged({ context, place }: WriteRequest, { table, former, keys }: Merge): Promise<OutputValue> {
  const schema = table.schema as Schema // core hands on what the dataframe made
  const made =
    table.kind === "relation" ? table.relation : await (await context.session()).upload(table.batches(), schema)
  const paths = former.map(file => place.layout.join(place.layout.version(context.id), file.path))
  const before = storedFrame(paths, schema).relation
  // Relations are the dataframe's, too.
  const relation = context.merge?.(before, made) ?? mergeRows(before, made as Relation, keys, schema)
  return { kind: "relation", relation, schema }
}

async function writeData(request: WriteRequest, value: OutputValue, path: string): Promise<WriteResult> {
  const { context, place, layout } = request
  const { stepId, signal } = context
  const target = { kind: "files", format: "parquet", path } as const
  switch (value.kind) {
    case "relation": {
      const session = await context.session()
      return session.write(value.relation, target, { stepId, signal, layout })
    }
    case "batches": {
      const schema = value.schema as Schema // core hands on what the dataframe made
      if (!layout.partitionBy?.length && !layout.sortBy?.length) {
        const failed = (error: unknown, file: string) => storageFailure(error, file, "write")
        const writeFile: typeof place.writeFile = (file, pieces) => place.writeFile(file, pieces, signal)
        return writeParquetFiles(value.batches(), schema, path, { ...layout, signal, writeFile, failed })
      }
      // Rows can only be sorted or parted once all are there: the engine holds them, on disk where they are many.
      const session = await context.session()
      const relation = await session.upload(value.batches(), schema)
      return session.write(relation, target, { stepId, signal, layout })
    }
    case "json":
      return writeJson({ place, path }, value.value, signal)
    case "nothing":
      return { rows: 0, bytes: 0, files: [], columns: [] }
  }
}

function severalPartitions({ context }: WriteRequest): ConfigError {
  const { key } = context
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `${key} adds to ${context.partitions.length} partitions with one write, and no file tells whose rows it holds.`,
    why: "What is there is another version for each of them.",
    fix: "Name the column of the partition keys first in layout: { partitionBy: […] }, or write partition by partition.",
    details: { key },
  })
}
