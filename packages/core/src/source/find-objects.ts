import type { ObjectStore, StoredObject } from "../object-store/object-store.ts"
import { relativeObjectUrl } from "../object-store/object-url.ts"
import { compileGlob, isGlob, isVisible } from "./find-files.ts"
import { type TableFormat, tableOfObject } from "./table-folder.ts"

export interface FoundObjects {
  readonly objects: readonly StoredObject[]
  /** The place below which everything was seen; undefined where one object alone was looked at. */
  readonly seen?: string
  /** The places of tables among what was seen, and their formats. */
  readonly tables: ReadonlyMap<string, TableFormat>
}

/** As `findFiles`, of the URL of an object, of a place of several, or of a glob: their objects, in the order of their names. */
export async function findObjects(store: ObjectStore, url: string): Promise<FoundObjects> {
  const one = await store.look(url) // an object may be named like a pattern
  if (one) return { objects: [one], tables: new Map() }
  const parts = url.replace(/\/+$/, "").split("/")
  const fixed = parts.findIndex((part, i) => i > 2 && isGlob(part))
  if (fixed === -1) return objectsBelow(store, parts.join("/"), path => path.split("/").every(isVisible))
  const pattern = compileGlob(parts.slice(fixed))
  const isNamed = parts.slice(fixed).some(part => /^[._]/.test(part))
  return objectsBelow(store, parts.slice(0, fixed).join("/"), path => {
    return pattern.test(path) && (isNamed || path.split("/").every(isVisible))
  })
}

async function objectsBelow(
  store: ObjectStore,
  place: string,
  isWanted: (path: string) => boolean,
): Promise<FoundObjects> {
  const objects: StoredObject[] = []
  const tables = new Map<string, TableFormat>()
  for await (const object of store.list(`${place}/`)) {
    const table = tableOfObject(object.url)
    if (table) tables.set(...table)
    // Some tools lay empty objects where there would be folders.
    if (!object.url.endsWith("/") && isWanted(relativeObjectUrl(place, object.url))) objects.push(object)
  }
  return { objects, seen: place, tables }
}
