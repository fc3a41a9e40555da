// The peer: the pipeline of projects/pipeline as an engineer would write it, SQL by hand over the same files.
// node by-hand.mjs parquet|file SOURCES OUTPUT
import { mkdirSync } from "node:fs"
import { DuckDBInstance } from "@duckdb/node-api"

const [, , kind, sources, output] = process.argv
mkdirSync(output, { recursive: true })
const instance = await DuckDBInstance.create(kind === "file" ? `${output}/by-hand.duckdb` : ":memory:")
const connection = await instance.connect()

/** Stores a query under a name and gives what later queries read. */
async function store(name, query) {
  if (kind === "file") {
    await connection.run(`create table ${name} as ${query}`)
    return name
  }
  const file = `${output}/${name}.parquet`
  await connection.run(`copy (${query}) to '${file}' (format parquet, compression zstd)`)
  return `'${file}'`
}

const sales = await store(
  "sales",
  `select id, time::date as day, customer, product, quantity, price * quantity as revenue
   from '${sources}/events.parquet' where quantity > 0`,
)
await store(
  "customers",
  `select customer, count(*) as sales, sum(revenue) as revenue, max(revenue) as largest from ${sales} group by customer`,
)
await store(
  "categories",
  `select category, day, count(*) as sales, count(*) filter (quantity > 8) as bulk, avg(revenue) as mean
   from ${sales} join '${sources}/products.parquet' using (product) group by category, day`,
)
connection.closeSync()
instance.closeSync()
