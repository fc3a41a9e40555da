import { asset, source } from "@assets/core"
import { csvFiles, frame, t } from "@assets/dataframe"
import { notNull, unique } from "@assets/dataframe/checks"
import { count, sum } from "@assets/dataframe/functions"

export const rawOrders = source(
  "raw/orders",
  csvFiles(
    "raw/orders.csv",
    { id: t.int64, customer: t.string, day: t.date, amount: t.decimal(10, 2), status: t.string },
    { header: true },
  ),
)

export const orders = asset("staging/orders", {
  description: "Orders that were not cancelled.",
  group: "staging",
  deps: { rawOrders },
  returns: frame({ id: t.int64, customer: t.string, day: t.date, amount: t.decimal(10, 2) }),
  checks: [unique("id"), notNull("customer")],
  transform: ({ rawOrders }) =>
    rawOrders.filter(f => f.status.notEqual("cancelled")).select("id", "customer", "day", "amount"),
})

export const customers = asset("marts/customers", {
  description: "Customers, with how many orders they placed and for how much.",
  group: "marts",
  deps: { orders },
  returns: frame({ customer: t.string, orders: t.int64, amount: t.decimal(20, 2) }),
  checks: [unique("customer")],
  transform: ({ orders }) =>
    orders
      .groupBy("customer")
      .agg(f => ({ orders: count(), amount: sum(f.amount) }))
      .orderBy("customer"),
})
