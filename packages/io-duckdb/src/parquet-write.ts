import { createHash } from "node:crypto"
import { mkdir, readdir, rm } from "node:fs/promises"
import { join, relative } from "node:path"
import {
  isObjectUrl,
  joinObjectUrl,
  type Layout,
  relativeObjectUrl,
  type Target,
  type WriteResult,
  type WrittenFile,
} from "@assets/core"
import { type DataType, defaultFileMB, type Schema } from "@assets/dataframe"
import type { DuckDBMapValue, DuckDBMaterializedResult, DuckDBValue } from "@duckdb/node-api"
import { type FileStatistics, mergeStatistics } from "./column-statistics.ts"
import type { Lease } from "./connection-pool.ts"
import { emptySelect } from "./duckdb-types.ts"
import { quoteName, quoteText } from "./sql-text.ts"

/** Names of folders may have 255 bytes. */
const longestName = 200

/** What is written: a SELECT, the columns that it gives, and whether the order of its rows is to be kept. */
export interface WriteSource {
  readonly sql: string
  readonly schema: Schema
  readonly ordered: boolean
}

interface CopiedFile extends WrittenFile {
  readonly statistics: FileStatistics
}

/**
 * Runs a SELECT into Parquet files and tells what the write itself saw.
 *
 * Rows whose order matters go into one file, since DuckDB deals the rows of several files out among its threads;
 * others into files of about the wanted size, which is also the quickest form.
 */
export async function writeParquet(
  lease: Lease,
  source: WriteSource,
  target: Target,
  layout: Layout = {},
): Promise<WriteResult> {
  const sorted = layout.sortBy?.length ? sortedSelect(source, layout.sortBy) : source.sql
  const partitionBy = layout.partitionBy ?? []
  let files: CopiedFile[]
  if (partitionBy.length === 0) {
    const whole = source.ordered || layout.sortBy?.length
    files = await copy(lease, sorted, target, whole ? "part-0.parquet" : "", [
      ...compression(layout),
      ...(whole ? [] : [`FILE_SIZE_BYTES '${layout.targetFileMB ?? defaultFileMB}MB'`, "FILENAME_PATTERN 'part-{i}'"]),
    ])
  } else if (layout.sortBy?.length) {
    files = await copyEachPartition(lease, source, target, layout)
  } else {
    files = await copyPartitions(lease, source, target, layout)
  }
  if (files.length === 0) {
    files = await copy(lease, emptySelect(source.schema), target, "part-0.parquet", compression(layout))
  }
  return {
    rows: files.reduce((sum, file) => sum + file.rows, 0),
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    files: files.map(({ path, rows, bytes }) => ({ path, rows, bytes })),
    columns: mergeStatistics(
      source.schema,
      files.map(file => file.statistics),
    ),
  }
}

function compression(layout: Layout): string[] {
  const codec = layout.compression ?? "zstd"
  return [`COMPRESSION ${codec === "none" ? "uncompressed" : codec}`]
}

/** The columns stay in the files too, so that a reader takes no type and no null from the text of a path. */
function partitioning(columns: readonly string[]): string[] {
  return [
    `PARTITION_BY (${columns.map(quoteName).join(", ")})`,
    "WRITE_PARTITION_COLUMNS true",
    "FILENAME_PATTERN 'part-{i}'",
  ]
}

/** A SELECT in the order of some columns. */
export function sortedSelect(source: WriteSource, sortBy: readonly string[]): string {
  const types = new Map(source.schema.columns.map(column => [column.name.toLowerCase(), column.type]))
  const keys = sortBy.map(name => `${sortKey(name, types.get(name.toLowerCase()))} ASC NULLS FIRST`)
  return `SELECT * FROM (${source.sql}) AS "unsorted" ORDER BY ${keys.join(", ")}`
}

/** DuckDB gives a sorted float back from its key, which has lost the sign of zero: the key is another expression. */
function sortKey(name: string, type: DataType | undefined): string {
  if (type?.kind === "float64") return `${quoteName(name)} + CAST(0 AS DOUBLE)`
  if (type?.kind === "float32") return `${quoteName(name)} + CAST(0 AS FLOAT)`
  return quoteName(name)
}

/** Writes all partitions at once; where a value is longer than the name of a folder may be, each by itself. */
async function copyPartitions(
  lease: Lease,
  source: WriteSource,
  target: Target,
  layout: Layout,
): Promise<CopiedFile[]> {
  try {
    return await copy(lease, source.sql, target, "", [
      ...compression(layout),
      ...partitioning(layout.partitionBy ?? []),
    ])
  } catch (error) {
    const { cause = error } = error as Error // of DuckDB, under the name that this product has for it
    if (!/File name too long/i.test(String(cause))) throw error
    for (const name of await readdir(target.path)) await rm(join(target.path, name), { recursive: true, force: true })
    return copyEachPartition(lease, source, target, layout)
  }
}

