import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { type PackedSnapshot, TableSnapshot } from "./table-snapshot.ts"

const format = 1
const named = /^state-(\d{20})\.json$/

/**
 * The state of a table after one of its commits, so that a table of many partitions is known without reading all its
 * commits. It is a cache: where it is missing or damaged, the commits are read.
 */
export async function readState(folder: string): Promise<TableSnapshot | undefined> {
  const names = await readdir(folder).catch(() => [])
  const newest = names
    .filter(name => named.test(name))
    .sort()
    .at(-1)
  if (newest === undefined) return undefined
  try {
    const packed = JSON.parse(await readFile(join(folder, newest), "utf8")) as PackedSnapshot & { format: unknown }
    return packed.format === format ? TableSnapshot.unpack(packed) : undefined
  } catch {
    return undefined
  }
}

/** Writes the state down in place of earlier ones. Who cannot, reads commits. */
export function writeState(folder: string, snapshot: TableSnapshot): void {
  const name = `state-${String(snapshot.version).padStart(20, "0")}.json`
  const beside = join(folder, `${name}.${process.pid}.tmp`)
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(beside, JSON.stringify({ format, ...snapshot.pack() }))
    renameSync(beside, join(folder, name))
    for (const other of readdirSync(folder)) if (named.test(other) && other < name) rmSync(join(folder, other))
  } catch {
    rmSync(beside, { force: true }) // where nothing may be written the log says the same
  }
}
