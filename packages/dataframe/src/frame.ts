import type { RecordBatch, Table, Utf8 } from "apache-arrow"
import type { Column } from "./column.ts"
import { ColumnExpression } from "./column-expression.ts"
import { type CompareOptions, compareFrames, type FrameDifference, uniqueColumnsOf } from "./compare-frames.ts"
import type { BoundDataFrame, DataFrame, TypedFrame } from "./data-frame.ts"
import { digestFrame, isDigestible } from "./digest-frame.ts"
import { FrameError } from "./errors/frame-error.ts"
import { type CheckOutcome, evaluateChecks } from "./evaluate-checks.ts"
import { type LazyPlan, lazyPlan } from "./lazy-plan.ts"
import { mergeRows } from "./merge-rows.ts"
import { bindPlan } from "./plan/bind-plan.ts"
import { distinctNames } from "./plan/column-named.ts"
import { checkedTo } from "./plan/conform.ts"
import { parametersOf } from "./plan/partition-values.ts"
import { columnName } from "./plan/project.ts"
import type { Relation } from "./plan/relation.ts"
import { boundFrame, isFrame, lazyFrame, relationOf } from "./plan-frame.ts"
import { schemaOf } from "./schema/arrow-type.ts"
import type { Columns } from "./schema/columns.ts"
import type { DataType } from "./schema/data-type.ts"
import { parseDataType } from "./schema/parse-data-type.ts"
import type { RowInput } from "./schema/row.ts"
import type { Schema } from "./schema/schema.ts"
import type { Timestamp } from "./schema/t.ts"
import { typeName } from "./schema/type-name.ts"
import { DeferredSession } from "./session/deferred-session.ts"
import type { EngineSession, OpenSession } from "./session/engine-session.ts"
import { type OutputBatches, outputBatches } from "./session/output-batches.ts"

/**
 * What a `compute` may return for a frame: rows in any of these forms. Streams are never in memory whole.
 * Array and generator are named, though both are iterables, so that a wrong row is told by its column.
 */
export type FrameInput<S> =
  | RowInput<S>[]
  | AsyncGenerator<RowInput<S>>
  | TypedFrame<S>
  | Table
  | Iterable<RowInput<S>>
  | AsyncIterable<RowInput<S>>
  | Iterable<RecordBatch>
  | AsyncIterable<RecordBatch>

/** What a `transform` sees of its partition: columns that stand for the values of the step that will run. */
export interface PartitionColumns {
  /** The partition's key. */
  readonly key: Column<Utf8>
  /** Start of the partition's window; it belongs to the window. */
  readonly start: Column<Timestamp>
  /** End of the partition's window; it does not belong to it. */
  readonly end: Column<Timestamp>
}

/** Rows as they are stored: what an IO manager gives. */
export type StoredFrame = { readonly kind: string; readonly relation?: { readonly kind: string } }

/** What an IO manager is given to store. */
export type FrameOutput =
  | { readonly kind: "relation"; readonly relation: Relation; readonly schema: Schema }
  | ({ readonly kind: "batches"; readonly schema: Schema } & OutputBatches)

/** A table with these columns, as an asset's `returns`. Made by `frame`; it is one of core's value types. */
export interface FrameType<S extends Columns> {
  /** Exists for `tsc` only. */
  readonly "~types"?: {
    readonly lazy: DataFrame<S>
    readonly bound: BoundDataFrame<S>
    readonly accepts: FrameInput<S>
    readonly checked: S
    readonly partition: PartitionColumns
  }
  readonly kind: "frame"
  /** The columns as they were declared. */
  readonly types: S
  schema(): Schema
  /** Canonical: names and Spark's words for the types, in order. */
  describe(): { readonly columns: readonly (readonly [name: string, type: string])[]; readonly kind: "frame" }
  columns(): readonly { readonly name: string; readonly type: string }[]
  /** Columns whose types are given in Spark's words, as a materialization records them. */
  schemaOf(columns: readonly { readonly name: string; readonly type: string }[]): Schema
  /** The frame that stands for the stored value of `key` while planning. */
  input(key: string): DataFrame<S>
  partition(): PartitionColumns
  /** @throws FrameError `FRAME_SCHEMA_MISMATCH` */
  lazy(returned: unknown): LazyPlan
  bind(stored: StoredFrame, session: OpenSession): Promise<BoundDataFrame<S>>
  /** @throws FrameError `FRAME_SCHEMA_MISMATCH`, `FRAME_ROW_INVALID`, `FRAME_INPUT_UNBOUND` for a lazy frame */
  output(returned: unknown): FrameOutput
  check(
    checks: readonly { readonly name: string }[],
    stored: StoredFrame,
    session: EngineSession,
    signal: AbortSignal,
  ): Promise<readonly CheckOutcome[]>
  /** In what two stored tables differ, each with the columns that it was stored with. */
  compare(
    left: StoredFrame,
    right: StoredFrame,
    session: () => Promise<EngineSession>,
    options: CompareOptions,
  ): Promise<FrameDifference>
  /** The columns of a check that is `unique`. */
  uniqueColumns(check: { readonly name: string }): readonly string[] | undefined
  /** The rows of `former` whose key is none of `added`, and all of `added`. */
  merge(former: { readonly kind: string }, added: { readonly kind: string }, keys: readonly string[]): Relation
  /** SHA-256 of the rows, whatever their order. Left out where a column holds a map: Spark orders none. */
  digest?(stored: StoredFrame, session: EngineSession, signal: AbortSignal): Promise<string>
}

