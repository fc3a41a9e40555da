import type { FileFormat } from "../file-format.ts"
import { confirmOrcColumns } from "../orc/orc-columns.ts"
import type { TableKind } from "../table/root-tables.ts"
import { refusalOfLogRoot } from "./log-root.ts"
import { LogTable } from "./log-table.ts"
import type { LogTableKind } from "./log-table-kind.ts"

/** Tables of files of a format, with a log of their own. */
function fileTables(name: FileFormat, kind: Pick<LogTableKind, "title" | "confirmColumns">): TableKind {
  const whole: LogTableKind = { ...kind, manager: "tableIO", logFolder: "_assets_log", fileFormat: name }
  return { name, refusalOfRoot: refusalOfLogRoot, open: (...where) => new LogTable(whole, ...where) }
}

export const orcTables = fileTables("orc", { title: "ORC table", confirmColumns: confirmOrcColumns })

export const parquetTables = fileTables("parquet", { title: "Parquet table" })
