import {
  type InputContext,
  type Json,
  type OutputValue,
  StorageError,
  type StoredValue,
  type WriteResult,
} from "@assets/core"
import type { Relation, Schema } from "@assets/dataframe"
import { filesOfShare, type Share, sharesOf, type VersionOrder } from "./partition-files.ts"
import { storageFailure } from "./storage-failure.ts"
import { filesOf, type Version } from "./version.ts"
import type { VersionPlace, WrittenPlace } from "./version-place.ts"

const jsonFile = "value.json"

/** Files as a relation of the declared columns; no files are no rows. */
export function storedFrame(
  paths: readonly string[],
  schema: Schema,
): { readonly kind: "relation"; readonly relation: Relation; readonly schema: Schema } {
  const relation: Relation =
    paths.length === 0 ? { kind: "values", rows: [], schema } : { kind: "files", format: "parquet", paths, schema }
  return { kind: "relation", relation, schema }
}

/** What was written, readable before it becomes current. */
export function writtenValue(value: OutputValue, paths: readonly string[]): StoredValue {
  switch (value.kind) {
    case "relation":
    case "batches":
      return storedFrame(paths, value.schema as Schema) // core hands on what the dataframe made
    case "json":
      return { kind: "json", value: value.value }
    case "nothing":
      return { kind: "nothing" }
  }
}

/** Writes a JSON value as the one file of a version. */
export async function writeJson(
  { place, path: folder }: WrittenPlace,
  value: Json,
  signal: AbortSignal,
): Promise<WriteResult> {
  const path = place.layout.join(folder, jsonFile)
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(JSON.stringify(value))
  }
  try {
    const bytes = await place.writeFile(path, pieces(), signal)
    return { rows: 0, bytes, files: [{ path: jsonFile, rows: 0, bytes }], columns: [] }
  } catch (error) {
    throw storageFailure(error, path, "write")
  }
}

/** What some versions hold of the partitions that a reader wants. */
export async function storedValue(
  place: VersionPlace,
  versions: readonly Version[],
  { key, partitions, schema }: InputContext,
  orderOf: VersionOrder,
): Promise<StoredValue> {
  const kind = versions[0]?.materialization.kind
  if (kind === "nothing") return { kind: "nothing" }
  const shares = await sharesOf(versions, partitions, orderOf)
  if (kind === "json") return readJson(place, shares, partitions)
  if (!schema) throw new Error(`${key} is a table and has no schema. Please report this.`)
  const paths = shares.flatMap(share => filesOfShare(place.layout, share))
  return storedFrame(paths, schema as Schema) // core hands on what the dataframe made
}

/** The value of one version; of several, or of none, the values by partition key. */
async function readJson(
  place: VersionPlace,
  shares: readonly Share[],
  wanted: readonly string[],
): Promise<StoredValue> {
  const [first] = shares
  if (shares.length === 1 && first && wanted.length <= 1) {
    return { kind: "json", value: await jsonOf(place, first.version) }
  }
  const values: [string, Json][] = []
  for (const { version, partitions } of shares) {
    for (const partition of partitions) values.push([partition, await jsonOf(place, version)])
  }
  return { kind: "json", value: Object.fromEntries(values) }
}

async function jsonOf(place: VersionPlace, version: Version): Promise<Json> {
  const [path = ""] = filesOf(place.layout, version)
  const text = await place.readFile(path)
  if (text === undefined) throw dataMissing(version.materialization.key, path)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new StorageError("STORAGE_CORRUPT", {
      what: `${path} is not JSON.`,
      why: error instanceof Error ? error.message : String(error),
      fix: `Materialize ${version.materialization.key} again.`,
      details: { path },
    })
  }
}

/** Data that a record names is not there. */
export function dataMissing(key: string, path: string): StorageError {
  return new StorageError("STORAGE_DATA_MISSING", {
    what: `The stored data of ${key} is not there.`,
    why: `${path} was deleted by something else than assets.`,
    fix: `Materialize ${key} again: assets materialize ${key}.`,
    details: { key, path },
  })
}
