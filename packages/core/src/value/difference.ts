import type { Json } from "../util/json.ts"

/** How two stored values are compared. */
export interface CompareOptions {
  /** Columns that tell a row; without them, or where they repeat, rows are compared whole, as a multiset. */
  readonly keys?: readonly string[]
  /**
   * What two floating point values may differ by and still count as equal: so much, or so much of the greater one.
   * Default none. Without keys the columns that are not floating point tell the rows; where they repeat, it has no effect.
   */
  readonly tolerance?: number | { readonly relative: number }
  /** How many differing rows are brought as samples. */
  readonly samples: number
  readonly signal: AbortSignal
}

/** A row that differs; of a value that is no table, a place in it. */
export interface RowDifference {
  readonly change: "added" | "removed" | "changed"
  /** Before; null for what was added. */
  readonly left: { readonly [column: string]: Json } | null
  /** After; null for what was removed. */
  readonly right: { readonly [column: string]: Json } | null
}

/** In what two stored values differ. Of one that is no table, `columns` are the places in it that differ. */
export interface Difference {
  readonly equal: boolean
  /** Columns that one side lacks (null), or has with another type; their values are not compared. */
  readonly schema: readonly { readonly column: string; readonly left: string | null; readonly right: string | null }[]
  readonly rows: { readonly left: number; readonly right: number }
  /** What told the rows; null when they were compared whole. */
  readonly keys: readonly string[] | null
  /** Keys that come more than once on a side, for which the rows were compared whole. */
  readonly repeatedKeys?: number
  readonly added: number
  readonly removed: number
  readonly changed: number
  /** Columns whose values differ in rows of both sides, with the count of these rows. */
  readonly columns: readonly { readonly name: string; readonly changed: number }[]
  readonly samples: readonly RowDifference[]
}
