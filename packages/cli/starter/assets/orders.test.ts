import { definitions, inMemory, materialize } from "@assets/core"
import { duckdb } from "@assets/io-duckdb"
import { expect, test } from "vitest"
import * as assets from "./orders.ts"

const row = (id: bigint, customer: string, amount: string, status: string) => ({
  id,
  customer,
  day: "2026-01-05",
  amount,
  status,
})

test("cancelled orders do not count", async () => {
  await using run = await materialize(definitions({ assets }), {
    environment: inMemory({ engine: duckdb() }),
    inputs: {
      "raw/orders": [
        row(1n, "ada", "10.00", "paid"),
        row(2n, "ada", "2.50", "paid"),
        row(3n, "grace", "99.00", "cancelled"),
      ],
    },
  })
  const customers = await run.value(assets.customers)
  expect(await customers.take(10)).toEqual([{ customer: "ada", orders: 2n, amount: "12.50" }])
})
