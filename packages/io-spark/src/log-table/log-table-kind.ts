import type { Schema } from "@assets/dataframe"
import type { FileFormat } from "../file-format.ts"

/** What tells one kind of tables with a log from another. */
export interface LogTableKind {
  /** What people call such a table: `Delta table`. */
  readonly title: string
  /** The IO manager that keeps them, in a config. */
  readonly manager: string
  /** The folder of the log, in that of the table. */
  readonly logFolder: string
  readonly fileFormat: FileFormat
  /** Refuses columns that the files cannot hold. Left out where they hold all. */
  confirmColumns?(schema: Schema): void
}
