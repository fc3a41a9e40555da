/** The files of a new project, by their path. */
export function starterFiles(name: string, version: string): { readonly [path: string]: string } {
  return {
    "package.json": manifest(name, version),
    "tsconfig.json": tsconfig,
    ".gitignore": "node_modules/\n.assets/\ndata/\n",
    "assets.config.ts": config,
    "assets/orders.ts": assets,
    "assets/orders.test.ts": test,
    "raw/orders.csv": orders,
  }
}

function manifest(name: string, version: string): string {
  const manifest = {
    name,
    private: true,
    type: "module",
    scripts: { start: "assets materialize", test: "vitest run", types: "tsc" },
    dependencies: {
      "@assets/cli": `^${version}`,
      "@assets/core": `^${version}`,
      "@assets/dataframe": `^${version}`,
      "@assets/io-duckdb": `^${version}`,
      "@assets/io-parquet": `^${version}`,
    },
    devDependencies: { typescript: "^7.0.2", vitest: "^4.1.12" },
  }
  return `${JSON.stringify(manifest, null, 2)}\n`
}

const tsconfig = `{
  "compilerOptions": {
    "target": "es2023",
    "module": "nodenext",
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "verbatimModuleSyntax": true,
    "allowImportingTsExtensions": true,
    "skipLibCheck": true,
    "noEmit": true
  },
  "include": ["assets.config.ts", "assets"]
}
`

const config = `import { defineConfig } from "@assets/core"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"

export default defineConfig({
  assets: ["./assets/**/*.ts"],
  defaultEnvironment: "local",
  environments: {
    local: { engine: duckdb(), io: parquetIO({ root: "data" }) },
    file: { engine: duckdb(), io: duckdbFileIO({ path: "data/warehouse.duckdb" }) },
  },
})
`

const assets = `import { asset, source } from "@assets/core"
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
`

const test = `import { definitions, inMemory, materialize } from "@assets/core"
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
`

const orders = `id,customer,day,amount,status
1,ada,2026-01-05,12.50,paid
2,grace,2026-01-05,4.00,paid
3,ada,2026-01-06,9.75,paid
4,edsger,2026-01-07,31.20,cancelled
5,grace,2026-01-08,18.40,paid
`
