/**
 * The type of a column or an expression, in Spark's meaning. The plan carries one on every expression; both printers
 * write it out. Serializable, so that it can stand in a fingerprint.
 */
export type DataType =
  | { readonly kind: "boolean" }
  | { readonly kind: "int8" }
  | { readonly kind: "int16" }
  | { readonly kind: "int32" }
  | { readonly kind: "int64" }
  | { readonly kind: "float32" }
  | { readonly kind: "float64" }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "string" }
  | { readonly kind: "binary" }
  | { readonly kind: "date" }
  /** An instant, microseconds. Spark's `timestamp`, DuckDB's `TIMESTAMP WITH TIME ZONE`. */
  | { readonly kind: "timestamp" }
  /** A wall clock, microseconds. Spark's `timestamp_ntz`, DuckDB's `TIMESTAMP`. */
  | { readonly kind: "timestamp_ntz" }
  /** Spark's `interval day to second`, microseconds. Cannot be stored. */
  | { readonly kind: "day_time_interval" }
  /** Spark's `interval year to month`, months. Cannot be stored. */
  | { readonly kind: "year_month_interval" }
  /** The type of a bare NULL. Cannot be stored. */
  | { readonly kind: "void" }
  | { readonly kind: "array"; readonly element: DataType }
  | { readonly kind: "struct"; readonly fields: readonly Column[] }
  | { readonly kind: "map"; readonly key: DataType; readonly value: DataType }

/** A column, or a field of a struct. */
export interface Column {
  readonly name: string
  readonly type: DataType
}
