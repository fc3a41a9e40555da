import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Json, type OutputValue, StorageError, type StoredValue, type WriteResult } from "@assets/core"
import type { Relation, Schema } from "@assets/dataframe"
import type { AssetFolder } from "./parquet-layout.ts"
import type { Share } from "./partition-files.ts"
import { isMissing, storageFailure } from "./storage-failure.ts"
import { filesOf, type Version } from "./version.ts"

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
export function writeJson(folder: string, value: Json): WriteResult {
  const path = join(folder, jsonFile)
  const text = JSON.stringify(value)
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw storageFailure(error, path, "write")
  }
  const bytes = Buffer.byteLength(text)
  return { rows: 0, bytes, files: [{ path: jsonFile, rows: 0, bytes }], columns: [] }
}

/** The value of one version; of several, or of none, the values by partition key. */
export function readJson(folder: AssetFolder, shares: readonly Share[], wanted: readonly string[]): StoredValue {
  const [first] = shares
  if (shares.length === 1 && first && wanted.length <= 1) {
    return { kind: "json", value: jsonOf(folder, first.version) }
  }
  const values = shares.flatMap(({ version, partitions }) =>
    partitions.map(partition => [partition, jsonOf(folder, version)] as const),
  )
  return { kind: "json", value: Object.fromEntries(values) }
}

function jsonOf(folder: AssetFolder, version: Version): Json {
  const [path = ""] = filesOf(folder, version)
  try {
    return JSON.parse(readFileSync(path, "utf8"))
  } catch (error) {
    if (isMissing(error)) throw dataMissing(version.materialization.key, path)
    if (!(error instanceof SyntaxError)) throw storageFailure(error, path, "read")
    throw new StorageError("STORAGE_CORRUPT", {
      what: `${path} is not JSON.`,
      why: error.message,
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
