import type { ColumnsOf, NamedColumns, TypesOf } from "./column.ts"
import type { Binding, Derived } from "./data-frame.ts"
import type { ColumnName, Simplify } from "./schema/columns.ts"

type Union<T, Of = T> = T extends unknown ? ([Of] extends [T] ? false : true) : never
/** Whether there is one aggregate, whose name then says nothing. */
type IsOne<O> = [keyof O] extends [never] ? false : Union<keyof O> extends false ? true : false

/** What a pivot's columns are called: the values, or `value_aggregate` where there are several aggregates. */
type Pivoted<S, K extends keyof S, V extends PivotValue, O> = Simplify<
  Pick<S, K> &
    (IsOne<O> extends true
      ? { [N in `${V}`]: TypesOf<O>[keyof O] }
      : { [P in keyof O & string as `${V}_${P}`]: TypesOf<O>[P] })
>

export type PivotValue = string | number | bigint | boolean | null

/** Rows in groups, with a column for each of some values: what `pivot` gives. */
export interface PivotedData<in out S, in out K extends keyof S, in out V extends PivotValue, out B extends Binding> {
  /** One row for each group: the keys, then each aggregate for each value; null where the group has no such row. */
  agg<O extends NamedColumns>(aggregates: (columns: ColumnsOf<S>) => O): Derived<Pivoted<S, K, V, O>, B>
}

/** Rows in groups: what `groupBy` gives. */
export interface GroupedData<in out S, in out K extends keyof S, out B extends Binding = Binding> {
  /** One row for each group: the keys, then the aggregates. `agg(f => ({ orders: count(), total: sum(f.amount) }))`. */
  agg<O extends NamedColumns>(aggregates: (columns: ColumnsOf<S>) => O): Derived<Simplify<Pick<S, K> & TypesOf<O>>, B>
  /**
   * Hint for engines that shuffle: few values of `key` hold most rows, so that each is aggregated in `buckets` parts
   * first. The result is the same.
   */
  salted(key: NoInfer<K>, buckets: number): GroupedData<S, K, B>
  /** A column for each of these values: `groupBy("shop").pivot("quarter", ["q1", "q2"]).agg(f => ({ total: sum(f.n) }))`. */
  pivot<const V extends PivotValue>(column: ColumnName<S>, values: readonly V[]): PivotedData<S, K, V, B>
}

/** Rows in several groupings at once: what `rollup`, `cube` and `groupingSets` give. `grouping(f.key)` tells them apart. */
export type Groupings<S, K extends keyof S, B extends Binding = Binding> = Pick<GroupedData<S, K, B>, "agg">
