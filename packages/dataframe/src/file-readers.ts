import { type FrameType, frame } from "./frame.ts"
import type { CsvOptions, Relation } from "./plan/relation.ts"
import type { Columns } from "./schema/columns.ts"

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** Reads files that are made elsewhere, as the columns of `returns`. One of core's source readers. */
export interface FileReader<S extends Columns> {
  readonly kind: "parquet" | "orc" | "csv" | "json" | "delta"
  readonly returns: FrameType<S>
  /** Paths or globs, relative to the environment's `sources` root, or absolute. Of a table its folder. */
  readonly paths: readonly string[]
  /** The options that decide what is read. */
  describe(): Json
  /** The relation over the files that were found; their paths are absolute. A table is read as it is at its version. */
  relation(files: readonly string[], version?: number): Relation
}

export interface ParquetReadOptions {
  /** Columns may stand in the names of folders: `day=2024-01-01/part-0.parquet`. Default false. */
  readonly hivePartitioned?: boolean
}

/**
 * Parquet files. Columns are matched by name without regard to case; those of the files that are not named are not
 * read.
 */
export function parquetFiles<const S extends Columns>(
  paths: string | readonly string[],
  columns: S,
  options: ParquetReadOptions = {},
): FileReader<S> {
  return reader("parquet", paths, columns, { ...options, foreign: true })
}

/**
 * ORC files, which Spark reads; DuckDB has no reader of them. Columns are matched by name without regard to case; those of
 * the files that are not named are not read.
 */
export function orcFiles<const S extends Columns>(paths: string | readonly string[], columns: S): FileReader<S> {
  return reader("orc", paths, columns, { foreign: true })
}

/** CSV files, also compressed with gzip. With a header columns are matched by name without regard to case, and those that are not named are not read; without one by position. */
export function csvFiles<const S extends Columns>(
  paths: string | readonly string[],
  columns: S,
  options: CsvOptions = {},
): FileReader<S> {
  return reader("csv", paths, columns, { csv: options })
}

/** Files of JSON objects, one after the other or in an array. Fields are matched by name. */
export function jsonFiles<const S extends Columns>(paths: string | readonly string[], columns: S): FileReader<S> {
  return reader("json", paths, columns, {})
}

/**
 * A Delta table, by its folder or URL. It is read as it is at its newest version when the run is planned, whatever is
 * committed meanwhile, and its version is the source's data version. Columns are matched by name without regard to case,
 * the ones that give its partitions too; those of the table that are not named are not read.
 *
 * DuckDB reads it by its extension delta (`assets duckdb install --with delta`), Spark by Delta's jars
 * (`assets spark install --with delta`).
 * @example
 * source("raw/orders", deltaTable("lake/orders", { id: t.int64, amount: t.decimal(10, 2) }))
 */
export function deltaTable<const S extends Columns>(path: string, columns: S): FileReader<S> {
  return reader("delta", path, columns, { foreign: true })
}

interface RelationOptions {
  readonly foreign?: boolean
  readonly csv?: CsvOptions
  readonly hivePartitioned?: boolean
}

function reader<S extends Columns>(
  format: FileReader<S>["kind"],
  paths: string | readonly string[],
  columns: S,
  options: RelationOptions,
): FileReader<S> {
  const returns = frame(columns)
  return Object.freeze({
    kind: format,
    returns,
    paths: Object.freeze(typeof paths === "string" ? [paths] : [...paths]),
    describe: (): Json => ({
      csv: options.csv ? Object.fromEntries(Object.entries(options.csv).sort(([a], [b]) => (a < b ? -1 : 1))) : null,
      format,
      hivePartitioned: options.hivePartitioned ?? false,
    }),
    relation: (files: readonly string[], version?: number): Relation => ({
      kind: "files",
      format,
      paths: files,
      ...(version !== undefined && { version }),
      ...options,
      schema: returns.schema(),
    }),
  })
}
