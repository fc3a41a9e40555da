import type { AssetTable } from "../table/asset-table.ts"

/** Up to which commit of its log a table is known to a catalog. */
export interface MirrorMarker {
  /** `database.name` */
  readonly table: string
  readonly version: number | string
}

const name = "catalog.json"

/** What was written last; undefined where there is nothing, or nothing that can be read. */
export async function readMarker({ place, ownFolder }: MarkedTable): Promise<MirrorMarker | undefined> {
  const bytes = await place.read(place.join(ownFolder, name))
  try {
    return bytes && (JSON.parse(Buffer.from(bytes).toString("utf8")) as MirrorMarker) // of our own, or not to be read
  } catch {
    return undefined
  }
}

export async function writeMarker({ place, ownFolder }: MarkedTable, marker: MirrorMarker): Promise<void> {
  await place.makeFolder(ownFolder)
  await place.replace(place.join(ownFolder, name), JSON.stringify(marker))
}

/** A table with a folder for what is not its rows. */
export type MarkedTable = Pick<AssetTable, "place"> & { readonly ownFolder: string }
