import type { Refusal } from "@assets/core"
import type { TableKind } from "../table/root-tables.ts"
import { FileLog } from "./file-log.ts"
import { IcebergTable } from "./iceberg-table.ts"

/** Tables of a catalog of files. */
export const icebergTables: TableKind = {
  name: "iceberg",
  refusalOfRoot(root: string): Refusal | undefined {
    if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(root)) return undefined
    return {
      why: "A catalog of files holds two writers off one another only on a disk that is mounted on this machine.",
      fix: "Give root a folder, for one of a mounted network disk; or use a catalog, or deltaIO.",
    }
  },
  open: (place, key, path) => new IcebergTable(place, key, path, new FileLog(place, path)),
}
