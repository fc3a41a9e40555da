import type { OutputContext } from "@assets/core"
import type { Schema } from "@assets/dataframe"
import type { AssetTable } from "./asset-table.ts"

/** What shows the current rows of tables elsewhere, after their commits. */
export interface TableMirror {
  /** Refuses columns that it cannot show. */
  confirmColumns(schema: Schema): void
  /** The last version of a table that it shows, where versions are numbers. */
  shownUntil(table: AssetTable): Promise<number>
  /** Shows a table as it is now. @throws StorageError `STORAGE_CATALOG_BEHIND` */
  update(table: AssetTable, context: OutputContext): Promise<void>
  /** Shows a table no more. */
  drop(table: AssetTable): Promise<void>
}
