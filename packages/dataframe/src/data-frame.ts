import type { DataType as ArrowType, Bool, RecordBatch, Table, Utf8 } from "apache-arrow"
import type { ColumnsOf, NamedColumns, SortColumn, TypesOf } from "./column.ts"
import type { GroupedData, Groupings } from "./grouped-data.ts"
import type { ColumnName, Columns, SchemaError, Simplify } from "./schema/columns.ts"
import type {
  Apart,
  ApartUnlessLeft,
  Joinable,
  Joined,
  JoinHow,
  SameTypes,
  Stackable,
  Stacked,
} from "./schema/join-types.ts"
import type { Row } from "./schema/row.ts"
import type { Schema } from "./schema/schema.ts"
import type { Literal, TypedColumn, TypeName, TypeNames } from "./schema/type-rules.ts"

declare const columns: unique symbol
declare const onlyColumns: unique symbol
declare const columnTypes: unique symbol

/**
 * A frame as far as its columns go: what a parameter that takes any frame asks for. Its properties exist for `tsc` only,
 * and stand in the order in which it compares them: so a wrong column is told in few words.
 */
export interface TypedFrame<in out S> {
  /** A missing or retyped column differs here. */
  readonly [columns]: TypeNames<S>
  /** One too many differs here. */
  readonly [onlyColumns]: keyof S
  readonly [columnTypes]: S
}

/** Whether actions may be called: on `bound` frames only. */
export type Binding = "lazy" | "bound"

interface ActionsOf<S> {
  lazy: unknown
  bound: Actions<S>
}

/** A frame of the same binding with other columns. */
export type Derived<S, B extends Binding> = DataFrame<S, B> & ActionsOf<S>[B]

/** A frame with actions: it is bound to an engine's session. It may stand wherever a `DataFrame` may. */
export type BoundDataFrame<S> = Derived<S, "bound">

type NameOrColumns<S> = ColumnName<S> | ((columns: ColumnsOf<S>) => NamedColumns)

type Selected<S, C> = Simplify<Pick<S, Extract<C, keyof S>> & Computed<Exclude<C, string>>>

/** The columns that callbacks give, those of all of them together. */
type Computed<C> = [C] extends [never]
  ? unknown
  : (C extends (...columns: never) => infer O ? (together: TypesOf<O>) => void : never) extends (
        together: infer All,
      ) => void
    ? All
    : unknown

type SortBy<S> =
  | ColumnName<S>
  | ((columns: ColumnsOf<S>) => SortColumn | TypedColumn | readonly (SortColumn | TypedColumn)[])

/** Values for nulls by column, or one value for all columns of its type. */
type Fill<S> =
  | number
  | bigint
  | string
  | boolean
  | { readonly [K in ColumnName<S>]?: S[K] extends ArrowType ? Literal<S[K]> : never }

type Renamed<S, M> = {
  [K in keyof S as K extends keyof M ? (M[K] extends string ? M[K] : K) : K]: S[K]
}

/**
 * A lazy, immutable table of typed columns. Each method gives a new frame and runs nothing.
 *
 * `S` is column name → Arrow type. It is invariant: a frame with a missing, another or a further column is another type.
 * Names are matched without regard to case when the plan is built. Rows have no order, but after `orderBy`.
 */
export interface DataFrame<in out S, out B extends Binding = Binding> extends TypedFrame<S> {
  readonly [columns]: TypeNames<S>
  readonly [onlyColumns]: keyof S
  readonly [columnTypes]: S

  /** The columns of these names, or those that a callback computes: `select("a", f => ({ total: f.x.plus(f.y) }))`. */
  select<const C extends readonly NameOrColumns<S>[]>(...columns: C): Derived<Selected<S, C[number]>, B>
  /** Adds a column, or puts it in the place of one with the same name. */
  withColumn<const N extends string, T extends Columns[string]>(
    name: N,
    compute: (columns: ColumnsOf<S>) => TypedColumn<T>,
  ): Derived<Simplify<Omit<S, N> & { [K in N]: T }>, B>
  /** Adds columns, computed from the frame as it is, or replaces them. */
  withColumns<O extends NamedColumns>(
    compute: (columns: ColumnsOf<S>) => O,
  ): Derived<Simplify<Omit<S, keyof O> & TypesOf<O>>, B>
  /** Renames columns: `{ old: "new" }`. */
  rename<const M extends { readonly [K in ColumnName<S>]?: string }>(
    names: M & { readonly [K in Exclude<keyof M & string, keyof S>]: never },
  ): Derived<Renamed<S, M>, B>
  /** All columns but these. */
  drop<const K extends ColumnName<S>>(...columns: readonly K[]): Derived<Simplify<Omit<S, K>>, B>
  /**
   * Holds the frame to these columns: none missing, none further, none of another type; puts them in this order.
   * It also starts the depth of computed types afresh, which a chain of some dozens of steps needs.
   */
  checked<T extends Columns>(columns: T & Exactly<NoInfer<T>, S>): Derived<{ [K in keyof T]: T[K] }, B>

