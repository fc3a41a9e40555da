export type { ParquetOptions } from "./parquet-io-manager.ts"
export { parquetIO } from "./parquet-io-manager.ts"
