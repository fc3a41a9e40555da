import type { EnvironmentConfig } from "@assets/core"

/** The environment of a project without a config: DuckDB in this process, Parquet files in `./data`. */
export async function defaultEnvironments(): Promise<{ readonly local: EnvironmentConfig }> {
  const [{ duckdb }, { parquetIO }] = await Promise.all([import("@assets/io-duckdb"), import("@assets/io-parquet")])
  return { local: { engine: duckdb(), io: parquetIO({ root: "data" }) } }
}
