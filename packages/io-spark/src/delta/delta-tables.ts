import { refusalOfLogRoot } from "../log-table/log-root.ts"
import { LogTable } from "../log-table/log-table.ts"
import type { LogTableKind } from "../log-table/log-table-kind.ts"
import type { TableKind } from "../table/root-tables.ts"

const kind: LogTableKind = {
  title: "Delta table",
  manager: "deltaIO",
  logFolder: "_delta_log",
  fileFormat: "parquet",
}

export const deltaTables: TableKind = {
  name: "delta",
  refusalOfRoot: refusalOfLogRoot,
  open: (...where) => new LogTable(kind, ...where),
}