  /** The rows for which the condition is true; not those for which it is null. */
  filter(condition: (columns: ColumnsOf<S>) => TypedColumn<Bool>): Derived<S, B>
  /** At most `rows` rows; which ones is only defined after `orderBy` over a key. */
  limit(rows: number): Derived<S, B>
  /** Each row once. NaN equals NaN, null equals null, -0.0 equals 0.0. */
  distinct(): Derived<S, B>
  /** One row for each value of these columns, of all when none is named. Which of several rows stays is not defined. */
  dropDuplicates<const K extends ColumnName<S>>(...columns: readonly K[]): Derived<S, B>
  /** All rows but the first ones; which these are is only defined after `orderBy` over a key. */
  offset(rows: number): Derived<S, B>
  /** Sorts by columns, ascending and nulls first, or as a callback says: `orderBy("day", f => f.total.desc())`. */
  orderBy(...by: readonly SortBy<S>[]): Derived<S, B>
  /** About this fraction of the rows, from 0 to 1. Engines take different rows. */
  sample(fraction: number, seed?: number): Derived<S, B>
  /** Puts a value in the place of null and NaN: by column, or one value in all columns of its type. */
  fillna(values: Fill<S>): Derived<S, B>
  /** Puts other values in the place of some: texts as `{ old: "new" }`, others as a `Map`; in all columns of their type. */
  replace<const V extends string | number | bigint | boolean>(
    values: { readonly [text: string]: string | null } | ReadonlyMap<V, V | null>,
    subset?: readonly ColumnName<S>[],
  ): Derived<S, B>
  /** Leaves out rows with a null or NaN: in any column, in all (`how: "all"`), or with fewer than `thresh` values. */
  dropna(options?: {
    readonly how?: "any" | "all"
    readonly thresh?: number
    readonly subset?: readonly ColumnName<S>[]
  }): Derived<S, B>

  /**
   * Joins on columns of the same name. The keys come once and first; every other name must be on one side only.
   * `how` is `inner` when left out; `semi` and `anti` keep the columns of the left, and its rows with, or without, a match.
   */
  join<R extends Columns, const K extends ColumnName<S> | (string & {}), const H extends JoinHow = "inner">(
    right: TypedFrame<R> & Joinable<S, R, NoInfer<K>, NoInfer<H>>,
    using: K | readonly K[],
    how?: H,
  ): Derived<Joined<S, R, K, H>, B>
  /** Joins on a condition. No name may be on both sides, but for `semi` and `anti`. */
  joinOn<R extends Columns, const H extends JoinHow = "inner">(
    right: TypedFrame<R> & ApartUnlessLeft<S, R, NoInfer<H>>,
    condition: (left: ColumnsOf<S>, right: ColumnsOf<R>) => TypedColumn<Bool>,
    how?: H,
  ): Derived<Joined<S, R, never, H>, B>
  /** Each row of the left with each of the right. */
  crossJoin<R extends Columns>(right: TypedFrame<R> & Apart<S, R>): Derived<Simplify<S & R>, B>
  /** The rows of both, columns by position; duplicates stay. */
  union<R extends Columns>(right: TypedFrame<R> & Stackable<S, R>): Derived<Stacked<S, R>, B>
  /** The rows of both, columns by name. With `allowMissing`, a column of one side only is null for the other. */
  unionByName<R extends Columns, const A extends boolean = false>(
    right: TypedFrame<R> & (NoInfer<A> extends true ? SameTypes<S, R> : Stackable<S, R>),
    options?: { readonly allowMissing?: A },
  ): Derived<Simplify<Stacked<S, R> & Omit<R, keyof S>>, B>
  /** The rows of the left that the right has, each once. */
  intersect<R extends Columns>(right: TypedFrame<R> & Stackable<S, R>): Derived<Stacked<S, R>, B>
  /** The rows that both have, as often as the side that has fewer of them. */
  intersectAll<R extends Columns>(right: TypedFrame<R> & Stackable<S, R>): Derived<Stacked<S, R>, B>
  /** The rows of the left that the right has not, each once. */
  except<R extends Columns>(right: TypedFrame<R> & Stackable<S, R>): Derived<Stacked<S, R>, B>
  /** The rows of the left, each of the right taking one equal away. */
  exceptAll<R extends Columns>(right: TypedFrame<R> & Stackable<S, R>): Derived<Stacked<S, R>, B>

