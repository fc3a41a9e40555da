/** A least or greatest value, in a form that compares: a text is its bytes, a time microseconds, a decimal its digits. */
export type Extreme = number | bigint | Buffer

/** What the footer of a file says of one column, or of a part of its rows. */
export interface ColumnFooter {
  readonly values: number
  readonly nullCount?: number
  readonly min?: Extreme
  readonly max?: Extreme
}

/** What the footer of a file says of its rows. */
export interface FileFooter {
  readonly rows: number
  /** One for each part of the rows, by the column's name; of nested columns nothing is said. */
  readonly columns: ReadonlyMap<string, readonly ColumnFooter[]>
}
