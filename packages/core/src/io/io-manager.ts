import type { CheckResult } from "../check/asset-check.ts"
import type {
  ColumnStatistics,
  EngineSession,
  Finding,
  Layout,
  Relation,
  Schema,
  WriteResult,
  WriteUsage,
} from "../engine/engine.ts"
import type { Json } from "../util/json.ts"
import type { OutputValue, StoredValue } from "../value/value-type.ts"

/** What a write used, as its engine and its files tell. */
export interface MeasuredUsage extends WriteUsage {
  /** The largest of several files. */
  readonly largestFileBytes?: number
}

/** The record of data that is stored: kept beside the data, so that the data alone tells what it is. */
export interface Materialization {
  /** UUIDv7; also the id of the stored version. */
  readonly id: string
  readonly key: string
  /** The partition keys that this write holds, in order; empty for an asset without partitions. */
  readonly partitions: readonly string[]
  readonly kind: OutputValue["kind"]
  /** SHA-256 of the work that made it, in hex. */
  readonly fingerprint: string
  readonly dataVersion: string
  /** SHA-256 of the logical plan, or the code version of a compute. */
  readonly codeVersion: string
  /** The data versions that were read, by asset or source key. */
  readonly inputs: { readonly [key: string]: string }
  readonly runId: string
  readonly attempt: number
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly engine: string
  readonly rows?: number
  readonly bytes?: number
  readonly files?: number
  readonly columns?: readonly ColumnStatistics[]
  readonly checks?: readonly CheckResult[]
  readonly metadata?: { readonly [name: string]: Json }
  /** What its write used: what advice goes by. */
  readonly usage?: MeasuredUsage
}

/** What is current for one partition of an asset, or for the whole of one without partitions (`partition: null`). */
export interface Current {
  readonly partition: string | null
  readonly materialization: Materialization
  /** False when the record is there and the data is not, or is not whole: deleted by hand. */
  readonly intact: boolean
  /**
   * Fingerprints of the appends and merges whose rows the data holds, the latest one's, too; recorded in the same commit
   * as the rows, and begun anew by an overwrite. Left out where nothing was ever added.
   */
  readonly applied?: ReadonlySet<string>
}

export type WriteMode = "overwrite" | "append" | { readonly merge: readonly string[] }

export interface IOContext {
  /** Absolute folder against which the manager's relative paths resolve. */
  readonly base: string
  readonly signal: AbortSignal
  /** `power`: what is written outlives the loss of power. Default `process`: it outlives the writer's death. */
  readonly durability?: "process" | "power"
  /** False: fails with `STORAGE_BUSY` at once where it would wait for another process. */
  readonly wait?: boolean
  /**
   * Puts the environment's `vars`, then the process's variables, in the place of each `${NAME}` of an option.
   * @throws ConfigError `VARIABLE_MISSING`
   */
  expand(text: string): string
  /** Told before a wait for another process, so that the user knows for whom. */
  waiting?(holder: string): void
}

export interface AssetContext extends IOContext {
  readonly key: string
}

export interface OutputContext extends AssetContext {
  /** UUIDv7 of this write, used by no other, also not by another attempt. */
  readonly id: string
  readonly partitions: readonly string[]
  /** Of the work that makes the data; known before it is made. */
  readonly fingerprint: string
  readonly write: WriteMode
  /** Of an overwrite with a copy of rows that were added: the fingerprints that were applied, to be recorded with them. */
  readonly applied?: ReadonlySet<string>
  /** True: an append or merge is made once more, although its fingerprint is among those applied. */
  readonly reapply?: boolean
  /** True: the version is completed and stays out of sight until `publish`. Only given to managers that have it. */
  readonly staged?: boolean
  readonly layout: Layout | undefined
  /** The step and attempt, for the engine. */
  readonly stepId: string
  /** Opens the engine on first use. */
  session(): Promise<EngineSession>
  /** For a manager whose storage cannot merge: the table that `write: { merge }` gives. */
  merge?(former: Relation, added: Relation): Relation
  /**
   * To be called once, when the data is written whole and can be read, and before it becomes current: evaluates the
   * blocking checks, confirms the lease, and gives the record to keep with the data.
   * When it rejects, the manager leaves what was current as it was, and removes what it wrote.
   */
  approve(written: Written): Promise<Materialization>
  /**
   * Makes the change by which written data becomes current. No other process can take the step's lease over between the
   * look at it and the end of `change`, which is therefore short and synchronous: a rename. Storage whose change is not
   * synchronous calls it with an empty one just before, and must itself keep others out until the change is made.
   * @throws StorageError `LEASE_LOST`; the change is not made then
   */
  commit<T>(change: () => T): T
  /** Told before a wait for another process, so that the user knows for whom. */
  waiting(holder: string): void
  /** Ids of the materializations that running steps read, in any process: not to be collected. */
  inUse(): ReadonlySet<string>
}

/** Data that is written and not yet current. */
export interface Written {
  /** Reads the new data through the session of the write. */
  readonly stored: StoredValue
  /** What the write saw; left out where there was nothing to count. */
  readonly result?: WriteResult
}

/** One partition (or the whole, `null`) of an asset for which a complete version is to become current. */
export interface Publication {
  readonly key: string
  readonly partition: string | null
  readonly materialization: Materialization
  /** Id of what the publisher saw as current; null for nothing. When it is another by now, nothing is published. */
  readonly former: string | null
}

export interface PublishContext extends IOContext {
  /** As in `OutputContext`. */
  commit<T>(change: () => T): T
  inUse(): ReadonlySet<string>
}

