import { refusalOfLogRoot } from "../log-table/log-root.ts"
import { LogTable } from "../log-table/log-table.ts"
import type { LogTableKind } from "../log-table/log-table-kind.ts"
import type { TableKind } from "../table/root-tables.ts"
import { confirmOrcColumns } from "./orc-columns.ts"

const kind: LogTableKind = {
  title: "ORC table",
  manager: "tableIO",
  logFolder: "_assets_log",
  fileFormat: "orc",
  confirmColumns: confirmOrcColumns,
}

export const orcTables: TableKind = {
  name: "orc",
  refusalOfRoot: refusalOfLogRoot,
  open: (...where) => new LogTable(kind, ...where),
}
