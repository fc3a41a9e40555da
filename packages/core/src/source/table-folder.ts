import { existsSync } from "node:fs"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import type { ObjectStore } from "../object-store/object-store.ts"
import { isObjectUrl } from "../object-store/object-url.ts"
import { logFolder } from "./delta-log.ts"

/** The formats of tables whose folders also hold files that are no rows of theirs, or no longer. */
export type TableFormat = "Delta" | "Iceberg" | "Assets"

/** The folder with the log of a table of `tableIO`. */
const ownLogFolder = "_assets_log"
const icebergFolder = "metadata"
const icebergMetadata = ".metadata.json"

/** What a folder of a disk is the table of; undefined of one that is none. */
export async function formatOfFolder(folder: string): Promise<TableFormat | undefined> {
  if (existsSync(join(folder, logFolder))) return "Delta"
  if (existsSync(join(folder, ownLogFolder))) return "Assets"
  const names = await readdir(join(folder, icebergFolder)).catch(() => [])
  return names.some(name => name.endsWith(icebergMetadata)) ? "Iceberg" : undefined
}

/** The same of a place of objects; undefined, too, where it may not be listed. */
export async function formatOfPlace(store: ObjectStore, place: string): Promise<TableFormat | undefined> {
  try {
    for await (const _ of store.list(`${place}/${logFolder}/`)) return "Delta"
    for await (const _ of store.list(`${place}/${ownLogFolder}/`)) return "Assets"
    for await (const { url } of store.list(`${place}/${icebergFolder}/`))
      if (url.endsWith(icebergMetadata)) return "Iceberg"
    return undefined
  } catch {
    return undefined
  }
}

/** The place of the table, and its format, of whose log or metadata an object is; undefined of any other. */
export function tableOfObject(url: string): readonly [place: string, format: TableFormat] | undefined {
  for (const [log, format] of [
    [logFolder, "Delta"],
    [ownLogFolder, "Assets"],
  ] as const) {
    const [place, inLog] = url.split(`/${log}/`)
    if (place !== undefined && inLog !== undefined) return [place, format]
  }
  const [, around] = /^(.*)\/metadata\/[^/]*\.metadata\.json$/.exec(url) ?? []
  return around === undefined ? undefined : [around, "Iceberg"]
}

/** The nearest folder around files that is the folder of a table, and the table's format. */
export async function tableAround(
  files: readonly string[],
  formatOf: (folder: string) => Promise<TableFormat | undefined>,
): Promise<{ readonly path: string; readonly format: TableFormat } | undefined> {
  const looked = new Set<string>()
  for (const file of files) {
    const parts = file.split("/")
    if (parts.includes(logFolder) || parts.includes(ownLogFolder)) continue // of the log itself
    const fewest = isObjectUrl(file) ? 2 : 0 // the bucket is no folder of a table, and neither is what stands before it
    for (let length = parts.length - 1; length > fewest; length--) {
      const path = parts.slice(0, length).join("/")
      if (looked.has(path)) break
      looked.add(path)
      const format = await formatOf(path)
      if (format) return { path, format }
    }
  }
  return undefined
}
