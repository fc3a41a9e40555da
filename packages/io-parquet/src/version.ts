import { dirname, join } from "node:path"
import type { Materialization, Schema, WrittenFile } from "@assets/core"
import { packApplied, unpackApplied } from "./applied-work.ts"
import type { AssetFolder } from "./asset-folder.ts"
import { isRecord, readJsonFile, replaceFile } from "./json-file.ts"
import { type AssetLayout, isVersionId } from "./parquet-layout.ts"
import { lookAt } from "./storage-root.ts"

const format = 1

export interface StoredFile extends WrittenFile {
  /** The partition key of its rows, where a version of several partitions keeps them in files of their own. */
  readonly partition?: string
}

/** A complete stored version: what `_assets.json` says, which never changes once it is written. */
export interface Version {
  readonly materialization: Materialization
  /** Paths relative to the version's folder. Rows that were appended to lie in the folders of former versions. */
  readonly files: readonly StoredFile[]
  /** The columns that were written; undefined for what is no table. */
  readonly schema: Schema | undefined
  /** By partition: the fingerprints of the appends and merges that its rows hold. */
  readonly applied: ReadonlyMap<string | null, ReadonlySet<string>>
}

/** The partitions whose pointers name a version when it is current. */
export function partitionsOf({ partitions }: Pick<Materialization, "partitions">): readonly (string | null)[] {
  return partitions.length === 0 ? [null] : partitions
}

/** Files of a version as another version of the asset names them that was appended to it. */
export function filesSeenBeside(former: Version, files = former.files): StoredFile[] {
  return files.map(file => ({ ...file, path: join("..", former.materialization.id, file.path) }))
}

/** Ids of the former versions whose files a version reads. */
export function versionsReadBy(version: Version): string[] {
  const ids = version.files.map(file => /^\.\.[/\\]([^/\\]+)/.exec(file.path)?.[1])
  return [...new Set(ids.filter(id => id !== undefined))]
}

/** What the marker of a version says. */
export function packVersion(version: Version): string {
  const { materialization, files, schema } = version
  const { id, fingerprint, dataVersion, attempt, inputs, partitions, rows } = materialization
  const applied = [...version.applied].map(([partition, work]) => [partition, packApplied(work)])
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
    ...(applied.length > 0 && { applied }),
    materialization,
  }
  return `${JSON.stringify(marker, null, 1)}\n`
}

/** Completes a version. Until then it is partial, and nothing reads it. */
export function writeMarker(folder: AssetFolder, version: Version, { durable = false } = {}): void {
  replaceFile(folder.marker(version.materialization.id), packVersion(version), { durable })
}

/**
 * Reads a complete version; undefined when it is partial or not there.
 * @throws StorageError `STORAGE_CORRUPT` when the marker is damaged, or leads out of the root
 */
export function readVersion(folder: AssetFolder, id: string): Version | undefined {
  folder.root.confirmInside(folder.version(id))
  return readJsonFile(folder.marker(id), marker => unpackVersion(marker, id), damagedVersionFix(folder, id))
}

/** What mends a version whose marker cannot be understood. */
export function damagedVersionFix(layout: AssetLayout, id: string): string {
  return `Delete ${layout.version(id)} and materialize ${layout.key} again: assets materialize ${layout.key} --force.`
}

/** Undefined when the value is not what `packVersion` gives for this id. */
export function unpackVersion(value: unknown, id: string): Version | undefined {
  if (!isRecord(value) || value.format !== format) return undefined
  const { materialization, files } = value
  if (!isMaterialization(materialization) || materialization.id !== id) return undefined
  if (!Array.isArray(files) || !files.every(isStoredFile)) return undefined
  const applied = acceptApplied(value.applied)
  const schema = isSchema(value.schema) ? value.schema : undefined
  return applied && { materialization, files, schema, applied }
}

function isStoredFile(value: unknown): value is StoredFile {
  if (!isRecord(value)) return false
  const { path, rows, bytes, partition } = value
  return isSafePath(path) && isCount(rows) && isCount(bytes) && ["string", "undefined"].includes(typeof partition)
}

/** Whether a path stays in the folder of its version, or of another version of the same asset. */
function isSafePath(path: unknown): path is string {
  if (typeof path !== "string" || path.includes("\0")) return false
  const [first, ...rest] = path.split(/[/\\]/)
  const inner = first === ".." && isVersionId(rest[0]) ? rest.slice(1) : [first, ...rest]
  return inner.length > 0 && inner.every(segment => segment !== "" && segment !== "." && segment !== "..")
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isSchema(value: unknown): value is Schema {
  return isRecord(value) && Array.isArray(value.columns) && value.columns.every(isRecord)
}

function acceptApplied(value: unknown): Version["applied"] | undefined {
  if (value === undefined) return new Map()
  if (!Array.isArray(value)) return undefined
  const applied = new Map<string | null, ReadonlySet<string>>()
  for (const entry of value) {
    if (!Array.isArray(entry)) return undefined
    const [partition, packed] = entry
    const work = unpackApplied(packed)
    if (!work || (partition !== null && typeof partition !== "string")) return undefined
    applied.set(partition, work)
  }
  return applied
}

/** Whether a value has what every record has; the rest was written together with it. */
export function isMaterialization(value: unknown): value is Materialization {
  return (
    isRecord(value) &&
    isVersionId(value.id) &&
    ["key", "fingerprint", "dataVersion"].every(name => typeof value[name] === "string") &&
    ["relation", "batches", "json", "nothing"].some(kind => value.kind === kind) &&
    Array.isArray(value.partitions) &&
    value.partitions.every(partition => typeof partition === "string")
  )
}

/** Whether all files of a version are there, below the root, each with the size that it was written with. */
export function isIntact(folder: AssetFolder, version: Version): boolean {
  const path = folder.version(version.materialization.id)
  const folders = new Set(version.files.map(file => dirname(join(path, file.path))))
  if (![...folders].every(one => folder.root.isInside(one))) return false
  return version.files.every(file => {
    const found = lookAt(join(path, file.path))
    return found?.isFile() === true && found.size === file.bytes
  })
}

/** Where a version's files are. */
export function filesOf(layout: AssetLayout, version: Version, files = version.files): string[] {
  return files.map(file => layout.join(layout.version(version.materialization.id), file.path))
}
