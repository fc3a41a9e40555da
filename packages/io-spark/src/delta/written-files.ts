import { mapAtOnce, type WrittenFile } from "@assets/core"
import type { AddFile, RemoveFile } from "./delta-action.ts"
import { partitionColumn } from "./delta-schema.ts"
import type { DeltaTable } from "./delta-table.ts"

/** The lines of a commit that add the files of one write. */
export function addedFiles(id: string, files: readonly WrittenFile[], partition: string | null): AddFile[] {
  const modificationTime = Date.now()
  return files.map(({ path, rows, bytes }) => ({
    path: [id, ...path.split("/")].map(encodeURIComponent).join("/"),
    partitionValues: partition === null ? {} : { [partitionColumn]: partition },
    size: bytes,
    modificationTime,
    dataChange: true,
    stats: JSON.stringify({ numRecords: rows }),
  }))
}

/** The line of a commit that removes a file. */
export function removal({ path, partitionValues, size, deletionVector }: AddFile): RemoveFile {
  const dated = { deletionTimestamp: Date.now(), dataChange: true, extendedFileMetadata: true }
  return { path, ...dated, partitionValues, size, ...(deletionVector && { deletionVector }) }
}

/** Whether files are there as the log has them. */
export async function areThere(table: DeltaTable, files: readonly AddFile[]): Promise<boolean> {
  const isThere = async ({ path, size }: AddFile) => (await table.place.bytesOf(table.filePath(path))) === size
  return !(await mapAtOnce(files, isThere)).includes(false)
}
