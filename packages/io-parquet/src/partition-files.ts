import type { Layout, Materialization, WrittenFile } from "@assets/core"
import { ConfigError } from "@assets/core"
import type { AssetLayout } from "./parquet-layout.ts"
import { filesOf, type Version } from "./version.ts"

/**
 * The partition whose rows a file of a write of several holds: the first folder of the layout tells it, where its column
 * holds the partition keys.
 */
export function partitionOfFile(file: WrittenFile, layout: Layout, partitions: readonly string[]): string | undefined {
  if (partitions.length < 2 || !layout.partitionBy?.length) return undefined
  const [folder = ""] = file.path.split(/[/\\]/)
  const value = folder.slice(folder.indexOf("=") + 1)
  return partitions.find(partition => partition === decoded(value))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Of a version, the partitions whose rows are read from it. */
export interface Share {
  readonly version: Version
  readonly partitions: readonly string[]
}

/** The versions that a partition's pointer names, newest first. */
export type VersionOrder = (partition: string) => Promise<readonly string[]>

/**
 * Which of several versions each wanted partition is read from: the one that holds it, or of two the one that became
 * current of it last.
 */
export async function sharesOf(
  versions: readonly Version[],
  wanted: readonly string[],
  orderOf: VersionOrder,
): Promise<Share[]> {
  const holders = new Map<string, Version[]>()
  for (const version of versions) {
    for (const partition of version.materialization.partitions) {
      holders.set(partition, [...(holders.get(partition) ?? []), version])
    }
  }
  const isWanted = (partition: string) => wanted.length === 0 || wanted.includes(partition)
  const latest = new Map<string, Version | undefined>()
  for (const [partition, among] of holders) {
    if (isWanted(partition)) latest.set(partition, await latestOf(partition, among, orderOf))
  }
  return versions.map(version => {
    const { partitions } = version.materialization
    return { version, partitions: partitions.filter(one => isWanted(one) && latest.get(one) === version) }
  })
}

async function latestOf(
  partition: string,
  among: readonly Version[],
  orderOf: VersionOrder,
): Promise<Version | undefined> {
  if (among.length < 2) return among[0]
  const order = await orderOf(partition)
  const found = order.flatMap(id => among.find(version => version.materialization.id === id) ?? [])
  return found[0] ?? among[0]
}

/**
 * The files that hold the rows of some of a version's partitions.
 * @throws ConfigError `ENVIRONMENT_UNSUPPORTED` when rows of several lie in one file
 */
export function filesOfShare(layout: AssetLayout, { version, partitions }: Share): string[] {
  const { materialization, files } = version
  if (partitions.length === materialization.partitions.length) return filesOf(layout, version)
  const isTold = files.every(file => file.partition !== undefined || file.rows === 0)
  if (!isTold && partitions.length > 0) throw notApart(layout.key, materialization)
  const own = files.filter(file => file.partition !== undefined && partitions.includes(file.partition))
  return filesOf(layout, version, own)
}

function notApart(key: string, { id, partitions }: Materialization): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `${partitions.length} partitions of ${key} were stored by one write, and some of them alone cannot be read.`,
    why: "No file tells which partition its rows belong to.",
    fix: "Name the column of the partition keys first in layout: { partitionBy: […] }, and materialize them again.",
    details: { key, id },
  })
}
