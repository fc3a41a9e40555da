import { join } from "node:path"
import type { Schema } from "@assets/dataframe"
import { defaultFileMB } from "@assets/dataframe"
import { storedFrame } from "./stored-value.ts"
import type { StoredFile } from "./version.ts"
import type { WriteRequest } from "./write-version.ts"

/** A version reads at most about this many small files, for each folder of its layout. */
const mostSmallFiles = 32

interface AddedFiles {
  readonly files: readonly StoredFile[]
  /** Folder of the write; merged files go below it. */
  readonly path: string
}

/**
 * Puts the rows of many small files into few when a version has gathered more than readers should open. The same rows are
 * read afterwards; files of former versions stay where they are, for those that read them.
 */
export async function mergeSmallFiles(request: WriteRequest, { files, path }: AddedFiles): Promise<StoredFile[]> {
  const { context, place, value, layout } = request
  if (value.kind !== "relation" && value.kind !== "batches") return [...files]
  const merged = filesToMerge(files, (layout.targetFileMB ?? defaultFileMB) * 1024 * 1024)
  if (merged.length === 0) return [...files]
  const target = place.layout.join(path, "merged")
  await place.makeFolder(target)
  const version = place.layout.version(context.id)
  const { relation } = storedFrame(
    merged.map(file => place.layout.join(version, file.path)),
    value.schema as Schema, // core hands on what the dataframe made
  )
  const { stepId, signal } = context
  const session = await context.session()
  const result = await session.write(
    relation,
    { kind: "files", format: "parquet", path: target },
    { stepId, signal, layout },
  )
  const own = merged.filter(file => !file.path.startsWith(".."))
  for (const file of own) await place.removeFile(place.layout.join(version, file.path))
  const inner = join(place.layout.dataName(context.partitions), "merged")
  const rest = files.filter(file => !merged.includes(file))
  return [...rest, ...result.files.map(file => ({ ...file, path: join(inner, file.path) }))]
}

/**
 * The smallest files, up to one that is larger than half of all before it together: so a row is written again only when its file
 * has grown to a multiple, and not with every merge.
 */
export function filesToMerge(files: readonly StoredFile[], targetBytes: number): readonly StoredFile[] {
  const small = files.filter(file => file.bytes < targetBytes / 2).toSorted((a, b) => a.bytes - b.bytes)
  const folders = new Set(small.map(file => folderOf(file.path))).size
  if (small.length <= mostSmallFiles * folders) return []
  let count = 0
  let bytes = 0
  for (const file of small) {
    if (count > mostSmallFiles / 2 && file.bytes > bytes / 2) break
    bytes += file.bytes
    count++
  }
  return small.slice(0, count)
}

/** The folder of the layout that a file lies in, whichever version it is of. */
function folderOf(path: string): string {
  const segments = path.split(/[/\\]/)
  const own = segments[0] === ".." ? segments.slice(2) : segments
  return own
    .filter(segment => segment !== "merged")
    .slice(0, -1)
    .join("/")
}