/** A version that another manager of the same kind holds. */
export interface Adoption {
  readonly from: IOManager
  /** The context of the environment that `from` belongs to. */
  readonly fromContext: AssetContext
  readonly materialization: Materialization
  /** As in `Current`: recorded with the adopted version. */
  readonly applied?: ReadonlySet<string>
  /** Of the adopting environment; its `id` is the new version's. */
  readonly record: Materialization
}

export interface CollectContext extends IOContext {
  /** True: tells what would be removed, and removes nothing. */
  readonly dryRun: boolean
  inUse(): ReadonlySet<string>
}

/** Something stored that nothing refers to. */
export interface Collected {
  readonly key: string
  /** Path or name, for people. */
  readonly what: string
  readonly why: "partial" | "orphan" | "dropped" | "temporary"
  readonly bytes: number
}

export interface InputContext extends AssetContext {
  /** What to read: exactly these, also when something newer has become current. */
  readonly materializations: readonly Materialization[]
  /** The partitions that the reader wants of them; empty for an asset without partitions. */
  readonly partitions: readonly string[]
  /** The declared columns; undefined for values that are not tables. */
  readonly schema: Schema | undefined
  session(): Promise<EngineSession>
  /** Told before a wait for another process, also of a statement that reads the input later. */
  waiting?(holder: string): void
}

/** Why an environment cannot work, and what mends it. */
export interface Refusal {
  readonly why: string
  readonly fix: string
}

/** Names a factory of an engine: `{ module: "@assets/io-duckdb", name: "duckdb" }`. Core imports it when it is needed. */
export interface EngineReference {
  readonly module: string
  readonly name: string
}

/**
 * Stores what an asset returns and loads it for the assets downstream.
 *
 * A write is all or nothing: after `handleOutput` rejects or the process dies, `current` and `loadInput` still give what
 * was there before. Once `current` has told of a materialization it stays readable while `inUse` names it.
 * An append or merge is applied once: when its fingerprint is among those applied by the time of the commit, the write
 * changes nothing and resolves with the record that is current.
 * Methods may be called at the same time, for different assets and for the same one.
 */
export interface IOManager {
  /** Recorded with each materialization: `parquet`, `duckdb`, `memory`. */
  readonly name: string
  /** The engine of an environment that names none. */
  readonly defaultEngine?: EngineReference
  /** The options that it was made with, for people; texts with their `${NAME}`s. */
  describe?(): { readonly [option: string]: Json }
  /**
   * Why it cannot be used so, where that is known without opening anything: an engine that it does not work with, a place
   * that it does not reach. Asked when a config loads; a text that needs a variable is then left as it is.
   */
  refusal?(use: { readonly engine: string | undefined }): Refusal | undefined
  /**
   * What is current, for each asset that has something: of one moment, so that a publication is seen whole or not.
   * @param partitions the only ones that the caller looks at, where it says so; more may be told
   */
  current(
    context: IOContext,
    keys: readonly string[],
    partitions?: readonly (string | null)[],
  ): Promise<ReadonlyMap<string, readonly Current[]>>
  /**
   * Stores a value; resolves once it is current, or complete when the context says `staged`.
   * @throws StorageError `STORAGE_CONFLICT` when another writer that is not held off by a lease was first; what it stored
   * stays current
   */
  handleOutput(context: OutputContext, value: OutputValue): Promise<Materialization>
  /**
   * Gives what is stored, exactly that which the context names. Storage that keeps no versions may give equal data: a
   * record with the same data version. A relation reads its rows later: its query, too, tells when they were replaced.
   * @throws StorageError `STORAGE_DATA_MISSING` when it is there no more; the step then pins what is current, and goes on
   */
  loadInput(context: InputContext): Promise<StoredValue>
  /**
   * Makes a complete stored version with this fingerprint current again, without writing data: one that was current
   * before, or one whose writer died before it became current. Left out by storage that keeps no versions.
   */
  restore?(context: OutputContext, fingerprint: string): Promise<Materialization | undefined>
  /**
   * Makes complete versions current, all of them or none, also when the process dies on the way. Left out by storage that
   * keeps no versions: `publish: "run"` and `promote` are refused for it.
   * @throws StorageError `STORAGE_CONFLICT` when something else has become current meanwhile; `LEASE_LOST`
   */
  publish?(context: PublishContext, publications: readonly Publication[]): Promise<void>
  /**
   * Completes a version from one that another manager of the same kind holds, copying no rows. It is current after
   * `publish`. Undefined when the other is of another kind, or out of reach.
   */
  adopt?(context: AssetContext, adoption: Adoption): Promise<Materialization | undefined>
  /** The complete versions that can still be read, newest first. Left out by storage that keeps none. */
  versions?(context: AssetContext, partition: string | null): Promise<readonly Materialization[]>
  /** Removes what nothing refers to: what dead writers left, versions that were dropped, temporary files. */
  collect?(context: CollectContext, keys: readonly string[]): Promise<readonly Collected[]>
  /** What is wrong with the storage, or that it is well. Changes nothing. */
  doctor?(context: IOContext): Promise<readonly Finding[]>
  /** Where the data rests, for people: paths of files, or `file.duckdb:schema.table`. */
  locate(context: AssetContext, materializations: readonly Materialization[]): Promise<readonly string[]>
  /** Removes all data and records of an asset. Left out by storage that cannot delete. */
  remove?(context: AssetContext): Promise<void>
  /** Lets go of what is held between calls, when no run of the process uses it any more; a later call takes it again. */
  close?(): Promise<void>
}
