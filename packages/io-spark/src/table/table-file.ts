import { mapAtOnce, type WrittenFile } from "@assets/core"
import type { TablePlace } from "./table-place.ts"

/** A file of rows, as a table's log has it. */
export interface TableFile {
  /** Absolute, or a URL. */
  readonly path: string
  readonly bytes: number
  readonly rows: number
  /** Whether rows of it are marked as deleted elsewhere. */
  readonly hasDeletions?: boolean
}

/** The files of one write. */
export function filesOfWrite(place: TablePlace, folder: string, files: readonly WrittenFile[]): TableFile[] {
  return files.map(({ path, rows, bytes }) => ({ path: place.join(folder, path), bytes, rows }))
}

/** Whether files are there as the log has them. */
export async function areThere(place: TablePlace, files: readonly TableFile[]): Promise<boolean> {
  const isThere = async ({ path, bytes }: TableFile) => (await place.bytesOf(path)) === bytes
  return !(await mapAtOnce(files, isThere)).includes(false)
}
