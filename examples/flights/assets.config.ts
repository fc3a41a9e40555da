import { createRequire } from "node:module"
import { dirname } from "node:path"
import { defineConfig } from "@assets/core"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { spark } from "@assets/io-spark"

/** The folder of the npm package that holds the data: the sources read it in place. */
const sources = dirname(dirname(createRequire(import.meta.url).resolve("vega-datasets")))

export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "local",
  environments: {
    local: { engine: duckdb(), io: parquetIO({ root: "data" }), sources },
    file: { engine: duckdb(), io: duckdbFileIO({ path: "warehouse.duckdb" }), sources },
    spark: { engine: spark(), io: parquetIO({ root: "data-spark" }), sources },
    prod: { engine: duckdb(), io: parquetIO({ root: "data-prod" }), sources },
    branch: { extends: "prod", io: parquetIO({ root: "data-branch" }), reuse: ["prod"] },
  },
})
