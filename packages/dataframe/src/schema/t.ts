import { Field } from "apache-arrow/schema"
import {
  type DataType as ArrowType,
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
  TimestampMicrosecond,
  Utf8,
} from "apache-arrow/type"
import { FrameError } from "../errors/frame-error.ts"
import type { Columns } from "./columns.ts"

/** Tells types apart that Arrow gives one class; it exists for `tsc` only. */
declare const meaning: unique symbol

/** An instant, microseconds. */
export interface Timestamp extends TimestampMicrosecond {
  readonly [meaning]?: "timestamp"
}

/** A wall clock without a zone, microseconds. */
export interface TimestampNtz extends TimestampMicrosecond {
  readonly [meaning]?: "timestamp_ntz"
}

/** What tells a type apart from others of its Arrow class; `string` where nothing does. */
export type MeaningOf<T> = T extends { readonly [meaning]?: infer M extends string } ? M : string

/** A decimal of known precision and scale. What arithmetic gives is plain `Decimal`, which fits any of them to `tsc`. */
export interface DecimalOf<Precision extends number, Scale extends number> extends Decimal {
  readonly [meaning]?: `decimal(${Precision},${Scale})`
}

function decimal<const P extends number, const S extends number>(precision: P, scale: S): DecimalOf<P, S> {
  if (!Number.isInteger(precision) || precision < 1 || precision > 38 || !(scale >= 0 && scale <= precision)) {
    throw new FrameError("FRAME_ARGUMENT_INVALID", {
      what: `There is no decimal(${precision}, ${scale}).`,
      why: "A decimal has 1 to 38 digits, and not more of them after the point than in all.",
      fix: "Write t.decimal(precision, scale), for one t.decimal(18, 2).",
    })
  }
  return new Decimal(scale, precision, 128) as DecimalOf<P, S> // the brand is of types only
}

const fieldOf = (name: string, type: ArrowType) => new Field(name, type, true)

/**
 * The types of columns. Each is an instance of Arrow's class of that type.
 *
 * @example
 * const orders = frame({ id: t.int64, amount: t.decimal(12, 2), placed: t.timestamp, tags: t.array(t.string) })
 */
export const t = Object.freeze({
  boolean: new Bool(),
  int8: new Int8(),
  int16: new Int16(),
  int32: new Int32(),
  int64: new Int64(),
  float32: new Float32(),
  float64: new Float64(),
  /** Exact, `precision` digits in all and `scale` of them after the point. */
  decimal,
  string: new Utf8(),
  binary: new Binary(),
  date: new DateDay(),
  /** An instant, microseconds. Spark's `timestamp`. */
  timestamp: new TimestampMicrosecond("UTC") as Timestamp, // the brand is of types only
  /** A wall clock, microseconds. Spark's `timestamp_ntz`. */
  timestampNtz: new TimestampMicrosecond() as TimestampNtz, // the brand is of types only
  array: <T extends ArrowType>(element: T): List<T> => new List(fieldOf("element", element) as Field<T>),
  struct: <S extends Columns>(fields: S): Struct<{ [K in keyof S]: S[K] }> =>
    new Struct(Object.entries(fields).map(([name, type]) => fieldOf(name, type)) as never), // Object.entries forgets the names
  map: <K extends ArrowType, V extends ArrowType>(key: K, value: V): Map_<K, V> =>
    new Map_(
      new Field("entries", new Struct([new Field("key", key, false), fieldOf("value", value)]), false) as never, // Arrow's own types do not let Struct infer its fields
    ) as Map_<K, V>,
})
