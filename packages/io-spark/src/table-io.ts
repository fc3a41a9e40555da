import { ConfigError, type IOManager } from "@assets/core"
import { CatalogMirror } from "./catalog/catalog-mirror.ts"
import { deltaTables } from "./delta/delta-tables.ts"
import { CatalogTables } from "./iceberg/catalog-tables.ts"
import { icebergTables } from "./iceberg/iceberg-tables.ts"
import { orcTables, parquetTables } from "./log-table/file-tables.ts"
import { RootTables, type TableKind } from "./table/root-tables.ts"
import { TableIOManager } from "./table/table-io-manager.ts"
import { type FolderTableOptions, faultOfOptions, soundOptions, type TableOptions } from "./table-options.ts"

/**
 * Keeps each asset as a table that Spark writes: of an Iceberg catalog, in a folder (`type = hadoop`) or behind Iceberg's
 * REST API; a folder of ORC or Parquet files with a log that says which of them are current; or a Delta table, as `deltaIO`
 * keeps it. What is current is told by the commit that holds its rows. With `database` all but those of Iceberg are tables
 * of Spark's catalog, too.
 *
 * Former versions stay readable until `assets gc` removes them, of Iceberg as its snapshots. The partition of a row is told
 * by the column `_partition_key` of an Iceberg table, and by the log of ORC files.
 * @throws ConfigError `CONFIG_INVALID` for wrong options
 * @example
 * tableIO({ format: "iceberg", root: "lake" })
 * tableIO({ format: "iceberg", catalog: { uri: "http://localhost:8181", warehouse: "lake", token: "${ICEBERG_TOKEN}" } })
 * tableIO({ format: "orc", root: "s3://lake/assets", database: "marts" })
 * tableIO({ database: "marts" })
 */
export function tableIO(options: TableOptions): IOManager {
  const why = faultOfOptions(options)
  if (why !== undefined) {
    const fix = 'Write for one tableIO({ format: "iceberg", root: "lake" }).'
    throw new ConfigError("CONFIG_INVALID", { what: "tableIO() was given wrong options.", why, fix })
  }
  if ("catalog" in options) return new TableIOManager(new CatalogTables(options.catalog))
  const sound = soundOptions(options)
  const { format, database } = sound
  const tables = new RootTables(kinds[format], sound)
  if (format === "iceberg" || database === undefined) return new TableIOManager(tables)
  return new TableIOManager(tables, new CatalogMirror(database, format))
}

const kinds: { readonly [format in NonNullable<FolderTableOptions["format"]>]: TableKind } = {
  iceberg: icebergTables,
  orc: orcTables,
  parquet: parquetTables,
  delta: deltaTables,
}
