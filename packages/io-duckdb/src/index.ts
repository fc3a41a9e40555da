export { duckdb } from "./duckdb-engine.ts"
export type { DuckdbFileOptions } from "./duckdb-file-io.ts"
export { duckdbFileIO } from "./duckdb-file-io.ts"
export type { DuckdbOptions } from "./duckdb-options.ts"
