import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { joinObjectUrl, objectStore, relativeObjectUrl } from "@assets/core"
import { writtenKey } from "./output-context.ts"
import { objectRootOf } from "./storages.ts"

/** Ids of the versions of the written asset that a storage of Parquet has, the partial ones, too. */
export async function storedVersions(base: string, name: string): Promise<string[]> {
  if (!name.includes("on s3")) {
    const folder = join(base, "data", writtenKey, "_versions")
    return existsSync(folder) ? readdirSync(folder).sort() : []
  }
  const ids = new Set<string>()
  const place = joinObjectUrl(objectRootOf(base), writtenKey, "_versions")
  for await (const { url } of objectStore().list(`${place}/`))
    ids.add(relativeObjectUrl(place, url).split("/")[0] ?? "")
  return [...ids].sort()
}
