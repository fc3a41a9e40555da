import { statSync } from "node:fs"
import { join } from "node:path"
import { syncToDisk, type WrittenFile } from "@assets/core"
import type { AddFile, RemoveFile } from "./delta-action.ts"
import { partitionColumn } from "./delta-schema.ts"
import type { DeltaTable } from "./delta-table.ts"

/** The lines of a commit that add the files of one write. */
export function addedFiles(
  table: DeltaTable,
  folder: string,
  files: readonly WrittenFile[],
  partition: string | null,
): AddFile[] {
  const modificationTime = Date.now()
  return files.map(({ path, rows, bytes }) => ({
    path: table.fileName(join(folder, path)),
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

/** Whether files are on the disk as the log has them. */
export function areThere(table: DeltaTable, files: readonly AddFile[]): boolean {
  return files.every(({ path, size }) => statSync(table.filePath(path), { throwIfNoEntry: false })?.size === size)
}

/** Waits until the files of a write, and their names, are on the disk. */
export function syncWrite(folder: string, files: readonly WrittenFile[]): void {
  const folders = new Set([folder])
  for (const { path } of files) {
    syncToDisk(join(folder, path))
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1))
      folders.add(join(folder, path.slice(0, at)))
  }
  for (const one of folders) syncToDisk(one)
  syncToDisk(join(folder, ".."))
}
