import type { Vector } from "@duckdb/node-bindings"

/** A DuckDB vector and the rows of it that are wanted: the first `rows`, or those of `select`, in its order. */
export interface Piece {
  readonly vector: Vector
  /** How many rows the vector holds. */
  readonly rows: number
  readonly select?: Uint32Array
}

/** How many rows are wanted. */
export function lengthOf(piece: Piece): number {
  return piece.select?.length ?? piece.rows
}
