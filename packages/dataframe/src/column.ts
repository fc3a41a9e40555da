import type { DataType as ArrowType, Bool, Float32, Float64, List, Map_, Struct, Utf8 } from "apache-arrow/type"
import type { ColumnName, Columns, ColumnType } from "./schema/columns.ts"
import type {
  Arithmetic,
  Integer,
  Numeric,
  NumericOperand,
  Operand,
  OperandType,
  Quotient,
  TypedColumn,
} from "./schema/type-rules.ts"
import type { WindowSpec } from "./window.ts"

/**
 * A computation of one value per row, of type `T`. Which methods it has follows from its type, so that a wrong one reads
 * "Property 'plus' does not exist on type 'StringColumn'".
 *
 * Nulls are Spark's: an operator of a null is null, but for `eqNullSafe`, `isNull`, `isNotNull` and, where the other side
 * decides, `and` and `or`. Nothing is computed here; a Column is a part of a plan.
 */
export type Column<T extends ArrowType = ColumnType> = [T] extends [Numeric]
  ? [T] extends [Float32 | Float64]
    ? FloatColumn<T>
    : NumericColumn<T>
  : [T] extends [Utf8]
    ? StringColumn
    : [T] extends [Bool]
      ? BooleanColumn
      : [T] extends [List<infer Element>]
        ? ArrayColumn<Element>
        : [T] extends [Struct<infer Fields>]
          ? StructColumn<Fields>
          : [T] extends [Map_<infer Key, infer Value>]
            ? MapColumn<Key, Value>
            : ComparableColumn<T>

/** What a column of any type can do. */
export interface BaseColumn<T extends ArrowType> extends TypedColumn<T> {
  isNull(): BooleanColumn
  isNotNull(): BooleanColumn
  /** The value as another type; what cannot be cast fails when it runs, as in ANSI SQL. */
  cast<U extends ArrowType>(type: U): Column<U>
  /** The value as another type; null where it cannot be cast. */
  tryCast<U extends ArrowType>(type: U): Column<U>
  /** An aggregate over the rows of a window, for each row: `sum(f.amount).over(Window.partitionBy(f.customer))`. */
  over(window: WindowSpec): Column<T>
}

/** What a column can do whose values are equal or not, and have an order. NaN equals NaN and is the greatest number. */
export interface ComparableColumn<T extends ArrowType> extends BaseColumn<T> {
  equalTo(other: Operand<T>): BooleanColumn
  notEqual(other: Operand<T>): BooleanColumn
  gt(other: Operand<T>): BooleanColumn
  geq(other: Operand<T>): BooleanColumn
  lt(other: Operand<T>): BooleanColumn
  leq(other: Operand<T>): BooleanColumn
  /** Like `equalTo`, but two nulls are equal, and a null differs from all else. Never null. */
  eqNullSafe(other: Operand<T>): BooleanColumn
  /** Whether the value is one of these. */
  isin(...values: readonly Operand<T>[]): BooleanColumn
  /** Whether the value is at least `low` and at most `high`. */
  between(low: Operand<T>, high: Operand<T>): BooleanColumn
  /** Ascending, nulls first. */
  asc(): SortColumn
  ascNullsLast(): SortColumn
  /** Descending, nulls last. */
  desc(): SortColumn
  descNullsFirst(): SortColumn
}

export interface NumericColumn<T extends ArrowType> extends ComparableColumn<T> {
  /** Overflow fails when it runs, as in ANSI SQL. */
  plus<const O extends NumericOperand>(other: O): Column<Arithmetic<T, OperandType<O>>>
  minus<const O extends NumericOperand>(other: O): Column<Arithmetic<T, OperandType<O>>>
  multiply<const O extends NumericOperand>(other: O): Column<Arithmetic<T, OperandType<O>>>
  /** A double, also of two whole numbers; of decimals a decimal. Division by zero fails when it runs. */
  divide<const O extends NumericOperand>(other: O): Column<Quotient<T, OperandType<O>>>
  /** The rest of a division, with the sign of the dividend. */
  mod<const O extends NumericOperand>(other: O): Column<Arithmetic<T, OperandType<O>>>
}

export interface FloatColumn<T extends ArrowType> extends NumericColumn<T> {
  isNaN(): BooleanColumn
}

export interface StringColumn extends ComparableColumn<Utf8> {
  /** SQL's LIKE: `%` any text, `_` any one character, `\` before a character that stands for itself. */
  like(pattern: string): BooleanColumn
  /** Whether a regular expression matches a part of the text. */
  rlike(pattern: string): BooleanColumn
  startsWith(other: Operand<Utf8>): BooleanColumn
  endsWith(other: Operand<Utf8>): BooleanColumn
  contains(other: Operand<Utf8>): BooleanColumn
  /** `length` characters from `start`; the first character is 1, negative counts from the end. */
  substr(start: number | TypedColumn<Integer>, length: number | TypedColumn<Integer>): StringColumn
}

export interface BooleanColumn extends ComparableColumn<Bool> {
  and(other: TypedColumn<Bool> | boolean): BooleanColumn
  or(other: TypedColumn<Bool> | boolean): BooleanColumn
  not(): BooleanColumn
}

export interface ArrayColumn<Element extends ArrowType> extends ComparableColumn<List<Element>> {
  /** The element at an index from 0; an index outside fails when it runs. */
  getItem(index: number | TypedColumn<Integer>): Column<Element>
}

export interface StructColumn<Fields extends Columns> extends ComparableColumn<Struct<Fields>> {
  getField<const K extends ColumnName<Fields>>(name: K): Column<Fields[K]>
}

export interface MapColumn<Key extends ArrowType, Value extends ArrowType> extends BaseColumn<Map_<Key, Value>> {
  /** The value of a key; null where the map has no such key. */
  getItem(key: Operand<Key>): Column<Value>
}

declare const sorting: unique symbol

/** A column with a direction, for `orderBy`. */
export interface SortColumn {
  /** Exists for `tsc` only. */
  readonly [sorting]: true
}

/** The row proxy of a callback: one column for each column of the frame. */
export type ColumnsOf<S> = { readonly [K in ColumnName<S>]: S[K] extends ArrowType ? Column<S[K]> : never }

/** What a callback of `select`, `withColumns` and `agg` returns: column name → column. */
export type NamedColumns = { readonly [name: string]: TypedColumn }

/** The columns that named computations give. */
export type TypesOf<O> = { [K in keyof O]: O[K] extends TypedColumn<infer T> ? T : never }
