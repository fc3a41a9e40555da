import type { Check, CheckResult } from "../check/asset-check.ts"
import type { EngineSession, RecordBatch, Relation, Schema } from "../engine/engine.ts"
import type { Json } from "../util/json.ts"
import type { CompareOptions, Difference } from "./difference.ts"

/**
 * What an asset returns, declared as a value (`frame({...})`, `json<T>()`, `nothing()`): it types the asset's
 * function, holds what comes back to that type, and describes the asset.
 *
 * - `Lazy` is what a `transform` gets and returns, `never` where a value cannot be lazy;
 * - `Bound` is what a `compute` and the code of a user get;
 * - `Accepts` is what a `compute` may return;
 * - `Checked` is what checks, layout and merge keys are typed by: the columns of a frame;
 * - `Partition` is what a `transform` sees of its partition: typed columns.
 */
export interface ValueType<Lazy, Bound, Accepts, Checked = unknown, Partition = never> {
  /** Carries the types; it exists for `tsc` only. A name and not a symbol, since other packages declare it, too. */
  readonly "~types"?: {
    readonly lazy: Lazy
    readonly bound: Bound
    readonly accepts: Accepts
    readonly checked: Checked
    readonly partition: Partition
  }
  /** `frame`, `json`, `nothing`. */
  readonly kind: string
  /** What identifies the type; a part of every fingerprint. */
  describe(): Json
  /** The columns and the words for their types, for people. Left out by values that are not tables. */
  columns?(): readonly { readonly name: string; readonly type: string }[]
  /** The declared columns as engines and IO managers take them. Left out by values that are not tables. */
  schema?(): Schema
  /**
   * The recorded columns of a materialization as engines and IO managers take them: of what was stored under an earlier
   * declaration. Left out by values that are not tables.
   */
  schemaOf?(columns: readonly { readonly name: string; readonly type: string }[]): Schema
  /** The lazy input that stands for the stored value of `key` (or `key#2`: see `inputSlots`) while planning. Left out by values that cannot be lazy. */
  input?(key: string): Lazy
  /** The columns that stand for the partition of a step while planning. */
  partition?(): Partition
  /**
   * Takes what a `transform` returned.
   * @throws FrameError `FRAME_SCHEMA_MISMATCH` when it is not of this type
   */
  lazy?(returned: unknown): LazyValue
  /** What a `compute`, or the code of a user, gets of a stored value. */
  bind(stored: StoredValue, session: () => Promise<EngineSession>): Promise<Bound>
  /**
   * Takes what a `compute` returned and gives what an IO manager stores. A stream is not read here, and its rows are
   * held to the type while they flow.
   * @throws AssetsError when it is not of this type, naming the row and column
   */
  output(returned: unknown): OutputValue
  /**
   * Evaluates checks over stored data, all in one query.
   * Left out by values that have no checks.
   */
  check?(
    checks: readonly Check[],
    stored: StoredValue,
    session: EngineSession,
    signal: AbortSignal,
  ): Promise<readonly CheckResult[]>
  /**
   * SHA-256 over the content of a stored value, the order of rows not counted: what `cutoff: "content"` compares.
   * Left out by values that are not tables, and by types that cannot tell.
   */
  digest?(stored: StoredValue, session: EngineSession, signal: AbortSignal): Promise<string>
  /**
   * In what two stored values differ. Reads each once; brings no more than samples into memory.
   * Left out by values that have nothing to compare.
   */
  compare?(
    left: StoredValue,
    right: StoredValue,
    session: () => Promise<EngineSession>,
    options: CompareOptions,
  ): Promise<Difference>
  /** Columns that a declared check says to be unique; undefined for other checks. Left out by values that have no checks. */
  uniqueColumns?(check: Check): readonly string[] | undefined
  /** The rows of `former` whose key is none of `added`, and all of `added`. Left out by values that are not tables. */
  merge?(former: Relation, added: Relation, keys: readonly string[]): Relation
}

