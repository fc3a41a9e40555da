import { asset } from "@assets/core"
import { frame, t } from "@assets/dataframe"
import { count, sum } from "@assets/dataframe/functions"

export const orders = asset("raw/orders", {
  returns: frame({ id: t.int64, customer: t.string, cents: t.int64 }),
  version: "1",
  compute: () => [
    { id: 1n, customer: "ada", cents: 1250n },
    { id: 2n, customer: "grace", cents: 400n },
    { id: 3n, customer: "ada", cents: 975n },
  ],
})

export const customers = asset("marts/customers", {
  deps: { orders },
  returns: frame({ customer: t.string, orders: t.int64, cents: t.int64 }),
  transform: ({ orders }) => orders.groupBy("customer").agg(f => ({ orders: count(), cents: sum(f.cents) })),
})
