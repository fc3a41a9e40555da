import { asset, source } from "@assets/core"
import { frame, parquetFiles, t } from "@assets/dataframe"
import { avg, count, countIf, max, sum, toDate } from "@assets/dataframe/functions"

/** A pipeline of the ordinary kind: a large cleaned table, two aggregates of it, a join. Its peer is `by-hand.mjs`. */
export const events = source(
  "raw/events",
  parquetFiles("events.parquet", {
    id: t.int64,
    time: t.timestampNtz,
    customer: t.int64,
    product: t.string,
    quantity: t.int32,
    price: t.float64,
  }),
)

export const products = source(
  "raw/products",
  parquetFiles("products.parquet", { product: t.string, category: t.string }),
)

export const sales = asset("staging/sales", {
  deps: { events },
  returns: frame({
    id: t.int64,
    day: t.date,
    customer: t.int64,
    product: t.string,
    quantity: t.int32,
    revenue: t.float64,
  }),
  transform: ({ events }) =>
    events
      .filter(f => f.quantity.gt(0))
      .select(f => ({
        id: f.id,
        day: toDate(f.time),
        customer: f.customer,
        product: f.product,
        quantity: f.quantity,
        revenue: f.price.multiply(f.quantity),
      })),
})

export const customers = asset("marts/customers", {
  deps: { sales },
  returns: frame({ customer: t.int64, sales: t.int64, revenue: t.float64, largest: t.float64 }),
  transform: ({ sales }) =>
    sales.groupBy("customer").agg(f => ({ sales: count(), revenue: sum(f.revenue), largest: max(f.revenue) })),
})

export const categories = asset("marts/categories", {
  deps: { sales, products },
  returns: frame({ category: t.string, day: t.date, sales: t.int64, bulk: t.int64, mean: t.float64 }),
  transform: ({ sales, products }) =>
    sales
      .join(products, "product")
      .groupBy("category", "day")
      .agg(f => ({ sales: count(), bulk: countIf(f.quantity.gt(8)), mean: avg(f.revenue) })),
})
