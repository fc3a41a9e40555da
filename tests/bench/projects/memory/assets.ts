import { asset, source } from "@assets/core"
import { frame, parquetFiles, t } from "@assets/dataframe"
import { notNull, unique } from "@assets/dataframe/checks"
import { count, max, sum } from "@assets/dataframe/functions"

/** Made by `memory-data.ts`. */
export const orders = source(
  "raw/orders",
  parquetFiles("orders/*.parquet", {
    order_id: t.int64,
    customer: t.int64,
    product: t.string,
    ordered: t.date,
    quantity: t.int32,
    price: t.decimal(10, 2),
    note: t.string,
  }),
)

export const payments = source(
  "raw/payments",
  parquetFiles("payments/*.parquet", {
    payment_id: t.int64,
    order_id: t.int64,
    method: t.string,
    amount: t.decimal(10, 2),
    paid_at: t.timestampNtz,
    reference: t.string,
  }),
)

/** A group-by with more groups than fit: one for every second order. */
export const baskets = asset("marts/baskets", {
  deps: { orders },
  returns: frame({
    customer: t.int64,
    product: t.string,
    orders: t.int64,
    items: t.int64,
    revenue: t.decimal(38, 2),
    latest: t.date,
  }),
  checks: [notNull("customer")],
  transform: ({ orders }) =>
    orders.groupBy("customer", "product").agg(f => ({
      orders: count(),
      items: sum(f.quantity),
      revenue: sum(f.price.multiply(f.quantity)).cast(t.decimal(38, 2)),
      latest: max(f.ordered),
    })),
})

/** A join of two tables of which neither fits. */
export const paidOrders = asset("marts/paid_orders", {
  deps: { orders, payments },
  returns: frame({
    payment_id: t.int64,
    order_id: t.int64,
    customer: t.int64,
    product: t.string,
    amount: t.decimal(10, 2),
    paid_at: t.timestampNtz,
    note: t.string,
    reference: t.string,
  }),
  checks: [unique("payment_id")],
  transform: ({ orders, payments }) =>
    payments
      .join(orders, "order_id")
      .select("payment_id", "order_id", "customer", "product", "amount", "paid_at", "note", "reference"),
})
