import type { Json } from "../util/json.ts"

/** A lazy plan of an engine. Opaque to core: the dataframe makes it and the engine reads it. */
export interface Relation {
  readonly kind: string
}

/** Columns with their types. Opaque to core but for their names and the text of their types. */
export interface Schema {
  readonly columns: readonly SchemaColumn[]
}

export interface SchemaColumn {
  readonly name: string
  /** Opaque to core. */
  readonly type: unknown
}

/** An Arrow record batch. Opaque to core but for its count of rows. */
export interface RecordBatch {
  readonly numRows: number
}

/** Where an engine writes files. Engines that write tables by themselves add their own kinds. */
export interface Target {
  readonly kind: "files"
  readonly format: "parquet"
  /** An existing, empty folder that this write alone owns. The engine never replaces a file in it. */
  readonly path: string
}

/** How files are laid out; an asset's `layout`, checked by the IO manager. */
export interface Layout {
  readonly partitionBy?: readonly string[]
  readonly sortBy?: readonly string[]
  /** Wanted size of a file in megabytes. Default 128. */
  readonly targetFileMB?: number
  readonly compression?: "zstd" | "snappy" | "gzip" | "none"
}

export interface WriteOptions {
  /** The step and attempt on whose behalf the engine works: what `interrupt` and `progress` take. */
  readonly stepId: string
  readonly signal: AbortSignal
  readonly layout?: Layout
}

/** One written file, its path relative to the target's folder. */
export interface WrittenFile {
  readonly path: string
  readonly rows: number
  readonly bytes: number
}

/** What the write itself saw of a column; never the fruit of a second scan. */
export interface ColumnStatistics {
  readonly name: string
  /** The type in Spark's words, `bigint`. */
  readonly type: string
  readonly nullCount?: number
  /** Least and greatest value as text. */
  readonly min?: string
  readonly max?: string
}

/** What a write used, as its engine told it. What the engine cannot tell, or was too quick to be seen, is left out. */
export interface WriteUsage {
  /** The most memory that the engine held for its work at one time; copies of files that it would drop are not counted. */
  readonly peakMemoryBytes?: number
  /** What the engine could hold before it had to spill. */
  readonly memoryLimitBytes?: number
  /** The most that lay spilled on disk at one time. */
  readonly spilledBytes?: number
  /** True: other steps used the engine meanwhile, and memory and spill are of all of them together. */
  readonly shared?: true
  /** Tasks into which the engine divided the work. */
  readonly tasks?: number
  /** Parts into which the engine was set to divide rows where it brings those of a key together. */
  readonly shufflePartitions?: number
}

export interface WriteResult {
  readonly rows: number
  readonly bytes: number
  readonly files: readonly WrittenFile[]
  readonly columns: readonly ColumnStatistics[]
  /** Left out by engines that measure nothing. */
  readonly usage?: WriteUsage
}

/** How far a step's query is. What the engine cannot tell is left out. */
export interface Progress {
  /** From 0 to 100. */
  readonly percent?: number
  readonly rows?: number
}

export interface EngineContext {
  /** IANA zone in which the engine's session works. */
  readonly timeZone: string
  /** An existing folder for spilled and staged data, private to this run; core removes it afterwards. */
  readonly scratch: string
  /** The run's instant, what `currentTimestamp()` gives. */
  readonly now: Date
  readonly signal: AbortSignal
  /**
   * Puts the environment's `vars`, then the process's variables, in the place of each `${NAME}` of an option. Left out
   * where there is no environment: a session of a script.
   * @throws ConfigError `VARIABLE_MISSING`
   */
  expand?(text: string): string
  /** Tells people that the engine waits, and for what: `room on the cluster yarn`. Left out where nobody is told. */
  waiting?(holder: string): void
}

/** Rows of the answer to a statement of the engine's own dialect. */
export interface QueryBatch {
  /** Names, and the engine's own words for the types. */
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Values in the order of the columns, as JSON: wide integers, decimals and times as text. */
  readonly rows: readonly (readonly Json[])[]
}

/** Gives the relations that a statement may read, by the keys of their assets; one is asked for when it is named. */
export type QueryViews = ReadonlyMap<string, () => Promise<Relation>>

/** One file that an engine writes for people. Replaced when it is there. */
export interface ExportTarget {
  readonly path: string
  readonly format: "parquet" | "csv" | "json"
}

/** Something `assets doctor` found. */
export interface Finding {
  readonly level: "ok" | "warn" | "error"
  readonly what: string
  readonly fix?: string
}

/** Computes relations: DuckDB in this process, or a Spark cluster. Making one starts nothing; `open` does. */
export interface Engine {
  /** Recorded with each materialization: `duckdb`, `spark`. */
  readonly name: string
  open(context: EngineContext): Promise<EngineSession>
  /** The options that it was made with, for people; texts with their `${NAME}`s. */
  describe?(): { readonly [option: string]: Json }
  /** @param context what puts values in the place of `${NAME}`s of the options */
  doctor?(context?: Pick<EngineContext, "expand">): Promise<readonly Finding[]>
}

/**
 * An open connection to an engine, shared by the steps of a run. Its methods may be called at the same time.
 * Each rejects with an `EngineError`; after `interrupt` with the code `ENGINE_INTERRUPTED`.
 */
export interface EngineSession {
  readonly dialect: "duckdb" | "spark"
  /** The columns that a relation gives; runs no query. */
  schema(plan: Relation): Promise<Schema>
  /** Runs the relation and writes its rows; also for zero rows there is one file, with the full schema. */
  write(plan: Relation, target: Target, options: WriteOptions): Promise<WriteResult>
  /** Runs the relation and streams its rows; no more than a few batches are in memory at a time. */
  batches(plan: Relation, signal: AbortSignal): AsyncIterable<RecordBatch>
  /** Puts rows where the engine can read them, until the session closes. */
  upload(batches: AsyncIterable<RecordBatch>, schema: Schema): Promise<Relation>
  /** The statement that the engine would run, and its own plan of it. */
  explain(plan: Relation): Promise<string>
  /**
   * Runs one statement of the engine's own dialect that only reads. Each view stands under the key of its asset, and
   * under that key with its last `/` as a dot: `"marts/revenue"`, `marts.revenue`. There is at least one batch.
   * Left out by engines that take no text.
   *
   * @throws EngineError `ENGINE_QUERY_FAILED` when it is wrong, or would write
   */
  query?(text: string, views: QueryViews, signal: AbortSignal): AsyncIterable<QueryBatch>
  /** Writes the relation's rows to one file. Left out by engines that cannot. */
  exportFile?(plan: Relation, target: ExportTarget, signal: AbortSignal): Promise<{ readonly rows: number }>
  /** Left out by engines that cannot tell. */
  progress?(stepId: string): Progress
  /**
   * Whether it can do no more, its server being gone: the next step, or attempt, is then given another one. Left out by
   * engines that end with this process.
   */
  isLost?(): boolean
  /** Stops what runs on behalf of a step; its promises then reject. */
  interrupt(stepId: string): Promise<void>
  close(): Promise<void>
}
