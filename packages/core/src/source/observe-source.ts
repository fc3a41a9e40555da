import { isAbsolute, relative, resolve } from "node:path"
import type { Source } from "../asset/source.ts"
import { AssetsError, StorageError } from "../errors/assets-error.ts"
import { isObjectUrl } from "../object-store/object-url.ts"
import { objectStore } from "../object-store/s3-store.ts"
import { digestOf } from "../util/canonical-json.ts"
import { mapAtOnce } from "../util/map-at-once.ts"
import { findFiles } from "./find-files.ts"
import { findObjects } from "./find-objects.ts"
import { type FileHashCache, fileState, hashFile } from "./hash-file.ts"

/** What a source holds at a moment. */
export interface ObservedSource {
  readonly dataVersion: string
  /** Absolute paths, or URLs that only the engine reads. */
  readonly files: readonly string[]
}

export interface ObserveOptions {
  /** Folder or URL against which the source's paths resolve. */
  readonly root: string
  readonly cache: FileHashCache
  readonly nowMs: number
  /** Megabytes above which a file is told by size, mtime and inode. Default 256. */
  readonly hashLimitMB?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const HASH_LIMIT_MB = 256

/**
 * Finds the files of a source and gives its data version: SHA-256 over the reader's kind, its options, the schema, and
 * the relative path and content of each file. Objects of a store are told by their etags. Other URLs are told by their text
 * alone: what they hold is not looked at.
 *
 * @throws StorageError `SOURCE_FILE_MISSING`, `STORAGE_UNREADABLE`
 */
export async function observeSource(source: Source, options: ObserveOptions): Promise<ObservedSource> {
  const { reader } = source
  if (!reader) return { dataVersion: digestOf(["unobserved", source.key]), files: [] }
  const found: FoundFile[] = []
  for (const path of reader.paths) found.push(...(await filesOf(source, path, options.root)))
  const contents = await mapAtOnce(
    found,
    async ({ path, name, etag }) =>
      [name, etag ?? (isUrl(path) ? path : await contentOf(source, path, options))] as const,
    { atOnce: 8 },
  )
  contents.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  const about = { kind: reader.kind, options: reader.describe(), schema: reader.returns.describe() }
  return { dataVersion: digestOf({ ...about, files: contents }), files: found.map(({ path }) => path) }
}

interface FoundFile {
  readonly path: string
  readonly name: string
  /** Of an object. */
  readonly etag?: string
}

async function filesOf(source: Source, path: string, root: string): Promise<FoundFile[]> {
  const url = isUrl(path) ? path : isUrl(root) && !isAbsolute(path) ? `${root.replace(/\/+$/, "")}/${path}` : undefined
  if (url !== undefined && isObjectUrl(url)) {
    const objects = await findObjects(objectStore(), url)
    if (objects.length === 0) throw noFile(source, url)
    const place = url === path ? "" : `${root.replace(/\/+$/, "")}/`
    return objects.map(object => ({ path: object.url, name: object.url.slice(place.length), etag: object.etag }))
  }
  if (url !== undefined) return [{ path: url, name: path }]
  const files = await findFiles(resolve(root, path)).catch(error => {
    throw unreadable(source, path, error)
  })
  if (files.length > 0) return files.map(file => ({ path: file, name: isAbsolute(path) ? file : relative(root, file) }))
  throw noFile(source, resolve(root, path))
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
