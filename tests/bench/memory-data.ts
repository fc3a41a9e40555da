import { mkdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"

/** How many rows each table has; what the rows hold follows from their numbers. */
export interface MadeTables {
  readonly orders: number
  readonly payments: number
  /** Bytes of all files. */
  readonly bytes: number
}

const rowsPerFile = 1_000_000
/** Measured: with them the files have a little more than the bytes asked for. */
const rowsPerGigabyte = { orders: 6_800_000, payments: 4_400_000 }
const products = 8

/** Each pair of customer and product comes twice, half a table apart. */
const groupOf = (order: string, orders: number) => `((${order} * 7919) % ${orders / 2})`

/** What stands in the row of an order. The join is checked against it row by row. */
export function orderColumns(order: string, orders: number): { readonly [column: string]: string } {
  const group = groupOf(order, orders)
  return {
    customer: `(${group} // ${products})`,
    product: `('SKU-' || (hash(${group} // ${products}) % 25000) || '-' || (${group} % ${products}))`,
    ordered: `(DATE '2020-01-01' + CAST(hash(${order} + 1) % 2000 AS INTEGER))`,
    quantity: `(1 + CAST(hash(${order} + 2) % 20 AS INTEGER))`,
    price: `CAST((hash(${order} + 3) % 1000000) / 100 AS DECIMAL(10, 2))`,
    note: `(md5(CAST(${order} AS VARCHAR)) || md5(CAST(-${order} AS VARCHAR)))`,
  }
}

export function paymentColumns(payment: string, orders: number): { readonly [column: string]: string } {
  return {
    order_id: `((${payment} * 104729) % ${orders})`,
    method: `(['card', 'cash', 'transfer', 'voucher'])[1 + CAST(hash(${payment} + 4) % 4 AS INTEGER)]`,
    amount: `CAST((hash(${payment} + 5) % 1000000) / 100 AS DECIMAL(10, 2))`,
    paid_at: `(TIMESTAMP '2020-01-01' + to_seconds(CAST(hash(${payment} + 6) % 200000000 AS BIGINT)))`,
    reference: `(md5('p' || ${payment}) || md5('q' || ${payment}))`,
  }
}

/** Writes both tables into files of a million rows. Texts are digests, so that no compression makes them small. */
export async function makeTables(folder: string, gigabytes: number): Promise<MadeTables> {
  // Neither may be a multiple of the primes that scatter the keys; a round number of files is.
  const orders = 2 * Math.ceil((rowsPerGigabyte.orders * gigabytes) / 2)
  const payments = Math.ceil(rowsPerGigabyte.payments * gigabytes)
  const instance = await DuckDBInstance.create(":memory:")
  try {
    const connection = await instance.connect()
    const make = async (table: string, key: string, rows: number, columns: { readonly [column: string]: string }) => {
      mkdirSync(join(folder, table), { recursive: true })
      const select = Object.entries(columns).map(([name, sql]) => `${sql} AS ${name}`)
      let bytes = 0
      for (let first = 0; first < rows; first += rowsPerFile) {
        const file = join(folder, table, `part-${first / rowsPerFile}.parquet`)
        const range = `range(${first}, ${Math.min(first + rowsPerFile, rows)}) AS t(${key})`
        await connection.run(`COPY (SELECT ${key}, ${select.join(", ")} FROM ${range}) TO '${file}' (FORMAT parquet)`)
        bytes += statSync(file).size
      }
      return bytes
    }
    const bytes =
      (await make("orders", "order_id", orders, orderColumns("order_id", orders))) +
      (await make("payments", "payment_id", payments, paymentColumns("payment_id", orders)))
    return { orders, payments, bytes }
  } finally {
    instance.closeSync()
  }
}
