import { constants, copyFileSync, linkSync, mkdirSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Adoption, Materialization } from "@assets/core"
import type { AssetFolder } from "./asset-folder.ts"
import { completeVersion } from "./complete-version.ts"
import { filesOfShare } from "./partition-files.ts"
import { storageFailure } from "./storage-failure.ts"
import { dataMissing } from "./stored-value.ts"
import { filesOf, isIntact, readVersion, type StoredFile, type Version } from "./version.ts"

/** A version under a root, and under which other it is to be complete, too. */
export interface AdoptedPlaces {
  readonly from: AssetFolder
  readonly to: AssetFolder
}

/**
 * Completes a version from that of another root. Its files are the same ones under a second name: links, which outlive
 * the first name. Where the disks differ they are copied; the engine reads no row in either case.
 * @throws StorageError `STORAGE_DATA_MISSING`
 */
export function adoptVersion(
  { from, to }: AdoptedPlaces,
  { materialization, record, applied }: Adoption,
  { durable }: { readonly durable: boolean },
): Materialization {
  const version = readVersion(from, materialization.id)
  if (!version || !isIntact(from, version)) throw dataMissing(from.key, from.version(materialization.id))
  const share = partitionsAdopted(version, record)
  const wanted = new Set(filesOfShare(from, { version, partitions: share }))
  const files: StoredFile[] = []
  const paths = filesOf(from, version)
  for (const [i, file] of version.files.entries()) {
    const source = paths[i] ?? ""
    if (share.length > 0 && !wanted.has(source)) continue
    const path = ownPath(file.path)
    linkFile(source, join(to.version(record.id), path), from.key)
    files.push({
      path,
      rows: file.rows,
      bytes: file.bytes,
      ...(file.partition !== undefined && { partition: file.partition }),
    })
  }
  const partitions = share.length > 0 ? share : [null]
  const added = partitions.map(
    partition => [partition, applied ?? version.applied.get(partition) ?? new Set<string>()] as const,
  )
  const own: Version = {
    materialization: record,
    files,
    schema: version.schema,
    applied: new Map(added.filter(([, work]) => work.size > 0)),
  }
  completeVersion(to, own, { durable })
  return record
}

function partitionsAdopted({ materialization }: Version, { partitions }: Materialization): readonly string[] {
  return materialization.partitions.filter(partition => partitions.includes(partition))
}

/** A file of a former version, which an appended one reads, gets a folder of that version's name. */
function ownPath(path: string): string {
  const segments = path.split(/[/\\]/)
  return join(...(segments[0] === ".." ? segments.slice(1) : segments))
}

function linkFile(source: string, path: string, key: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    linkSync(source, path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException // of the file system
    if (code === "ENOENT") throw dataMissing(key, source)
    // Another disk, a file of another user, more links than the file system gives: the bytes are copied.
    if (!["EXDEV", "EPERM", "EMLINK", "ENOTSUP", "EOPNOTSUPP"].includes(code ?? ""))
      throw storageFailure(error, path, "write")
    copyFile(source, path)
  }
}

function copyFile(source: string, path: string): void {
  try {
    copyFileSync(source, path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
  } catch (error) {
    throw storageFailure(error, path, "write")
  }
}