/**
 * Declares a table by its columns: name → type of `t`. What an asset returns is held to it exactly.
 * @throws FrameError `FRAME_ARGUMENT_INVALID`, `FRAME_COLUMN_DUPLICATE`
 * @example
 * frame({ id: t.int64, name: t.string, amount: t.decimal(12, 2) })
 */
export function frame<const S extends Columns>(columns: S): FrameType<S> {
  return new DeclaredFrame(columns)
}

class DeclaredFrame<S extends Columns> implements FrameType<S> {
  readonly kind = "frame"
  readonly types: S
  readonly digest?: NonNullable<FrameType<S>["digest"]>
  readonly #schema: Schema

  constructor(columns: S) {
    this.types = columns
    this.#schema = schemaOf(columns)
    for (const column of this.#schema.columns) columnName(column.name)
    distinctNames(this.#schema.columns)
    for (const column of this.#schema.columns) distinctFields(column.name, column.type)
    if (this.#schema.columns.length === 0) throw noColumns()
    if (isDigestible(this.#schema)) {
      this.digest = (stored, session, signal) => digestFrame(storedRelation(stored), session, signal)
    }
    Object.freeze(this)
  }

  schema(): Schema {
    return this.#schema
  }

  describe(): ReturnType<FrameType<S>["describe"]> {
    return { columns: this.#schema.columns.map(({ name, type }) => [name, typeName(type)] as const), kind: "frame" }
  }

  columns(): readonly { readonly name: string; readonly type: string }[] {
    return this.#schema.columns.map(({ name, type }) => ({ name, type: typeName(type) }))
  }

  schemaOf(columns: readonly { readonly name: string; readonly type: string }[]): Schema {
    return { columns: columns.map(({ name, type }) => ({ name, type: parseDataType(type) })) }
  }

  input(key: string): DataFrame<S> {
    return lazyFrame({ kind: "input", key, schema: this.#schema })
  }

  partition(): PartitionColumns {
    const parameter = (name: string, type: DataType) => new ColumnExpression({ kind: "parameter", name, type })
    return Object.freeze({
      key: parameter("partition.key", { kind: "string" }),
      start: parameter("partition.start", { kind: "timestamp" }),
      end: parameter("partition.end", { kind: "timestamp" }),
    }) as unknown as PartitionColumns // the class gets its typed face
  }

  lazy(returned: unknown): LazyPlan {
    if (returned instanceof Promise) throw asyncTransform()
    return lazyPlan(checkedTo(relationOf(returned, "The end of a transform"), this.#schema, "returns"))
  }

  async bind(stored: StoredFrame, session: OpenSession): Promise<BoundDataFrame<S>> {
    const now = new Date()
    return boundFrame(
      checkedTo(storedRelation(stored), this.#schema, "returns"),
      async () => new DeferredSession(await session(), now),
    )
  }

  output(returned: unknown): FrameOutput {
    if (!isFrame(returned)) return { kind: "batches", schema: this.#schema, ...outputBatches(returned, this.#schema) }
    const relation = checkedTo(relationOf(returned, "compute"), this.#schema, "returns")
    const bound = bindPlan(relation, { inputs: new Map(), parameters: parametersOf({ now: new Date() }) })
    return { kind: "relation", relation: bound, schema: this.#schema }
  }

  check(
    checks: readonly { readonly name: string }[],
    stored: StoredFrame,
    session: EngineSession,
    signal: AbortSignal,
  ): Promise<readonly CheckOutcome[]> {
    return evaluateChecks(checks, storedRelation(stored), session, signal)
  }

  async compare(
    left: StoredFrame,
    right: StoredFrame,
    session: () => Promise<EngineSession>,
    options: CompareOptions,
  ): Promise<FrameDifference> {
    return compareFrames(storedRelation(left), storedRelation(right), await session(), options)
  }

  uniqueColumns(check: { readonly name: string; describe?(): unknown }): readonly string[] | undefined {
    return uniqueColumnsOf(check)
  }

  merge(former: { readonly kind: string }, added: { readonly kind: string }, keys: readonly string[]): Relation {
    return mergeRows(former as Relation, added as Relation, keys, this.#schema) // core hands relations on unread
  }
}

/** A stored value's relation is one of ours, which core hands on unread. */
function storedRelation(stored: StoredFrame): Relation {
  if (stored.kind === "relation" && stored.relation) return stored.relation as Relation
  throw new FrameError("FRAME_SCHEMA_MISMATCH", {
    what: `A table was expected, and what is stored is ${stored.kind}.`,
    why: "The asset was stored with another value type.",
    fix: "Materialize the asset again.",
  })
}

/** Fields of a struct, too, differ without regard to case: no file keeps two that do not apart. */
function distinctFields(name: string, type: DataType): void {
  if (type.kind === "array") distinctFields(name, type.element)
  if (type.kind === "map") distinctFields(name, type.value)
  if (type.kind !== "struct") return
  distinctNames(type.fields, `The struct '${name}'`)
  for (const field of type.fields) distinctFields(`${name}.${field.name}`, field.type)
}

function noColumns(): FrameError {
  return new FrameError("FRAME_ARGUMENT_INVALID", {
    what: "A frame without columns was declared.",
    why: "A table has at least one column.",
    fix: "Declare its columns: frame({ id: t.int64 }).",
  })
}

function asyncTransform(): FrameError {
  return new FrameError("FRAME_ARGUMENT_INVALID", {
    what: "A transform returned a promise.",
    why: "A transform is called while planning and gives its plan at once; there is nothing to wait for.",
    fix: "Take async and await away, or declare the asset with compute.",
  })
}
