export { duckdb } from "./duckdb-engine.ts"
export type { DuckdbOptions } from "./duckdb-options.ts"
