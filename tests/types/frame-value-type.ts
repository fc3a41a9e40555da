// Compiles or does not; nothing here runs. That a frame is one of core's value types is what both packages live by.
import {
  asset,
  type Check,
  type Engine as CoreEngine,
  type LazyValue,
  type SourceReader,
  source,
  type ValueType,
} from "@assets/core"
import {
  type BoundDataFrame,
  csvFiles,
  type DataFrame,
  type Engine,
  type FrameInput,
  frame,
  type LazyPlan,
  type PartitionColumns,
  parquetFiles,
  type Row,
  type RowInput,
  t,
} from "@assets/dataframe"
import { accepted, check, freshWithin, matches, notNull, range, rowCount, unique } from "@assets/dataframe/checks"
import { avg, coalesce, count, expr, lit, max, sum, when } from "@assets/dataframe/functions"
import type { Decimal } from "apache-arrow"

const columns = {
  id: t.int64,
  name: t.string,
  amount: t.decimal(10, 2),
  placed: t.timestamp,
  wall: t.timestampNtz,
  day: t.date,
  small: t.int32,
  tags: t.array(t.string),
  place: t.struct({ city: t.string, zip: t.int32 }),
  scores: t.map(t.string, t.float64),
}
type S = typeof columns

/** Compiles when `A` may stand where `B` is asked for. */
function fits<B>(_value: B): void {}
/** Compiles when both are the same type. */
function same<A, B>(..._: [A] extends [B] ? ([B] extends [A] ? [] : ["differs"]) : ["differs"]): void {}

const declared = frame(columns)
fits<ValueType<DataFrame<S>, BoundDataFrame<S>, FrameInput<S>, S, PartitionColumns>>(declared)
fits<SourceReader>(parquetFiles("a.parquet", columns))
fits<SourceReader>(csvFiles(["a.csv", "b.csv"], { id: t.int64 }, { header: true, delimiter: ";" }))
declare const lazy: LazyPlan
fits<LazyValue>(lazy)
declare const engine: CoreEngine
fits<Engine>(engine)

// ---------- checks: of fewer columns for more, never the other way ----------

fits<Check<S>>(unique("id"))
fits<Check<S>>(unique(["id", "name"], { severity: "warn" }))
fits<Check<S>>(notNull("name", { blocking: false }))
fits<Check<S>>(accepted("name", ["a", "b"]))
fits<Check<S>>(range("amount", { min: 0 }))
fits<Check<S>>(range("day", { min: "2024-01-01" }))
fits<Check<S>>(rowCount({ min: 1 }))
fits<Check<S>>(freshWithin("placed", 60_000))
fits<Check<S>>(matches("name", /^[a-z]+$/))

// ---------- rows ----------

same<
  Row<S>,
  {
    readonly id: bigint | null
    readonly name: string | null
    readonly amount: string | null
    readonly placed: string | null
    readonly wall: string | null
    readonly day: string | null
    readonly small: number | null
    readonly tags: readonly (string | null)[] | null
    readonly place: { readonly city: string | null; readonly zip: number | null } | null
    readonly scores: ReadonlyMap<string, number | null> | null
  }
>()
fits<RowInput<Pick<S, "id" | "placed" | "day">>>({ id: 1, placed: new Date(0), day: "2024-01-01" })

// ---------- frames ----------

declare const unbound: DataFrame<S>
declare const bound: BoundDataFrame<S>
fits<DataFrame<S>>(bound)
fits<DataFrame<Pick<S, "id">>>(bound.select("id"))
fits<Promise<Row<Pick<S, "id">>[]>>(
  bound
    .select("id")
    .filter(f => f.id.gt(1))
    .take(1),
)
fits<DataFrame<{ id: S["id"]; double: S["amount"]; whole: typeof t.int64 }>>(
  unbound.select("id", f => ({ double: f.amount.multiply(2), whole: f.id.plus(1) })),
)
fits<DataFrame<{ name: S["name"]; orders: S["id"]; small: S["id"]; mean: typeof t.float64; latest: S["placed"] }>>(
  unbound
    .groupBy("name")
    .agg(f => ({ orders: count(), small: sum(f.small), mean: avg(f.small), latest: max(f.placed) })),
)
fits<DataFrame<{ id: S["id"]; city: S["name"] }>>(
  unbound.select("id").join(
    bound.select(f => ({ id: f.id, city: f.place.getField("city") })),
    "id",
    "left",
  ),
)
fits<DataFrame<{ id: S["id"] }>>(unbound.select("id").union(unbound.select(f => ({ id: f.small }))))
fits<DataFrame<{ kind: S["name"]; size: typeof t.float64; n: S["small"]; first: S["name"]; at: S["placed"] }>>(
  unbound.select(f => ({
    kind: when(f.id.gt(9), "big").otherwise("small"),
    size: coalesce(f.scores.getItem("size"), 1.5),
    n: expr("1 + 1", t.int32),
    first: f.tags.getItem(0),
    at: lit(new Date(0)),
  })),
)

// ---------- decimals whose precision only the plan knows ----------

const totals = bound.groupBy("id").agg(f => ({ total: sum(f.amount) }))
const exact = frame({ id: t.int64, total: t.decimal(20, 2) })
declare const declaredTotals: DataFrame<(typeof exact)["types"]>
fits<DataFrame<(typeof exact)["types"]>>(totals)
fits<FrameInput<(typeof exact)["types"]>>(totals)
fits<DataFrame<{ readonly id: S["id"]; readonly total: Decimal }>>(declaredTotals)
fits<DataFrame<(typeof exact)["types"]>>(totals.union(declaredTotals).checked({ id: t.int64, total: t.decimal(20, 2) }))

// ---------- assets ----------

const orders = source("raw/orders", parquetFiles("a.parquet", columns))
const returns = frame({ day: t.date, orders: t.int64, total: t.decimal(20, 2) })
export const daily = asset("marts/daily", {
  deps: { orders },
  returns,
  checks: [
    unique("day"),
    check("counts", f => f.orders.gt(0), { of: returns }),
    check("no gap", f => f.filter(d => d.day.isNull()), { of: returns, severity: "warn" }),
    check("by name only", f => f.orders.gt(0)),
  ],
  layout: { sortBy: ["day"] },
  transform: ({ orders }, { partition }) =>
    orders
      .filter(f => f.placed.geq(partition.start).and(f.placed.lt(partition.end)))
      .groupBy("day")
      .agg(f => ({ orders: count(), total: sum(f.amount) })),
})
export const rows = asset("raw/rows", {
  returns: frame({ id: t.int64, at: t.timestamp }),
  compute: async () => [
    { id: 1, at: new Date(0) },
    { id: 2n, at: null },
  ],
})
export const streamed = asset("raw/streamed", {
  returns: frame({ id: t.int64 }),
  async compute() {
    return (async function* () {
      yield { id: 1n }
    })()
  },
})
