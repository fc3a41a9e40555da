import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { isMissingFile } from "../io/storage-failure.ts"
import { objectStoreAt } from "../object-store/object-store-at.ts"
import { isBucketUrl } from "../object-store/object-url.ts"

/** The folder in that of a Delta table which tells what its rows are. */
export const logFolder = "_delta_log"

/** A version of a Delta table, and what tells it from one of the same number of a table that was made anew. */
export interface TableVersion {
  readonly number: number
  /** The file of the log that made it. */
  readonly path: string
  /** Where that is an object. */
  readonly etag?: string
}

/** The newest version of the table at a place, or the one of a number; undefined where there is none. */
export async function findVersion(place: string, number?: number): Promise<TableVersion | undefined> {
  const found = isBucketUrl(place) ? await objectsOfLog(place) : await filesOfLog(place)
  const wanted = number === undefined ? found : found.filter(one => one.number === number)
  return wanted.toSorted((a, b) => a.number - b.number || rank(a) - rank(b)).at(-1)
}

/** Commits expire; the checkpoint that stands for them stays. */
function rank({ path }: TableVersion): number {
  return /\d{20}\.json$/.test(path) ? 1 : 0
}

async function filesOfLog(place: string): Promise<TableVersion[]> {
  const folder = join(place, logFolder)
  const names = await readdir(folder).catch(error => {
    if (isMissingFile(error)) return []
    throw error
  })
  return names.sort().flatMap(name => {
    const number = numberOf(name)
    return number === undefined ? [] : [{ number, path: join(folder, name) }]
  })
}

async function objectsOfLog(place: string): Promise<TableVersion[]> {
  const found: TableVersion[] = []
  for await (const { url, etag } of objectStoreAt(place).list(`${place}/${logFolder}/`)) {
    const number = numberOf(url.slice(url.lastIndexOf("/") + 1))
    if (number !== undefined) found.push({ number, path: url, etag })
  }
  return found
}

function numberOf(name: string): number | undefined {
  const [, digits] = /^(\d{20})\.(?:json|checkpoint\.(?:.+\.)?(?:parquet|json))$/.exec(name) ?? []
  return digits === undefined ? undefined : Number(digits)
}