  /** Groups rows by columns; `agg` on what it gives makes a row of each group. Nulls are a group of their own. */
  groupBy<const K extends ColumnName<S>>(...keys: readonly K[]): GroupedData<S, K, B>
  /** Groups by all keys, by all but the last, and so on to one group of all rows; keys left out are null. */
  rollup<const K extends ColumnName<S>>(...keys: readonly K[]): Groupings<S, K, B>
  /** Groups by each subset of the keys; keys left out are null. */
  cube<const K extends ColumnName<S>>(...keys: readonly K[]): Groupings<S, K, B>
  /** Groups by each of these sets of keys; keys left out are null. */
  groupingSets<const K extends ColumnName<S>>(sets: readonly (readonly K[])[]): Groupings<S, K, B>
  /** A row for each of the columns `values` of each row: its name and its value; nulls stay. */
  unpivot<const I extends ColumnName<S>, const V extends ColumnName<S>, const N extends string, const M extends string>(
    ids: readonly I[],
    values: readonly V[],
    variable: N,
    value: M,
  ): Derived<Simplify<Pick<S, I> & { [P in N]: Utf8 } & { [P in M]: S[V] }>, B>
  /** Hint for engines that shuffle: so many partitions, rows of equal columns in the same one. */
  repartition(partitions: number, ...columns: readonly ColumnName<S>[]): Derived<S, B>
  /** Hint for engines that shuffle: at most so many partitions, without moving rows between machines. */
  coalescePartitions(partitions: number): Derived<S, B>
  /** Computes the frame once, also where an engine would rather read twice. */
  cache(): Derived<S, B>

  /**
   * Streams the rows through a function, an Arrow batch at a time: what it returns has exactly these columns. Batches
   * are of no certain size and order. It runs with the plan, not before; in memory are the batches at hand alone.
   *
   * The code of the function is a part of what is stored: by `version`, or by the module that declares the asset.
   */
  mapBatches<const O extends Columns>(
    columns: O,
    map: (batch: RecordBatch<ArrowColumns<S>>) => RecordBatch | Promise<RecordBatch>,
    options?: { readonly version?: string },
  ): Derived<{ [K in keyof O]: O[K] }, B>

  /** Aggregates all rows to one, also when there are none. */
  agg<O extends NamedColumns>(aggregates: (columns: ColumnsOf<S>) => O): Derived<Simplify<TypesOf<O>>, B>
}

/** Of columns that are declared for a frame: a sentence for each that is wrong. */
type Exactly<T, S> = {
  readonly [K in keyof T | keyof S]: K extends keyof S
    ? K extends keyof T
      ? TypeName<S[K]> extends TypeName<T[K]>
        ? unknown
        : SchemaError<`the frame has this column as ${TypeName<S[K]> & string}`>
      : SchemaError<"the frame has this column, too">
    : SchemaError<"the frame has no such column">
}

type ArrowColumns<S> = { [K in keyof S]: S[K] extends ArrowType ? S[K] : never }

/** What runs a query. Each call runs the plan once more. */
export interface Actions<S> {
  /**
   * All rows as an Arrow table in memory.
   * @throws FrameError `FRAME_COLLECT_LIMIT` above `collectLimitBytes`
   */
  collect(options?: { readonly collectLimitBytes?: number }): Promise<Table<ArrowColumns<S>>>
  /** Streams the rows as objects. */
  rows(): AsyncIterableIterator<Row<S>>
  /** Streams Arrow record batches. */
  batches(): AsyncIterableIterator<RecordBatch<ArrowColumns<S>>>
  /** Counts the rows in the engine. */
  count(): Promise<number>
  /** The first row, or null when there is none. */
  first(): Promise<Row<S> | null>
  /** The first `rows` rows. */
  take(rows: number): Promise<Row<S>[]>
  /** Prints the first rows as a table. Default 20. */
  show(rows?: number): Promise<void>
  /** The columns and their types; runs nothing. */
  schema(): Schema
  /** The plan as text; with `engine`, the statement that the engine runs and its own plan too. */
  explain(options?: { readonly engine?: boolean }): Promise<string>
}
