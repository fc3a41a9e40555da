import type { Layout, Materialization, WrittenFile } from "@assets/core"
import { ConfigError } from "@assets/core"
import type { AssetFolder } from "./parquet-layout.ts"
import { readPointer } from "./pointer.ts"
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

/**
 * Which of several versions each wanted partition is read from: the one that holds it, or of two the one that became
 * current of it last.
 */
export function sharesOf(folder: AssetFolder, versions: readonly Version[], wanted: readonly string[]): Share[] {
  const holders = new Map<string, Version[]>()
  for (const version of versions) {
    for (const partition of version.materialization.partitions) {
      holders.set(partition, [...(holders.get(partition) ?? []), version])
    }
  }
  const isWanted = (partition: string) => wanted.length === 0 || wanted.includes(partition)
  const latest = new Map([...holders].map(([partition, among]) => [partition, latestOf(folder, partition, among)]))
  return versions.map(version => {
    const { partitions } = version.materialization
    return { version, partitions: partitions.filter(one => isWanted(one) && latest.get(one) === version) }
  })
}

function latestOf(folder: AssetFolder, partition: string, among: readonly Version[]): Version | undefined {
  if (among.length < 2) return among[0]
  const order = readPointer(folder, partition)?.versions ?? []
  const found = order.flatMap(id => among.find(version => version.materialization.id === id) ?? [])
  return found[0] ?? among[0]
}

/**
 * The files that hold the rows of some of a version's partitions.
 * @throws ConfigError `ENVIRONMENT_UNSUPPORTED` when rows of several lie in one file
 */
export function filesOfShare(folder: AssetFolder, { version, partitions }: Share): string[] {
  const { materialization, files } = version
  if (partitions.length === materialization.partitions.length) return filesOf(folder, version)
  const isTold = files.every(file => file.partition !== undefined || file.rows === 0)
  if (!isTold && partitions.length > 0) throw notApart(folder.key, materialization)
  const own = files.filter(file => file.partition !== undefined && partitions.includes(file.partition))
  return filesOf(folder, version, own)
}

function notApart(key: string, { id, partitions }: Materialization): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `${partitions.length} partitions of ${key} were stored by one write, and some of them alone cannot be read.`,
    why: "No file tells which partition its rows belong to.",
    fix: "Name the column of the partition keys first in layout: { partitionBy: […] }, and materialize them again.",
    details: { key, id },
  })
}
