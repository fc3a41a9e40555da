import { posix } from "node:path"
import type { Layout } from "@assets/core"
import { defaultFileMB } from "@assets/dataframe"
import type { FileFooter } from "./file-footer.ts"
import type { FileFormat } from "./file-format.ts"
import { quoteName } from "./spark-sql-text.ts"
import type { WrittenFolder, WrittenPart } from "./written-folder.ts"

const { dirname, join } = posix // paths below a folder are the same for objects

/** A file of a write, with what its footer says. */
export interface MeasuredPart extends WrittenPart {
  readonly footer: FileFooter
}

/** What a write offers to write some of its files again. */
export interface Rewriting {
  /** The folder of the write. */
  readonly folder: WrittenFolder
  readonly format: FileFormat
  readonly layout: Layout
  /** A SELECT of the rows of files. */
  read(paths: readonly string[]): Promise<string>
  /** Writes a SELECT into a new folder below that of the write, with as many rows in each file at most. */
  write(sql: string, below: string, rowsPerFile: number): Promise<readonly WrittenPart[]>
}

/** The files of a write: those that stay as they are, and those in the place of others. */
export interface Resized {
  readonly kept: readonly MeasuredPart[]
  readonly added: readonly WrittenPart[]
}

/** Where the layout names no size, as many small files are left in a folder: to write them again costs more than to read them. */
const mostSmallFiles = 32
/** A file may be larger than wanted by this much before it is parted. */
const tolerance = 1.5

/**
 * Writes those files again that are far from the wanted size, folder by folder: small ones together, large ones in parts.
 * Spark's tasks are cut by what they read, and nothing is known of what they write before they have written.
 */
export async function resizeFiles(parts: readonly MeasuredPart[], rewriting: Rewriting): Promise<Resized> {
  const kept: MeasuredPart[] = []
  const added: WrittenPart[] = []
  for (const [folder, inFolder] of byFolder(parts)) {
    const chosen = partsToResize(inFolder, rewriting.layout)
    kept.push(...inFolder.filter(part => !chosen.includes(part)))
    if (chosen.length > 0) added.push(...(await rewrite(folder, chosen, rewriting)))
  }
  return { kept, added }
}

function byFolder(parts: readonly MeasuredPart[]): Map<string, MeasuredPart[]> {
  const folders = new Map<string, MeasuredPart[]>()
  for (const part of parts) {
    const folder = dirname(part.path)
    folders.set(folder, [...(folders.get(folder) ?? []), part])
  }
  return folders
}

/** The files that are written again. Sorted ones are not put together: each holds a range of its own. */
export function partsToResize<P extends Pick<WrittenPart, "bytes">>(parts: readonly P[], layout: Layout): readonly P[] {
  const target = targetBytes(layout)
  const small = parts.filter(part => part.bytes < target / 2)
  const isWorth = small.length > (layout.targetFileMB === undefined ? mostSmallFiles : 1)
  const joined = isWorth && !layout.sortBy?.length ? small : []
  const large = layout.targetFileMB === undefined ? [] : parts.filter(part => part.bytes > tolerance * target)
  return [...joined, ...large]
}

function targetBytes({ targetFileMB = defaultFileMB }: Layout): number {
  return targetFileMB * 1024 * 1024
}

async function rewrite(
  folder: string,
  parts: readonly MeasuredPart[],
  rewriting: Rewriting,
): Promise<readonly WrittenPart[]> {
  const { layout } = rewriting
  const sum = (of: (part: MeasuredPart) => number) => parts.reduce((total, part) => total + of(part), 0)
  const files = Math.max(1, Math.round(sum(part => part.bytes) / targetBytes(layout)))
  // Of tasks that are not alike, a larger one is not to leave a small file behind.
  const rows = Math.max(1, Math.ceil((1.25 * sum(part => part.footer.rows)) / files))
  const read = await rewriting.read(parts.map(part => rewriting.folder.pathOf(part.path)))
  // Sorted again: a task reads the parts of a file in any order.
  const keys = (layout.sortBy ?? []).map(name => `${quoteName(name)} ASC NULLS FIRST`)
  const tasks = `SELECT /*+ COALESCE(${keys.length > 0 ? 1 : files}) */ * FROM (${read})`
  const sql = keys.length > 0 ? `SELECT * FROM (${tasks}) SORT BY ${keys.join(", ")}` : tasks
  const written = await rewriting.write(sql, join(folder, "resized"), rows)
  const moves = written.map((from, i) => ({
    from,
    to: join(folder, `part-${String(i).padStart(5, "0")}-resized.${rewriting.format}`),
  }))
  const moved = await rewriting.folder.rename(moves)
  await rewriting.folder.remove(parts)
  return moved
}
