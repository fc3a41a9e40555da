import { join } from "node:path"
import { asset, definitions, materialize } from "@assets/core"
import { type FrameInput, frame, t } from "@assets/dataframe"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { tableFromArrays } from "apache-arrow"
import { type Line, quantile } from "./measure.ts"

const columns = {
  id: t.int64,
  customer: t.int64,
  quantity: t.int32,
  store: t.int32,
  price: t.float64,
  discount: t.float64,
  tax: t.float64,
  product: t.string,
  status: t.string,
  paid: t.boolean,
}

const product = (i: number) => `product-${i % 5000}`
const status = (i: number) => ["open", "paid", "sent", "lost"][i % 4] ?? ""

function objects(rows: number) {
  return Array.from({ length: rows }, (_, i) => ({
    id: BigInt(i),
    customer: BigInt((i * 7919) % 100_003),
    quantity: i % 12,
    store: i % 300,
    price: (i % 10_000) / 100,
    discount: (i % 7) / 10,
    tax: (i % 19) / 100,
    product: product(i),
    status: status(i),
    paid: i % 3 === 0,
  }))
}

function arrowTable(rows: number) {
  const of = <T>(make: (i: number) => T) => Array.from({ length: rows }, (_, i) => make(i))
  return tableFromArrays({
    id: BigInt64Array.from(of(i => BigInt(i))),
    customer: BigInt64Array.from(of(i => BigInt((i * 7919) % 100_003))),
    quantity: Int32Array.from(of(i => i % 12)),
    store: Int32Array.from(of(i => i % 300)),
    price: Float64Array.from(of(i => (i % 10_000) / 100)),
    discount: Float64Array.from(of(i => (i % 7) / 10)),
    tax: Float64Array.from(of(i => (i % 19) / 100)),
    product: of(product),
    status: of(status),
    paid: of(i => i % 3 === 0),
  })
}

/** Millions of rows a second from a value that a function returned to the finished Parquet version: median of five. */
async function throughput(folder: string, name: string, value: unknown, rows: number): Promise<number> {
  const made = asset(`bench/${name}`, {
    returns: frame(columns),
    version: "1",
    compute: () => value as FrameInput<typeof columns>, // both forms are tried with one asset
  })
  const project = definitions({
    assets: [made],
    environments: { bench: { engine: duckdb(), io: parquetIO({ root: join(folder, name) }) } },
    base: folder,
    state: { path: join(folder, `state-${name}`) },
  })
  const rates: number[] = []
  for (let i = 0; i < 6; i++) {
    const begin = performance.now()
    const run = await materialize(project, { environment: "bench", force: true })
    const seconds = (performance.now() - begin) / 1000
    if (run.status !== "succeeded") throw run.steps[0]?.error ?? new Error(run.status)
    if (i > 0) rates.push(rows / seconds / 1e6) // the first one loads the modules
  }
  return quantile(rates, 0.5)
}

/** Rows made in TypeScript, ten columns, to Parquet. */
export async function rows(folder: string, { count = 1_000_000 } = {}): Promise<Line[]> {
  const fromArrow = await throughput(folder, "arrow", arrowTable(count), count)
  const fromObjects = await throughput(folder, "objects", objects(count), count)
  const line = (what: string, rate: number, limit: number): Line => ({
    what: `ten columns to Parquet, from ${what}`,
    figure: `${rate.toFixed(2)} M rows/s`,
    limit: `${limit} M rows/s`,
    holds: rate >= limit,
  })
  return [line("an Arrow table", fromArrow, 1), line("objects", fromObjects, 0.3)]
}
