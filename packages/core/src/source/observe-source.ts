import { isAbsolute, relative, resolve } from "node:path"
import type { Source, SourceReader } from "../asset/source.ts"
import { AssetsError, StorageError } from "../errors/assets-error.ts"
import { objectStoreAt } from "../object-store/object-store-at.ts"
import { isBucketUrl } from "../object-store/object-url.ts"
import { digestOf } from "../util/canonical-json.ts"
import type { Json } from "../util/json.ts"
import { mapAtOnce } from "../util/map-at-once.ts"
import { findVersion, logFolder } from "./delta-log.ts"
import { findFiles } from "./find-files.ts"
import { type FoundObjects, findObjects } from "./find-objects.ts"
import { type FileHashCache, fileState, hashFile } from "./hash-file.ts"
import { formatOfFolder, formatOfPlace, type TableFormat, tableAround } from "./table-folder.ts"

/** What a source holds at a moment. */
export interface ObservedSource {
  readonly dataVersion: string
  /** Absolute paths, or URLs that only the engine reads. */
  readonly files: readonly string[]
  /** Of a table that keeps its versions: the one that is to be read, whatever is added meanwhile. */
  readonly version?: number
}

export interface ObserveOptions {
  /** Folder or URL against which the source's paths resolve. */
  readonly root: string
  readonly cache: FileHashCache
  readonly nowMs: number
  /** Megabytes above which a file is told by size, mtime and inode. Default 256. */
  readonly hashLimitMB?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** The version of a table to look at. Default: the newest. */
  readonly version?: number | undefined
}

const HASH_LIMIT_MB = 256

/**
 * Finds the files of a source and gives its data version: SHA-256 over the reader's kind, its options, the schema, and
 * the relative path and content of each file. Objects of a store are told by their etags. Other URLs are told by their text
 * alone: what they hold is not looked at. A Delta table is told by its version.
 *
 * @throws StorageError `SOURCE_FILE_MISSING`, `SOURCE_DATA_INVALID`, `STORAGE_UNREADABLE`
 */
export async function observeSource(source: Source, options: ObserveOptions): Promise<ObservedSource> {
  const { reader } = source
  if (!reader) return { dataVersion: digestOf(["unobserved", source.key]), files: [] }
  if (reader.kind === "delta") return observeTable(source, reader, options)
  const found: FoundFile[] = []
  for (const path of reader.paths) found.push(...(await filesOf(source, path, options.root)))
  const contents = await mapAtOnce(
    found,
    async ({ path, name, etag }) =>
      [name, etag ?? (isUrl(path) ? path : await contentOf(source, path, options))] as const,
    { atOnce: 8 },
  )
  contents.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return { dataVersion: digestOf({ ...about(reader), files: contents }), files: found.map(({ path }) => path) }
}

function about(reader: SourceReader): { readonly [name: string]: Json } {
  return { kind: reader.kind, options: reader.describe(), schema: reader.returns.describe() }
}

async function observeTable(source: Source, reader: SourceReader, options: ObserveOptions): Promise<ObservedSource> {
  const [path = ""] = reader.paths
  const url = urlOf(path, options.root)
  // What only the engine reaches is read by it as it is then.
  if (url !== undefined && !isBucketUrl(url)) {
    return { dataVersion: digestOf({ ...about(reader), table: path }), files: [url] }
  }
  const place = (url ?? resolve(options.root, path)).replace(/\/+$/, "")
  const found = await findVersion(place, options.version).catch(error => {
    throw error instanceof AssetsError ? error : unreadable(source, path, error)
  })
  if (!found) throw noTable(source, place)
  const commit = found.etag ?? (await contentOf(source, found.path, options))
  const dataVersion = digestOf({ ...about(reader), table: { version: found.number, commit } })
  return { dataVersion, files: [place], version: found.number }
}

/** What a path names that is no file of this machine's disks. */
function urlOf(path: string, root: string): string | undefined {
  if (isUrl(path)) return path
  return isUrl(root) && !isAbsolute(path) ? `${root.replace(/\/+$/, "")}/${path}` : undefined
}

interface FoundFile {
  readonly path: string
  readonly name: string
  /** Of an object. */
  readonly etag?: string
}

