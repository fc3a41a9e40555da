import type {
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
  Struct,
  Utf8,
} from "apache-arrow/type"
import type { Timestamp, TimestampNtz } from "./t.ts"

/** The JavaScript value of a type, as rows give it; null beside it. */
export type RowValue<T> = T extends Int64
  ? bigint
  : T extends Int8 | Int16 | Int32 | Float32 | Float64
    ? number
    : T extends Bool
      ? boolean
      : T extends Utf8 | Decimal | DateDay | Timestamp | TimestampNtz
        ? string
        : T extends Binary
          ? Uint8Array
          : T extends List<infer E>
            ? readonly (RowValue<E> | null)[]
            : T extends Struct<infer F>
              ? Row<F>
              : T extends Map_<infer K, infer V>
                ? ReadonlyMap<RowValue<K>, RowValue<V> | null>
                : unknown

/**
 * A row as a JavaScript object: whole numbers to 32 bits and floats are numbers, int64 is bigint, decimals are text, a
 * date is `YYYY-MM-DD`, a timestamp ISO text with `Z` (a timestamp_ntz without), its microseconds kept.
 */
export type Row<S> = { readonly [K in keyof S]: RowValue<S[K]> | null }

/** The JavaScript values that are taken for a type: those that rows give, safe numbers for int64, `Date` for times. */
export type InputValue<T> = T extends Int64
  ? bigint | number
  : T extends DateDay | Timestamp | TimestampNtz
    ? string | Date
    : T extends List<infer E>
      ? readonly (InputValue<E> | null)[]
      : T extends Struct<infer F>
        ? RowInput<F>
        : T extends Map_<infer K, infer V>
          ? ReadonlyMap<InputValue<K>, InputValue<V> | null>
          : RowValue<T>

/** A row that is taken: each column is there, with a value or null. */
export type RowInput<S> = { readonly [K in keyof S]: InputValue<S[K]> | null }
