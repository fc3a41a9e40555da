import { defineConfig } from "@assets/core"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"

const { BENCH_SOURCES = ".", BENCH_OUTPUT = "out" } = process.env

export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "parquet",
  state: { path: `${BENCH_OUTPUT}/state` },
  environments: {
    parquet: { engine: duckdb(), io: parquetIO({ root: `${BENCH_OUTPUT}/data` }), sources: BENCH_SOURCES },
    file: { engine: duckdb(), io: duckdbFileIO({ path: `${BENCH_OUTPUT}/warehouse.duckdb` }), sources: BENCH_SOURCES },
  },
})
