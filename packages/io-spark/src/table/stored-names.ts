import { confirmColumnNames } from "@assets/core"
import type { Schema } from "@assets/dataframe"
import type { AssetTable } from "./asset-table.ts"

/** Why no column of an asset can have the name of the column of partitions. */
export const tellsPartition =
  "Tables of assets with partitions have a column of that name, which tells the partition of a row."

/**
 * Refuses columns that cannot be columns of a table here.
 * @throws ConfigError `ENVIRONMENT_UNSUPPORTED` naming the column
 */
export function refuseUnstorableNames(table: AssetTable, schema: Schema): void {
  const { reservedNames } = table
  table.confirmColumns?.(schema)
  confirmColumnNames(schema, {
    refusal: "A table cannot have",
    whyNot: name => (name === "" ? "Tables have no columns without a name." : reservedNames.get(name.toLowerCase())),
  })
}
