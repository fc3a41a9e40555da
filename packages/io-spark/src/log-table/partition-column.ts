import { tellsPartition } from "../table/stored-names.ts"

/** The column that tells the partition of a row, in tables of assets with partitions. */
export const partitionColumn = "_partition"

export const reservedNames: ReadonlyMap<string, string> = new Map([[partitionColumn, tellsPartition]])
