import { asset, json } from "@assets/core"
import { frame, t } from "@assets/dataframe"
import { sum } from "@assets/dataframe/functions"

export const orders = asset("shop/orders", {
  returns: frame({ product: t.string, price: t.decimal(8, 2) }),
  version: "1",
  compute: () => [
    { product: "tea", price: "4.50" },
    { product: "pot", price: "23.00" },
    { product: "tea", price: "5.25" },
  ],
})

export const revenue = asset("shop/revenue", {
  deps: { orders },
  returns: frame({ product: t.string, revenue: t.decimal(18, 2) }),
  transform: ({ orders }) => orders.groupBy("product").agg(f => ({ revenue: sum(f.price) })),
})

export const best = asset("shop/best", {
  deps: { revenue },
  returns: json<string | null>(),
  version: "1",
  compute: async ({ revenue }) => {
    const [first] = await revenue.orderBy(f => f.revenue.desc()).take(1)
    return first?.product ?? null
  },
})
