import { defineConfig } from "@assets/core"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { spark } from "@assets/io-spark"

export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "cluster",
  environments: {
    local: { engine: duckdb(), io: parquetIO({ root: "/lake/local" }), state: { path: "/state" } },
    // SPARK_REMOTE leads to the Connect server; every worker sees the lake under the same path.
    cluster: { engine: spark(), io: parquetIO({ root: "/lake/cluster" }), state: { path: "/state" } },
  },
})
