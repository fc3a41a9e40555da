import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import type { Materialization } from "@assets/core"
import { isRecord, readJsonFile, replaceFile } from "./json-file.ts"
import type { AssetFolder } from "./parquet-layout.ts"
import { isMissing, storageFailure } from "./storage-failure.ts"
import { syncToDisk } from "./sync-to-disk.ts"
import { isMaterialization } from "./version.ts"

const format = 1

/** What is current for one partition, or for all of an asset without partitions. */
export interface Pointer {
  readonly partition: string | null
  /** The record without what only the version's own marker needs to say; enough to tell what is gone when that is. */
  readonly materialization: Materialization
  /** The current version's id, then those of former ones that are still kept, newest first. */
  readonly versions: readonly string[]
}

/** Makes a version current, at one blow. */
export function writePointer(folder: AssetFolder, pointer: Pointer, { durable = false } = {}): void {
  const { partition, versions } = pointer
  const { columns, checks, metadata, ...record } = pointer.materialization
  const { id, fingerprint, dataVersion } = record
  const materialization = { ...record, partitions: partition === null ? [] : [partition] }
  const text = JSON.stringify({ format, id, fingerprint, dataVersion, partition, versions, materialization })
  try {
    mkdirSync(folder.pointers, { recursive: true })
  } catch (error) {
    throw storageFailure(error, folder.pointers, "write")
  }
  replaceFile(folder.pointer(partition), `${text}\n`, { durable })
  if (durable) syncToDisk(folder.path)
}

/** @throws StorageError `STORAGE_CORRUPT` when the pointer is damaged */
export function readPointer(folder: AssetFolder, partition: string | null): Pointer | undefined {
  return readPointerFile(folder, folder.pointer(partition))
}

/** All pointers of an asset. */
export function readPointers(folder: AssetFolder): Pointer[] {
  let names: string[]
  try {
    names = readdirSync(folder.pointers)
  } catch (error) {
    if (isMissing(error)) return []
    throw storageFailure(error, folder.pointers, "read")
  }
  const pointers: Pointer[] = []
  for (const name of names) {
    if (!name.endsWith(".json")) continue
    const pointer = readPointerFile(folder, join(folder.pointers, name))
    if (pointer) pointers.push(pointer)
  }
  return pointers
}

function readPointerFile(folder: AssetFolder, path: string): Pointer | undefined {
  const fix = `Delete ${path} and materialize ${folder.path} again; the data of its versions stays where it is.`
  return readJsonFile(path, acceptPointer, fix)
}

function acceptPointer(value: unknown): Pointer | undefined {
  if (!isRecord(value) || value.format !== format || !isMaterialization(value.materialization)) return undefined
  const { partition, versions, materialization } = value
  if (partition !== null && typeof partition !== "string") return undefined
  if (!Array.isArray(versions) || versions[0] !== materialization.id) return undefined
  return { partition, materialization, versions: versions as string[] } // as writePointer wrote them
}

/** Points the link for people at a version. It is of no use to us, so that a file system without links is no fault. */
export function linkLatest(folder: AssetFolder, id: string): void {
  const beside = `${folder.latest}.${process.pid}.tmp`
  try {
    rmSync(beside, { force: true })
    symlinkSync(join("_versions", id), beside, "dir")
    renameSync(beside, folder.latest)
  } catch {
    rmSync(beside, { force: true }) // nothing depends on the link
  }
}
