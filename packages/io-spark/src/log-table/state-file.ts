import type { TablePlace } from "../table/table-place.ts"
import type { PackedSnapshot, TableSnapshot } from "./table-snapshot.ts"

const format = 1
const named = /^state-(\d{20})\.json$/

/**
 * The state of a table after one of its commits, so that a table of many partitions is known without reading all its
 * commits. It is a cache: where it is missing or damaged, the commits are read.
 */
export async function readState(place: TablePlace, folder: string): Promise<PackedSnapshot | undefined> {
  const newest = (await stateNames(place, folder)).at(-1)
  if (newest === undefined) return undefined
  try {
    const bytes = await place.read(place.join(folder, newest))
    if (!bytes) return undefined
    const packed = JSON.parse(Buffer.from(bytes).toString("utf8")) as PackedSnapshot & { format: unknown }
    return packed.format === format ? packed : undefined
  } catch {
    return undefined
  }
}

/** Writes the state down in place of earlier ones. Who cannot, reads commits. */
export async function writeState(place: TablePlace, folder: string, snapshot: TableSnapshot): Promise<void> {
  const name = `state-${String(snapshot.version).padStart(20, "0")}.json`
  const text = JSON.stringify({ format, ...snapshot.pack() })
  try {
    await place.makeFolder(folder)
    await place.replace(place.join(folder, name), text)
    for (const other of await stateNames(place, folder)) if (other < name) await place.remove(place.join(folder, other))
  } catch {
    // where nothing may be written the log says the same
  }
}

async function stateNames(place: TablePlace, folder: string): Promise<string[]> {
  return (await place.entries(folder)).flatMap(({ name }) => (named.test(name) ? [name] : [])).sort()
}
