import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { isMissingFile, type Materialization, syncToDisk } from "@assets/core"
import { packApplied, unpackApplied } from "./applied-work.ts"
import type { AssetFolder } from "./asset-folder.ts"
import { isRecord, readJsonFile, replaceFile } from "./json-file.ts"
import { isVersionId } from "./parquet-layout.ts"
import { storageFailure } from "./storage-failure.ts"
import { isMaterialization } from "./version.ts"

const format = 1

/** What is current for one partition, or for all of an asset without partitions. */
export interface Pointer {
  readonly partition: string | null
  /** The record without what only the version's own marker needs to say; enough to tell what is gone when that is. */
  readonly materialization: Materialization
  /** The current version's id, then those of former ones that are still kept, newest first. */
  readonly versions: readonly string[]
  /** Fingerprints of the appends and merges whose rows the data holds. */
  readonly applied: ReadonlySet<string>
}

/** A pointer as it is kept. */
export function packPointer(pointer: Pointer): object {
  const { partition, versions, applied } = pointer
  const { columns, checks, metadata, usage, ...record } = pointer.materialization
  const { id, fingerprint, dataVersion } = record
  const materialization = { ...record, partitions: partition === null ? [] : [partition] }
  const added = applied.size > 0 && { applied: packApplied(applied) }
  return { format, id, fingerprint, dataVersion, partition, versions, ...added, materialization }
}

/** The text of a pointer. */
export function pointerText(pointer: Pointer): string {
  return `${JSON.stringify(packPointer(pointer))}\n`
}

/** Undefined when the value is not what `packPointer` gives. */
export function unpackPointer(value: unknown): Pointer | undefined {
  if (!isRecord(value) || value.format !== format || !isMaterialization(value.materialization)) return undefined
  const { partition, versions, materialization } = value
  if (partition !== null && typeof partition !== "string") return undefined
  if (!Array.isArray(versions) || !versions.every(isVersionId) || versions[0] !== materialization.id) return undefined
  const applied = unpackApplied(value.applied)
  return applied && { partition, materialization, versions, applied }
}

/** Makes a version current, at one blow. Under the lock of the root alone. */
export function writePointer(folder: AssetFolder, pointer: Pointer, { durable = false } = {}): void {
  folder.root.confirmInside(folder.pointers)
  try {
    mkdirSync(folder.pointers, { recursive: true })
  } catch (error) {
    throw storageFailure(error, folder.pointers, "write")
  }
  replaceFile(folder.pointer(pointer.partition), pointerText(pointer), { durable })
  if (durable) syncToDisk(folder.path)
  if (pointer.partition === null) linkLatest(folder, pointer.materialization.id)
}

/** @throws StorageError `STORAGE_CORRUPT` when the pointer is damaged, or leads out of the root */
export function readPointer(folder: AssetFolder, partition: string | null): Pointer | undefined {
  folder.root.confirmInside(folder.pointers)
  return readPointerFile(folder, folder.pointer(partition))
}

/** All pointers of an asset. */
export function readPointers(folder: AssetFolder): Pointer[] {
  const paths = pointerFiles(folder)
  return paths.flatMap(path => readPointerFile(folder, path) ?? [])
}

/** Paths of the pointers of an asset. */
export function pointerFiles(folder: AssetFolder): string[] {
  folder.root.confirmInside(folder.pointers)
  try {
    const names = readdirSync(folder.pointers)
    return names.filter(name => name.endsWith(".json")).map(name => join(folder.pointers, name))
  } catch (error) {
    if (isMissingFile(error)) return []
    throw storageFailure(error, folder.pointers, "read")
  }
}

/** @throws StorageError `STORAGE_CORRUPT` */
export function readPointerFile(folder: AssetFolder, path: string): Pointer | undefined {
  const accept = (value: unknown): Pointer | undefined => {
    const pointer = unpackPointer(value)
    return pointer && folder.pointer(pointer.partition) === path ? pointer : undefined
  }
  return readJsonFile(path, accept, damagedPointerFix(folder.key, path))
}

/** What mends a pointer that cannot be understood. */
export function damagedPointerFix(key: string, path: string): string {
  return `Delete ${path} and materialize ${key} again; the data of its versions stays where it is.`
}

/** Points the link for people at a version. It is of no use to us, so that a file system without links is no fault. */
function linkLatest(folder: AssetFolder, id: string): void {
  const beside = `${folder.latest}.${process.pid}.tmp`
  try {
    rmSync(beside, { force: true })
    symlinkSync(join("_versions", id), beside, "dir")
    renameSync(beside, folder.latest)
  } catch {
    rmSync(beside, { force: true }) // nothing depends on the link
  }
}
