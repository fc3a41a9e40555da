import { ConfigError, type IOManager } from "@assets/core"
import { RootTables, type TableKind } from "../table/root-tables.ts"
import { TableIOManager } from "../table/table-io-manager.ts"
import { CatalogTables } from "./catalog-tables.ts"
import { FileLog } from "./file-log.ts"
import { IcebergTable } from "./iceberg-table.ts"
import { faultOfOptions, refusalOfRoot, type TableOptions } from "./table-options.ts"

/** Tables of a catalog of files. */
const files: TableKind = {
  name: "iceberg",
  refusalOfRoot,
  open: (place, key, path) => new IcebergTable(place, key, path, new FileLog(place, path)),
}

/**
 * Keeps each asset as a table of an Iceberg catalog, in a folder (`type = hadoop`) or behind Iceberg's REST API, which Spark
 * and every other reader of Iceberg reads. What is current of it is told by the commit that holds its rows.
 *
 * Former versions stay readable as Iceberg's snapshots until `assets gc` or `expire_snapshots` removes them. The partition
 * of a row is told by the column `_partition_key` of the table.
 * @throws ConfigError `CONFIG_INVALID` for wrong options
 * @example
 * tableIO({ format: "iceberg", root: "lake" })
 * tableIO({ format: "iceberg", catalog: { uri: "http://localhost:8181", warehouse: "lake", token: "${ICEBERG_TOKEN}" } })
 */
export function tableIO(options: TableOptions): IOManager {
  const why = faultOfOptions(options)
  if (why !== undefined) {
    const fix = 'Write for one tableIO({ format: "iceberg", root: "lake" }).'
    throw new ConfigError("CONFIG_INVALID", { what: "tableIO() was given wrong options.", why, fix })
  }
  return new TableIOManager("catalog" in options ? new CatalogTables(options.catalog) : new RootTables(files, options))
}