/** Any value type: all of its types are what one gets of it. */
export type AnyValueType = ValueType<unknown, unknown, unknown, unknown, unknown>

type Types<V> = V extends { readonly "~types"?: infer T } ? NonNullable<T> : never
type TypeAt<V, K extends string> = Types<V> extends { readonly [P in K]: infer T } ? T : never
/** What a transform gets of an asset, and returns. */
export type LazyOf<V> = TypeAt<V, "lazy">
/** What a compute gets of an asset, and `run.value` gives. */
export type BoundOf<V> = TypeAt<V, "bound">
/** What a compute may return for an asset. */
export type AcceptsOf<V> = TypeAt<V, "accepts">
/** What checks and layout of an asset are typed by. */
export type CheckedOf<V> = TypeAt<V, "checked">
/** What a transform sees of its partition. */
export type PartitionOf<V> = TypeAt<V, "partition">

/** Whether a plan gives the same rows each time: always; but for order and ties; never. */
export type Stability = "stable" | "unstable" | "volatile"

/** A column of an input of a plan. */
export interface ColumnOrigin {
  /** The text that `input` was called with. */
  readonly key: string
  readonly column: string
}

/** Where a column of a plan comes from. */
export interface PlanColumnLineage {
  readonly column: string
  /** What its values are computed from. */
  readonly direct: readonly ColumnOrigin[]
  /** What decides which rows there are, or how they are put together: filters, keys, order before a limit, windows. */
  readonly indirect: readonly ColumnOrigin[]
}

/** A join of a plan, with what its sides read: texts that `input` was called with. */
export interface PlanJoin {
  readonly left: readonly string[]
  readonly right: readonly string[]
  /** `inner left right full semi anti cross`. */
  readonly how: string
  /** A side is said to be small already. */
  readonly isBroadcast: boolean
}

/** What a transform returned: a plan that has not run. */
export interface LazyValue {
  /** Canonical JSON of the logical plan: equal for equal work, whatever the names of variables and the formatting. */
  readonly plan: Json
  /** The plan as lines of text for people; two of them are compared to show a change of code. */
  readonly text: string
  readonly stability: Stability
  /** Revisions of the functions that the plan uses, by name; a part of the fingerprint. */
  readonly revisions: { readonly [name: string]: number }
  /** The plan holds functions of the project and does not tell their code: the code version of the asset's module does. */
  readonly unversioned?: boolean
  /** What stands for the inputs that the plan reads: the texts that `input` was called with. */
  readonly inputs: readonly string[]
  /** The columns of the inputs that each column comes from. Left out by values that cannot tell. */
  lineage?(): readonly PlanColumnLineage[]
  /** The joins in it. Left out by values that cannot tell. */
  joins?(): readonly PlanJoin[]
  /** The relation that an engine runs: stored inputs and the partition's values in place of what stood for them. */
  bind(inputs: ReadonlyMap<string, Relation>, parameters: PartitionParameters): Relation
}

/** The values of a step's partition. Times are instants, half-open. */
export interface PartitionParameters {
  readonly key?: string
  readonly start?: Date
  readonly end?: Date
  readonly now: Date
}

/** What an IO manager is given to store. */
export type OutputValue =
  /** Computed and written by the engine; no row passes through Node. */
  | { readonly kind: "relation"; readonly relation: Relation; readonly schema: Schema }
  /** Made in TypeScript. `batches` may be called once. */
  | {
      readonly kind: "batches"
      readonly schema: Schema
      batches(): AsyncIterable<RecordBatch>
      /** SHA-256 of the content, in hex; known once the stream has been read to its end. */
      digest?(): string | undefined
    }
  | { readonly kind: "json"; readonly value: Json }
  /** The asset's function stored it by itself; only the record of it is kept. */
  | { readonly kind: "nothing" }

/** What an IO manager gives back. */
export type StoredValue =
  | { readonly kind: "relation"; readonly relation: Relation; readonly schema: Schema }
  | { readonly kind: "json"; readonly value: Json }
  | { readonly kind: "nothing" }
