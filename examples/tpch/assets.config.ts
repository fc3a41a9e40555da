import { defineConfig } from "@assets/core"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { spark } from "@assets/io-spark"

/** Where `npm run tables` makes the tables. */
const sources = "data-tables"

export default defineConfig({
  assets: ["./tables.ts", "./queries-*.ts"],
  defaultEnvironment: "local",
  environments: {
    local: { engine: duckdb(), io: parquetIO({ root: "data" }), sources },
    spark: { engine: spark(), io: parquetIO({ root: "data-spark" }), sources },
  },
})
