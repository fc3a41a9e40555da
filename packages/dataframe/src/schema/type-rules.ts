import type {
  DataType as ArrowType,
  Binary,
  Bool,
  DateDay,
  Decimal,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  List,
  Map_,
  Null,
  Struct,
  TimestampMicrosecond,
  Utf8,
} from "apache-arrow/type"
import type { ColumnType } from "./columns.ts"
import type { MeaningOf, Timestamp, TimestampNtz } from "./t.ts"

// Spark's rules for types, as far as tsc is told of them. The plan has them whole, with the precision of decimals.

export type Integer = Int8 | Int16 | Int32 | Int64
export type Floating = Float32 | Float64
export type Numeric = Integer | Floating | Decimal
export type Temporal = DateDay | Timestamp | TimestampNtz

declare const columnType: unique symbol

/** Anything that computes a value of type `T`; what a parameter that takes a column asks for. */
export interface TypedColumn<out T extends ArrowType = ColumnType> {
  /** Exists for `tsc` only. */
  readonly [columnType]: T
}

export type TypeOf<C> = C extends TypedColumn<infer T> ? T : never

/** Types that compare with `T`: numbers with numbers, times with times, all else only with its own. */
type Peer<T extends ArrowType> = T extends Numeric ? Numeric : T extends Temporal ? Temporal : T

/** The JavaScript values that stand for a value of type `T` in an expression. */
export type Literal<T extends ArrowType> = T extends Numeric
  ? number | bigint
  : T extends Utf8
    ? string
    : T extends Bool
      ? boolean
      : T extends Temporal
        ? Date | string
        : T extends Binary
          ? Uint8Array
          : never

/** What may stand beside a column of type `T`: another column, or a literal. */
export type Operand<T extends ArrowType> = TypedColumn<Peer<T>> | Literal<T>

export type NumericOperand = TypedColumn<Numeric> | number | bigint

/** Any literal. */
export type AnyLiteral = number | bigint | string | boolean | Date | Uint8Array | null

/** Spark's type of a literal. Of a number that is not written out `tsc` cannot say whether it is whole. */
export type LiteralType<V> = V extends bigint
  ? Int64
  : V extends number
    ? number extends V
      ? Int32 | Float64
      : `${V}` extends `${bigint}`
        ? Int32
        : Float64
    : V extends string
      ? Utf8
      : V extends boolean
        ? Bool
        : V extends Date
          ? Timestamp
          : V extends Uint8Array
            ? Binary
            : V extends null
              ? Null
              : never

/** The type of a column or a literal. */
export type OperandType<O> = O extends TypedColumn<infer T> ? T : LiteralType<O>

/** Type of `+ - * %`: the wider of two whole numbers, double as soon as one is a float, decimals stay decimals. */
export type Arithmetic<A, B> = A extends Float32
  ? B extends Float32
    ? Float32
    : Float64
  : A extends Float64
    ? Float64
    : B extends Floating
      ? Float64
      : A extends Decimal
        ? Decimal
        : B extends Decimal
          ? Decimal
          : Wider<A, B>

type Wider<A, B> = A extends Int64
  ? Int64
  : B extends Int64
    ? Int64
    : A extends Int32
      ? Int32
      : B extends Int32
        ? Int32
        : A extends Int16
          ? Int16
          : B extends Int16
            ? Int16
            : Int8

/** Type of `/`: decimal where a decimal meets no float, else double. */
export type Quotient<A, B> = A extends Floating
  ? Float64
  : B extends Floating
    ? Float64
    : A extends Decimal
      ? Decimal
      : B extends Decimal
        ? Decimal
        : Float64

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false

/** The type that holds values of both: of the branches of a `when`, of the arguments of `coalesce`, of a union. */
export type Common<A, B> = [A] extends [Null]
  ? B
  : [B] extends [Null]
    ? A
    : Same<A, B> extends true
      ? A
      : [A, B] extends [Numeric, Numeric]
        ? Arithmetic<A, B>
        : [A, B] extends [Temporal, Temporal]
          ? Timestamp extends A | B
            ? Timestamp
            : TimestampNtz
          : never

/** The type that holds the values of all. */
export type CommonOf<A, Rest> = Rest extends readonly [infer Next, ...infer More]
  ? CommonOf<Common<A, OperandType<Next>>, More>
  : Rest extends readonly []
    ? A
    : Rest extends readonly (infer Each)[]
      ? Common<A, OperandType<Each>>
      : A

/** Type of a sum: bigint of whole numbers. */
export type Sum<T> = T extends Integer ? Int64 : T extends Decimal ? Decimal : Float64

/** Type of a mean: double, of decimals a decimal. */
export type Average<T> = T extends Decimal ? Decimal : Float64

/** A type in Spark's words, so that a column of another type reads `"bigint"` beside `"int"` and not two classes. */
export type TypeName<T> = T extends Int64
  ? "bigint"
  : T extends Int32
    ? "int"
    : T extends Int16
      ? "smallint"
      : T extends Int8
        ? "tinyint"
        : T extends Float64
          ? "double"
          : T extends Float32
            ? "float"
            : T extends Utf8
              ? "string"
              : T extends Bool
                ? "boolean"
                : T extends DateDay
                  ? "date"
                  : T extends Binary
                    ? "binary"
                    : BrandedName<T>

/** A decimal of unknown precision may stand for every decimal to `tsc`: the plan knows better. */
type BrandedName<T> = T extends Decimal ? (string extends MeaningOf<T> ? never : MeaningOf<T>) : NestedName<T>

type NestedName<T> = T extends TimestampMicrosecond
  ? MeaningOf<T>
  : T extends List<infer E>
    ? { readonly array: TypeName<E> }
    : T extends Struct<infer F>
      ? { readonly struct: TypeNames<F> }
      : T extends Map_<infer K, infer V>
        ? { readonly map: TypeName<K>; readonly to: TypeName<V> }
        : T

/** The columns with their types in Spark's words. */
export type TypeNames<S> = { readonly [K in keyof S]: TypeName<S[K]> }
