import type { RecordBatch } from "apache-arrow"
import type { DataType } from "../schema/data-type.ts"
import type { Schema } from "../schema/schema.ts"
import type { Expression, LiteralValue, SortKey } from "./expression.ts"

export interface NamedExpression {
  readonly name: string
  readonly expression: Expression
}

/** How an engine may go about it; no hint changes the rows. */
export type Hint =
  | { readonly name: "broadcast" }
  | { readonly name: "repartition"; readonly partitions: number; readonly columns: readonly string[] }
  | { readonly name: "coalesce"; readonly partitions: number }
  /** Computed once, also where reading twice would be cheaper. */
  | { readonly name: "cache" }

export interface GeneratedColumn {
  readonly part: "position" | "element" | "key" | "value"
  readonly name: string
  readonly type: DataType
}

export type JoinKind = "inner" | "left" | "right" | "full" | "semi" | "anti" | "cross"

/** A literal of any type, nested ones included; a map is a list of pairs. */
export type Value = LiteralValue | readonly Value[]

export interface CsvOptions {
  readonly header?: boolean
  /** Default `,`. */
  readonly delimiter?: string
  readonly quote?: string
  readonly escape?: string
  /** Text that stands for null. Default the empty text. */
  readonly nullValue?: string
}

/**
 * A lazy plan. Immutable; each relation carries the columns that it gives, so that nothing has to be asked of an engine.
 * A closed union. A relation that is the same object in two places of a plan is computed once.
 */
export type Relation =
  /** Stands for what is stored under `key`, until it is bound. */
  | { readonly kind: "input"; readonly key: string; readonly schema: Schema }
  /**
   * Files, by absolute path or URL, read as the columns of `schema`: the reader matches them by name without regard to
   * case and casts what is stored otherwise (timestamps in nanoseconds, unsigned numbers).
   */
  | {
      readonly kind: "files"
      readonly format: "parquet" | "orc" | "csv" | "json" | "delta"
      /** Of `delta` the folder of one table. */
      readonly paths: readonly string[]
      /** The version of the table; without it the newest one when a statement runs. */
      readonly version?: number
      readonly csv?: CsvOptions
      readonly hivePartitioned?: boolean
      /** Made by others: what is stored may be of another type than is declared, and is refused where values would change. */
      readonly foreign?: boolean
      readonly schema: Schema
    }
  /** A table of the engine, by its qualified name, parts not quoted. */
  | { readonly kind: "table"; readonly path: readonly string[]; readonly schema: Schema }
  /** Rows in the plan; few. Each row has the columns of `schema` in order. */
  | { readonly kind: "values"; readonly rows: readonly (readonly Value[])[]; readonly schema: Schema }
  | {
      readonly kind: "project"
      readonly input: Relation
      readonly columns: readonly NamedExpression[]
      readonly schema: Schema
    }
  | { readonly kind: "filter"; readonly input: Relation; readonly condition: Expression; readonly schema: Schema }
  | {
      readonly kind: "aggregate"
      readonly input: Relation
      readonly keys: readonly NamedExpression[]
      readonly aggregates: readonly NamedExpression[]
      /** Of `rollup` and the like: the keys of each grouping, by their places; the others are null in its rows. */
      readonly sets?: readonly (readonly number[])[]
      /** A key that few values of hold most rows: an engine that shuffles may aggregate in two steps. */
      readonly salt?: { readonly key: string; readonly buckets: number }
      readonly schema: Schema
    }
  | { readonly kind: "hint"; readonly input: Relation; readonly hint: Hint; readonly schema: Schema }
  /** The columns of the input with some more, once for each element of an array or entry of a map. */
  | {
      readonly kind: "generate"
      readonly input: Relation
      readonly expression: Expression
      /** True: a row of nulls where there is no element. */
      readonly outer: boolean
      readonly columns: readonly GeneratedColumn[]
      readonly schema: Schema
    }
  /**
   * The columns of the left, then those of the right. Columns in `condition` have a `side`. With `using`, keys come once
   * and first: of the left, of the right for `right`, the first that is not null for `full`.
   */
  | {
      readonly kind: "join"
      readonly left: Relation
      readonly right: Relation
      readonly how: JoinKind
      readonly using?: readonly string[]
      readonly condition?: Expression
      readonly schema: Schema
    }
  /** Rows of both, columns by position; the names are those of the first, the types are equal. */
  | {
      readonly kind: "set"
      readonly operation: "union" | "intersect" | "except"
      readonly all: boolean
      readonly left: Relation
      readonly right: Relation
      readonly schema: Schema
    }
  | { readonly kind: "distinct"; readonly input: Relation; readonly schema: Schema }
  /** One row for each value of `columns`; which one is not defined. */
  | {
      readonly kind: "deduplicate"
      readonly input: Relation
      readonly columns: readonly string[]
      readonly schema: Schema
    }
  | {
      readonly kind: "sort"
      readonly input: Relation
      readonly keys: readonly SortKey<Expression>[]
      readonly schema: Schema
    }
  /** All rows but the first ones. */
  | { readonly kind: "offset"; readonly input: Relation; readonly rows: number; readonly schema: Schema }
  | { readonly kind: "limit"; readonly input: Relation; readonly rows: number; readonly schema: Schema }
  | {
      readonly kind: "sample"
      readonly input: Relation
      readonly fraction: number
      readonly seed: number
      readonly schema: Schema
    }
  /** Batches of the input, each through a function. An engine computes it before it prints what stands on it. */
  | {
      readonly kind: "mapBatches"
      readonly input: Relation
      readonly map: BatchMap
      /** What stands for the function's code; without it the plan does not tell what it does. */
      readonly version?: string
      readonly schema: Schema
    }

/** A function of the project that makes an Arrow batch of each; an Arrow batch to users, opaque to the plan. */
export type BatchMap = (batch: RecordBatch) => unknown

/** Values for the parameters of a plan, by name. */
export type Parameters = ReadonlyMap<string, { readonly value: LiteralValue; readonly type: DataType }>
