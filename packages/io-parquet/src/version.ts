import { statSync } from "node:fs"
import { join, relative } from "node:path"
import type { Materialization, Schema, WrittenFile } from "@assets/core"
import { isRecord, readJsonFile, replaceFile } from "./json-file.ts"
import type { AssetFolder } from "./parquet-layout.ts"

const format = 1

/** A complete stored version: what `_assets.json` says, which never changes once it is written. */
export interface Version {
  readonly materialization: Materialization
  /** Paths relative to the version's folder. Rows that were appended to lie in the folders of former versions. */
  readonly files: readonly WrittenFile[]
}

/** The files of a version as another version names them that was appended to it. */
export function filesSeenFrom(folder: AssetFolder, id: string, former: Version): WrittenFile[] {
  return filesOf(folder, former).map((path, i) => ({
    ...(former.files[i] as WrittenFile), // one path for each file
    path: relative(folder.version(id), path),
  }))
}

/** Ids of the former versions whose files a version reads. */
export function versionsReadBy(version: Version): string[] {
  const ids = version.files.map(file => /^\.\.[/\\]([^/\\]+)/.exec(file.path)?.[1])
  return [...new Set(ids.filter(id => id !== undefined))]
}

/** Completes a version. Until then it is partial, and nothing reads it. */
export function writeMarker(
  folder: AssetFolder,
  version: Version,
  { schema, durable }: { readonly schema: Schema | undefined; readonly durable: boolean },
): void {
  const { materialization, files } = version
  const { id, fingerprint, dataVersion, attempt, inputs, partitions, rows } = materialization
  // The leading fields say to people and to other tools what the record says to us.
  const marker = {
    format,
    id,
    attempt,
    fingerprint,
    dataVersion,
    inputs,
    partitions,
    rows,
    schema,
    files,
    materialization,
  }
  replaceFile(folder.marker(id), `${JSON.stringify(marker, null, 1)}\n`, { durable })
}

/**
 * Reads a complete version; undefined when it is partial or not there.
 * @throws StorageError `STORAGE_CORRUPT` when the marker is damaged
 */
export function readVersion(folder: AssetFolder, id: string): Version | undefined {
  const fix = `Delete ${folder.version(id)} and materialize the asset again.`
  return readJsonFile(folder.marker(id), acceptMarker, fix)
}

function acceptMarker(value: unknown): Version | undefined {
  if (!isRecord(value) || value.format !== format || !isMaterialization(value.materialization)) return undefined
  if (!Array.isArray(value.files)) return undefined
  return { materialization: value.materialization, files: value.files as WrittenFile[] } // as writeMarker wrote them
}

/** Whether a value has what every record has; the rest was written together with it. */
export function isMaterialization(value: unknown): value is Materialization {
  return (
    isRecord(value) &&
    ["id", "key", "fingerprint", "dataVersion", "kind"].every(name => typeof value[name] === "string") &&
    Array.isArray(value.partitions)
  )
}

/** Whether all files of a version are there, each with the size that it was written with. */
export function isIntact(folder: AssetFolder, version: Version): boolean {
  const path = folder.version(version.materialization.id)
  return version.files.every(file => statSync(join(path, file.path), { throwIfNoEntry: false })?.size === file.bytes)
}

/** The absolute paths of a version's files. */
export function filesOf(folder: AssetFolder, version: Version): string[] {
  return version.files.map(file => join(folder.version(version.materialization.id), file.path))
}
