import { tellsPartition } from "../table/stored-names.ts"

/** The column that tells the partition of a row, in tables of assets with partitions. */
export const partitionColumn = "_partition_key"

/** Columns that Spark gives each table of Iceberg by itself. */
const ofIceberg = ["_file", "_pos", "_deleted", "_spec_id", "_partition", "_row_id", "_last_updated_sequence_number"]

export const reservedNames: ReadonlyMap<string, string> = new Map([
  [partitionColumn, tellsPartition],
  ...ofIceberg.map(name => [name, "Iceberg keeps the name for a column of its own."] as const),
])
