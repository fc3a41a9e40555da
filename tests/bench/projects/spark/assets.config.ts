import { createRequire } from "node:module"
import { dirname } from "node:path"
import { defineConfig } from "@assets/core"
import { parquetIO } from "@assets/io-parquet"
import { spark } from "@assets/io-spark"

const { BENCH_SOURCES = ".", BENCH_OUTPUT = "out", BENCH_SPARK = "{}" } = process.env
const flights = dirname(dirname(createRequire(import.meta.url).resolve("vega-datasets")))

/** The examples as they stand, on the server that SPARK_REMOTE names, or on one with the options of BENCH_SPARK. */
export default defineConfig({
  assets: [
    "./tiny.ts",
    "../../../../examples/flights/assets.ts",
    "../../../../examples/tpch/tables.ts",
    "../../../../examples/tpch/queries-*.ts",
  ],
  defaultEnvironment: "spark",
  state: { path: `${BENCH_OUTPUT}/state` },
  environments: {
    spark: {
      engine: spark(JSON.parse(BENCH_SPARK)),
      io: parquetIO({ root: `${BENCH_OUTPUT}/data` }),
      sources: { "raw/*": flights, "tpch/*": BENCH_SOURCES },
    },
  },
})