/**
 * Writes each partition by itself from a staged table: a partitioned COPY deals the rows of a sorted query out among its
 * threads, so that no file of it would be in order.
 */
async function copyEachPartition(
  lease: Lease,
  source: WriteSource,
  target: Target,
  layout: Layout,
): Promise<CopiedFile[]> {
  const { partitionBy = [], sortBy = [] } = layout
  const columns = partitionBy.map(quoteName)
  const same = columns.map(column => `s.${column} IS NOT DISTINCT FROM k.${column}`).join(" AND ")
  try {
    await lease.run(`CREATE OR REPLACE TEMP TABLE "staged" AS ${source.sql}`)
    await lease.run(
      `CREATE OR REPLACE TEMP TABLE "staged_keys" AS SELECT *, row_number() OVER () AS "staged number" FROM (SELECT DISTINCT ${columns.join(", ")} FROM "staged")`,
    )
    const texts = columns.map(column => `CAST(${column} AS VARCHAR) AS ${column}`).join(", ")
    const keys = await lease.rows(`SELECT ${texts} FROM "staged_keys" ORDER BY "staged number"`)
    const files: CopiedFile[] = []
    for (const [i, key] of keys.entries()) {
      const sql = `SELECT s.* FROM "staged" AS s JOIN "staged_keys" AS k ON ${same} WHERE k."staged number" = ${i + 1}`
      const folder = join(...partitionBy.map(name => partitionFolder(name, key[name])))
      if (!isObjectUrl(target.path)) await mkdir(join(target.path, folder), { recursive: true })
      const sorted = sortBy.length > 0 ? sortedSelect({ ...source, sql }, sortBy) : sql
      // Two values may have a folder of one name: null, and the text that stands for it.
      files.push(...(await copy(lease, sorted, target, join(folder, `part-${i}.parquet`), compression(layout))))
    }
    return files
  } finally {
    await lease.run(`DROP TABLE IF EXISTS "staged"`)
    await lease.run(`DROP TABLE IF EXISTS "staged_keys"`)
  }
}

/** `name=value` as DuckDB and Spark write it, with nothing in it that a path or a glob would read. */
function partitionFolder(name: string, value: unknown): string {
  const folder = `${encoded(name)}=${value === null ? "__HIVE_DEFAULT_PARTITION__" : encoded(String(value))}`
  if (folder.length <= longestName) return folder
  return `${folder.slice(0, longestName - 20)}~${createHash("sha256").update(folder).digest("hex").slice(0, 16)}`
}

function encoded(text: string): string {
  const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  return encodeURIComponent(text).replace(/[!'()*]/g, percent)
}

async function copy(
  lease: Lease,
  select: string,
  target: Target,
  file: string,
  options: readonly string[],
): Promise<CopiedFile[]> {
  const to = quoteText(file ? below(target.path, file) : target.path)
  const sql = `COPY (${select}) TO ${to} (${["FORMAT parquet", "RETURN_STATS", ...options].join(", ")})`
  return copiedFiles(await lease.run(sql, { target: target.path }), target.path)
}

function below(folder: string, name: string): string {
  return isObjectUrl(folder) ? joinObjectUrl(folder, name) : join(folder, name)
}

function pathBelow(folder: string, path: string): string {
  return isObjectUrl(folder) ? relativeObjectUrl(folder, path) : relative(folder, path)
}

/** Reads the rows of `RETURN_STATS`: one for each file. */
function copiedFiles(result: DuckDBMaterializedResult, folder: string): Promise<CopiedFile[]> {
  return result.getRowObjects().then(rows =>
    rows.map(row => ({
      path: pathBelow(folder, String(row.filename)),
      rows: Number(row.count),
      bytes: Number(row.file_size_bytes),
      statistics: statisticsOf(row.column_statistics),
    })),
  )
}

/** DuckDB gives MAP(column → MAP(name → text)), the names of columns between double quotes. */
function statisticsOf(value: DuckDBValue | undefined): FileStatistics {
  const columns = value as DuckDBMapValue // what RETURN_STATS documents
  return new Map(
    columns.entries.map(({ key, value }) => [
      String(key).slice(1, -1).replaceAll('""', '"'),
      new Map((value as DuckDBMapValue).entries.map(entry => [String(entry.key), String(entry.value)])),
    ]),
  )
}