async function filesOf(source: Source, path: string, root: string): Promise<FoundFile[]> {
  const url = urlOf(path, root)
  if (url !== undefined && isBucketUrl(url)) {
    const found = await findObjects(objectStoreAt(url), url)
    const { objects } = found
    if (objects.length === 0) throw noFile(source, url)
    const urls = objects.map(object => object.url)
    await refuseTable(source, urls, place => formatAmong(found, place))
    const place = url === path ? "" : `${root.replace(/\/+$/, "")}/`
    return objects.map(object => ({ path: object.url, name: object.url.slice(place.length), etag: object.etag }))
  }
  if (url !== undefined) return [{ path: url, name: path }]
  const files = await findFiles(resolve(root, path)).catch(error => {
    throw unreadable(source, path, error)
  })
  if (files.length === 0) throw noFile(source, resolve(root, path))
  await refuseTable(source, files, formatOfFolder)
  return files.map(file => ({ path: file, name: isAbsolute(path) ? file : relative(root, file) }))
}

/** A place that was not seen as a whole is asked for; who may not list it reads what is named. */
async function formatAmong({ seen, tables }: FoundObjects, place: string): Promise<TableFormat | undefined> {
  if (seen !== undefined && (place === seen || place.startsWith(`${seen}/`))) return tables.get(place)
  return formatOfPlace(objectStoreAt(place), place)
}

/** Files that lie in the folder of a table are not all rows of it: some hold what was deleted or replaced. */
async function refuseTable(
  { key, reader }: Source,
  files: readonly string[],
  formatOf: (folder: string) => Promise<TableFormat | undefined>,
): Promise<void> {
  if (reader?.kind !== "parquet" && reader?.kind !== "orc") return
  const table = await tableAround(files, formatOf)
  if (!table) return
  const { path, format } = table
  throw new StorageError("SOURCE_DATA_INVALID", {
    what: `The source '${key}' reads files out of the ${format} table at ${path}.`,
    why: "Its folder also holds rows that were deleted or replaced: which files are of the table, its log alone tells.",
    fix: fixOfTable[format](key, path),
    details: { key, path, format },
  })
}

const fixOfTable: { readonly [format in TableFormat]: (key: string, path: string) => string } = {
  Delta: (key, path) => `Declare it as the table: source('${key}', deltaTable('${path}', { … })).`,
  Iceberg: () => "Write the table's rows to a folder of Parquet files, by Spark with Iceberg's jar, and name that one.",
  Assets: () => "Make the asset whose table it is a dependency; or name a file that `assets export` has made of it.",
}

function noTable(source: Source, place: string): StorageError {
  return new StorageError("SOURCE_FILE_MISSING", {
    what: `The source '${source.key}' has no Delta table.`,
    why: `There is no log of one at ${place}/${logFolder}.`,
    fix: "Put the table there, or correct the path in deltaTable(); relative paths start at 'sources' of the environment.",
    details: { key: source.key, path: place },
  })
}

function noFile(source: Source, path: string): StorageError {
  return new StorageError("SOURCE_FILE_MISSING", {
    what: `The source '${source.key}' has no file.`,
    why: `Nothing matches ${path}.`,
    fix: "Put the file there, or correct the path in source(); relative paths start at 'sources' of the environment.",
    details: { key: source.key, path },
  })
}

async function contentOf(source: Source, path: string, options: ObserveOptions): Promise<string> {
  const { cache, nowMs, signal, hashLimitMB = HASH_LIMIT_MB } = options
  try {
    return await hashFile(await fileState(path), cache, { limitBytes: hashLimitMB * 2 ** 20, nowMs, signal })
  } catch (error) {
    // The cache of hashes lies in the event log: its errors are its own.
    if (signal?.aborted || error instanceof AssetsError) throw error
    throw unreadable(source, path, error)
  }
}

function unreadable(source: Source, path: string, error: unknown): StorageError {
  return new StorageError("STORAGE_UNREADABLE", {
    what: `A file of the source '${source.key}' cannot be read: ${path}.`,
    why: error instanceof Error ? error.message : String(error),
    fix: "Make the file readable for this user, and run again.",
    details: { key: source.key, path },
    cause: error,
  })
}

function isUrl(path: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(path)
}
