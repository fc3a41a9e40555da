export { parquetIO } from "./parquet-io-manager.ts"
export type { ParquetOptions } from "./parquet-options.ts"
