import type { Column } from "./data-type.ts"

/** Columns in order. Names differ also without regard to case. */
export interface Schema {
  readonly columns: readonly Column[]
}
