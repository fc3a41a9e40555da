import type { ColumnsOf, NamedColumns, TypesOf } from "./column.ts"
import type { Binding, Derived } from "./data-frame.ts"
import type { Simplify } from "./schema/columns.ts"

/** Rows in groups: what `groupBy` gives. */
export interface GroupedData<in out S, in out K extends keyof S, out B extends Binding = Binding> {
  /** One row for each group: the keys, then the aggregates. `agg(f => ({ orders: count(), total: sum(f.amount) }))`. */
  agg<O extends NamedColumns>(aggregates: (columns: ColumnsOf<S>) => O): Derived<Simplify<Pick<S, K> & TypesOf<O>>, B>
}
