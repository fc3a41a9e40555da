import { ConfigError, type IOManager } from "@assets/core"
import { TableIOManager } from "../table/table-io-manager.ts"
import { IcebergTable } from "./iceberg-table.ts"
import { faultOfOptions, refusalOfRoot, type TableOptions } from "./table-options.ts"

/**
 * Keeps each asset as a table of an Iceberg catalog in a folder (`type = hadoop`), which Spark and every other reader of
 * Iceberg reads. What is current of it is told by the commit that holds its rows.
 *
 * Former versions stay readable as Iceberg's snapshots until `assets gc` or `expire_snapshots` removes them. The partition
 * of a row is told by the column `_partition` of the table.
 * @throws ConfigError `CONFIG_INVALID` for wrong options
 * @example
 * tableIO({ format: "iceberg", root: "lake" })
 */
export function tableIO(options: TableOptions): IOManager {
  const why = faultOfOptions(options)
  if (why !== undefined) {
    const fix = 'Write for one tableIO({ format: "iceberg", root: "lake" }).'
    throw new ConfigError("CONFIG_INVALID", { what: "tableIO() was given wrong options.", why, fix })
  }
  return new TableIOManager(
    { name: "iceberg", refusalOfRoot, open: (...where) => new IcebergTable(...where) },
    { ...options },
  )
}
