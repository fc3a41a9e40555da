import { defineConfig } from "@assets/core"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"

const { BENCH_SOURCES = ".", BENCH_OUTPUT = "out", MEMORY = "1GiB" } = process.env

export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "limited",
  state: { path: `${BENCH_OUTPUT}/state` },
  environments: {
    limited: {
      engine: duckdb({ memoryLimit: MEMORY, threads: 2 }),
      io: parquetIO({ root: `${BENCH_OUTPUT}/data` }),
      sources: BENCH_SOURCES,
    },
  },
})
