import { ConfigError, type IOManager } from "@assets/core"
import { RootTables } from "../table/root-tables.ts"
import { TableIOManager } from "../table/table-io-manager.ts"
import { type DeltaOptions, faultOfOptions } from "./delta-options.ts"
import { deltaTables } from "./delta-tables.ts"

/**
 * Keeps each asset as a Delta table in a folder of its own, on a disk, on S3 or on HDFS, which Spark and every other reader of Delta
 * reads. The record of a materialization lies in the same commit of the table's log as its rows.
 *
 * Former versions stay readable until `VACUUM` or `assets gc` removes their files. The partition of a row is told by the
 * column `_partition` of the table.
 * @throws ConfigError `CONFIG_INVALID` for wrong options
 * @example
 * deltaIO({ root: "lake" })
 * deltaIO({ root: "s3://lake/assets" })
 */
export function deltaIO(options: DeltaOptions): IOManager {
  const why = faultOfOptions(options)
  if (why !== undefined) {
    const fix = 'Write for one deltaIO({ root: "lake" }).'
    throw new ConfigError("CONFIG_INVALID", { what: "deltaIO() was given wrong options.", why, fix })
  }
  return new TableIOManager(new RootTables(deltaTables, options))
}
