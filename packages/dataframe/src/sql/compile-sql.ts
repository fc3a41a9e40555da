import type { Relation } from "../plan/relation.ts"

/** SQL text of a relation, ready to run. */
export interface CompiledSql {
  /** A `SELECT` (or `WITH … SELECT`) without a semicolon at its end. */
  readonly sql: string
}

/**
 * Prints a bound relation as DuckDB SQL whose answers are Spark's.
 *
 * The connection must have run `duckdbPrelude`, and have its `TimeZone` set.
 * @throws FrameError `FRAME_INPUT_UNBOUND` when an `input` or a parameter was not bound
 */
export function compileDuckdb(_relation: Relation): CompiledSql {
  throw new Error("replaced by the printer")
}

/** Statements that each DuckDB connection runs once: the macros that the printed SQL calls. */
export const duckdbPrelude: readonly string[] = []
