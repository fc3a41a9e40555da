import { createHash } from "node:crypto"
import { type Layout, mapAtOnce, type WriteResult } from "@assets/core"
import type { Schema } from "@assets/dataframe"
import { mergeFooters } from "./column-statistics.ts"
import { type FileFormat, type FileTarget, fileFormats } from "./file-format.ts"
import { type MeasuredPart, resizeFiles } from "./resize-files.ts"
import { emptySelect, quoteName } from "./spark-sql-text.ts"
import { type WrittenFolder, type WrittenPart, writtenFolder } from "./written-folder.ts"

/** What is written: a SELECT, and the columns that it gives. */
export interface WriteSource {
  readonly sql: string
  readonly schema: Schema
}

/** One write operation of Spark: a select into a folder that must not be there. */
export interface FileWrite {
  readonly sql: string
  readonly format: FileFormat
  readonly path: string
  readonly partitionBy: readonly string[]
  readonly options: { readonly [option: string]: string }
}

/** What a session does for a write. */
export interface FileWriter {
  run(write: FileWrite): Promise<void>
  /** A SELECT of the rows of files that were written before, of the columns of the source. */
  read(paths: readonly string[]): Promise<string>
}

/**
 * Runs a SELECT into files and tells what their footers say.
 *
 * Spark writes only where nothing is: of two writers of one folder the second fails.
 */
export async function writeFiles(
  source: WriteSource,
  { format, path }: FileTarget,
  layout: Layout,
  { run, read }: FileWriter,
): Promise<WriteResult> {
  const { partitionBy = [] } = layout
  const options = {
    compression: fileFormats[format].codecs[layout.compression ?? "zstd"],
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
  }
  const write = (sql: string, folders: readonly string[]) => run({ sql, format, path, partitionBy: folders, options })
  const folder = writtenFolder(path, format)
  await folder.prepare()
  await write(
    selectOf({ ...source, sql: fileFormats[format].held(source.sql, source.schema) }, layout),
    partitionBy.map((_, i) => folderColumn(i)),
  )
  let written = await folder.parts()
  if (written.length === 0) {
    // Of no rows a partitioned write makes no file.
    await folder.clear()
    await write(emptySelect(source.schema), [])
    written = await folder.parts()
  }
  const measured = (found: readonly WrittenPart[]) => measuredParts(found, format, source.schema)
  const parts = await measured(await nameFolders(folder, written, partitionBy))
  const resized = await resizeFiles(parts, {
    folder,
    format,
    layout,
    read,
    write: async (sql, below, rowsPerFile) => {
      const most = { ...options, maxRecordsPerFile: String(rowsPerFile) }
      await run({ sql, format, path: folder.pathOf(below), partitionBy: [], options: most })
      return folder.parts(below)
    },
  })
  return resultOf(source.schema, [...resized.kept, ...(await measured(resized.added))])
}

/** Sorted within each file, which Spark makes of rows that belong together. */
function selectOf({ sql }: WriteSource, { partitionBy = [], sortBy = [] }: Layout): string {
  const keys = sortBy.map(name => `${quoteName(name)} ASC NULLS FIRST`)
  if (partitionBy.length === 0) return keys.length === 0 ? sql : `SELECT * FROM (${sql}) ORDER BY ${keys.join(", ")}`
  const folders = partitionBy.map((name, i) => `${folderText(name)} AS ${quoteName(folderColumn(i))}`)
  const by = partitionBy.map((_, i) => quoteName(folderColumn(i)))
  const rows = `SELECT *, ${folders.join(", ")} FROM (${sql})`
  // Spark sorts again, by the columns of the folders alone, what is not sorted by them first.
  return `SELECT * FROM (${rows}) DISTRIBUTE BY ${by.join(", ")} SORT BY ${[...by, ...keys].join(", ")}`
}

/**
 * Spark takes the columns of folders out of the files. Theirs are copies under other names, so that a reader takes no
 * type and no null from the text of a path.
 */
function folderColumn(i: number): string {
  return `column of folder ${i + 1}`
}

/**
 * The text of a value in the name of its folder: never null, which Spark would sort once more by, and short enough for a
 * name of a file when each of its bytes is escaped.
 */
function folderText(name: string): string {
  const text = `CAST(${quoteName(name)} AS STRING)`
  const short = `IF(octet_length(${text}) > 48, concat(left(${text}, 8), '~', left(sha2(${text}, 256), 16)), ${text})`
  return `coalesce(nullif(${short}, ''), '__HIVE_DEFAULT_PARTITION__')`
}

/** Gives the folders the names of their columns. */
async function nameFolders(
  folder: WrittenFolder,
  parts: readonly WrittenPart[],
  names: readonly string[],
): Promise<readonly WrittenPart[]> {
  if (names.length === 0) return parts
  const nameOf = (segment: string, depth: number) => {
    const prefix = `${folderColumn(depth)}=`
    const name = names[depth]
    return name !== undefined && segment.startsWith(prefix)
      ? `${folderName(name)}=${segment.slice(prefix.length)}`
      : segment
  }
  const moves = parts.map(from => ({ from, to: from.path.split("/").map(nameOf).join("/") }))
  const moved = await folder.rename(moves.filter(({ from, to }) => from.path !== to))
  return [...moves.flatMap(({ from, to }) => (from.path === to ? [from] : [])), ...moved]
}

/** A name of a folder may have 255 bytes, with the value. */
function folderName(column: string): string {
  const name = escaped(column)
  if (Buffer.byteLength(name) <= 100) return name
  return `${[...column].slice(0, 8).map(escaped).join("")}~${createHash("sha256").update(column).digest("hex").slice(0, 16)}`
}

/** As Hive writes a name of a folder. */
function escaped(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
  return name.replace(/[\u0001-\u001f"#%'*/:=?\\\u007f{}[\]^]/g, character => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`
  })
}

/** What the footers of files say. */
async function measuredParts(
  parts: readonly WrittenPart[],
  format: FileFormat,
  schema: Schema,
): Promise<MeasuredPart[]> {
  const { readFooter } = fileFormats[format]
  return mapAtOnce(parts, async part => ({ ...part, footer: await readFooter(part, schema) }), { atOnce: 16 })
}

function resultOf(schema: Schema, parts: readonly MeasuredPart[]): WriteResult {
  const found = [...parts].sort((a, b) => (a.path < b.path ? -1 : 1))
  return {
    rows: found.reduce((sum, { footer }) => sum + footer.rows, 0),
    bytes: found.reduce((sum, { bytes }) => sum + bytes, 0),
    files: found.map(({ path, footer, bytes }) => ({ path, rows: footer.rows, bytes })),
    columns: mergeFooters(
      schema,
      found.map(({ footer }) => footer),
    ),
  }
}
