import { defineConfig } from "@assets/core"
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
