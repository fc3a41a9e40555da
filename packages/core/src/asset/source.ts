import type { Relation } from "../engine/engine.ts"
import type { Partitions } from "../partition/partitions.ts"
import type { Json } from "../util/json.ts"
import { type NothingValue, nothing } from "../value/nothing-value.ts"
import type { AnyValueType } from "../value/value-type.ts"

/** Reads data that is made elsewhere. Core finds and hashes the files; the reader knows what is in them. */
export interface SourceReader<V extends AnyValueType = AnyValueType> {
  /** `parquet`, `csv`, `json`; of `delta` each path is the folder of a table. */
  readonly kind: string
  readonly returns: V
  /** Paths or globs (`raw/*.csv`), relative to the environment's `sources` root, or absolute. */
  readonly paths: readonly string[]
  /** The reader's options; part of the source's data version. */
  describe(): Json
  /** The relation over the files that were found; their paths are absolute. A table is read as it is at its version. */
  relation(files: readonly string[], version?: number): Relation
}

export interface SourceOptions {
  readonly description?: string
  readonly group?: string
  readonly tags?: { readonly [name: string]: string }
  readonly owners?: readonly string[]
  readonly kinds?: readonly string[]
  readonly partitions?: Partitions
}

/** Data that is made elsewhere, under a key. */
export interface Source<V extends AnyValueType = AnyValueType> {
  readonly kind: "source"
  readonly key: string
  readonly returns: V
  readonly reader: SourceReader<V> | undefined
  readonly options: SourceOptions
  /** Holds the stack of the declaration; read only when something is wrong. */
  readonly declaredAt: Error
}

/**
 * Declares data that is made elsewhere. With a reader (`parquetFiles(...)`, `csvFiles(...)`) assets may depend on its
 * rows, and its data version is what the reader finds; without one it stands for data that core cannot read, and
 * `reportMaterialization` tells when it changed.
 */
export function source<V extends AnyValueType = NothingValue>(
  key: string,
  reader?: SourceReader<V>,
  options: SourceOptions = {},
): Source<V> {
  return Object.freeze<Source<V>>({
    kind: "source",
    key,
    returns: reader ? reader.returns : (nothing() as AnyValueType as V), // V is NothingValue where nothing infers it
    reader,
    options,
    declaredAt: new Error("declared here"),
  })
}
