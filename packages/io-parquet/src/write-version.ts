import { mkdirSync } from "node:fs"
import { join, relative } from "node:path"
import {
  ConfigError,
  faultPoint,
  type Layout,
  type OutputContext,
  type OutputValue,
  type WriteResult,
} from "@assets/core"
import { mergeRows, type Relation, type Schema, writeParquetFiles } from "@assets/dataframe"
import { completeVersion } from "./complete-version.ts"
import { confirmLayout } from "./confirm-layout.ts"
import { mergeSmallFiles } from "./merge-small-files.ts"
import type { AssetFolder } from "./parquet-layout.ts"
import { partitionOfFile } from "./partition-files.ts"
import type { Pointer } from "./pointer.ts"
import { storageFailure } from "./storage-failure.ts"
import { dataMissing, storedFrame, writeJson, writtenValue } from "./stored-value.ts"
import { filesSeenFrom, isIntact, partitionsOf, readVersion, type StoredFile, type Version } from "./version.ts"

/** What a write begins with. */
export interface WriteRequest {
  readonly context: OutputContext
  readonly folder: AssetFolder
  readonly value: OutputValue
  /** What is current of each partition. */
  readonly pointers: ReadonlyMap<string | null, Pointer | undefined>
  /** The asset's layout over the manager's own settings. */
  readonly layout: Layout
}

type TableValue = Extract<OutputValue, { readonly kind: "relation" | "batches" }>

/** Writes the data, has it approved, and completes the version. It is not current yet. */
export async function writeVersion(request: WriteRequest): Promise<Version> {
  const { context, folder, value, layout } = request
  const { id, partitions } = context
  const table = value.kind === "relation" || value.kind === "batches" ? value : undefined
  if (table) confirmLayout(layout, table.schema as Schema, folder.key) // core hands on what the dataframe made
  const path = folder.data(id, partitions)
  makeFolder(folder, path)
  faultPoint("io.write")
  const former = table ? formerFiles(request, table) : undefined
  const keys = typeof context.write === "object" ? context.write.merge : undefined
  const written = table && former && keys ? await merged(request, { table, former, keys }) : value
  const result = await writeData(request, written, path)
  const own = ownFiles(request, result, path)
  const files = former && !keys ? await withFormer(request, { own, former, path }) : own
  const stored = writtenValue(
    value,
    files.map(file => join(folder.version(id), file.path)),
  )
  const materialization = await context.approve({ stored, ...(table && { result }) })
  faultPoint("io.marker")
  const applied = appliedWork(request, former !== undefined)
  const version = { materialization, files, schema: table?.schema, applied }
  completeVersion(folder, version, { durable: context.durability === "power" })
  return version
}

function makeFolder(folder: AssetFolder, path: string): void {
  folder.root.confirmInside(path)
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw storageFailure(error, path, "write")
  }
}

function ownFiles({ context, folder, layout }: WriteRequest, { files }: WriteResult, path: string): StoredFile[] {
  const inner = relative(folder.version(context.id), path)
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
function formerFiles(request: WriteRequest, { schema }: TableValue): StoredFile[] | undefined {
  const { context, folder, pointers, layout } = request
  if (context.write === "overwrite") return undefined
  if (context.partitions.length > 1 && !layout.partitionBy?.length) throw severalPartitions(request)
  const found = [...pointers].flatMap(([partition, pointer]) => {
    if (!pointer || !["relation", "batches"].includes(pointer.materialization.kind)) return []
    const version = readVersion(folder, pointer.materialization.id)
    if (!version || !isIntact(folder, version))
      throw dataMissing(folder.key, folder.version(pointer.materialization.id))
    return [filesOfPartition(folder, { version, partition, id: context.id, among: context.partitions.length })]
  })
  return found.length > 0 && schema ? found.flat() : undefined
}

interface FormerPartition {
  readonly version: Version
  readonly partition: string | null
  readonly id: string
  readonly among: number
}

function filesOfPartition(folder: AssetFolder, { version, partition, id, among }: FormerPartition): StoredFile[] {
  const isShared = partitionsOf(version.materialization).length > 1
  const files = isShared ? version.files.filter(file => file.partition === partition) : version.files
  const seen = filesSeenFrom(folder, id, version, files)
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
async function merged({ context, folder }: WriteRequest, { table, former, keys }: Merge): Promise<OutputValue> {
  const schema = table.schema as Schema // core hands on what the dataframe made
  const made =
    table.kind === "relation" ? table.relation : await (await context.session()).upload(table.batches(), schema)
  const paths = former.map(file => join(folder.version(context.id), file.path))
  const before = storedFrame(paths, schema).relation
  // Relations are the dataframe's, too.
  const relation = context.merge?.(before, made) ?? mergeRows(before, made as Relation, keys, schema)
  return { kind: "relation", relation, schema }
}

async function writeData(request: WriteRequest, value: OutputValue, path: string): Promise<WriteResult> {
  const { context, layout } = request
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
        return writeParquetFiles(value.batches(), schema, path, { ...layout, signal, failed })
      }
      // Rows can only be sorted or parted once all are there: the engine holds them, on disk where they are many.
      const session = await context.session()
      const relation = await session.upload(value.batches(), schema)
      return session.write(relation, target, { stepId, signal, layout })
    }
    case "json":
      return writeJson(path, value.value)
    case "nothing":
      return { rows: 0, bytes: 0, files: [], columns: [] }
  }
}

function severalPartitions({ context, folder }: WriteRequest): ConfigError {
  const { key } = folder
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `${key} adds to ${context.partitions.length} partitions with one write, and no file tells whose rows it holds.`,
    why: "What is there is another version for each of them.",
    fix: "Name the column of the partition keys first in layout: { partitionBy: […] }, or write partition by partition.",
    details: { key },
  })
}
