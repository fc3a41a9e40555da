import type { TableMetadata } from "./table-metadata.ts"

/** The properties of a table that say what is current: committed with the rows. */
const wholeName = "assets.whole"
const partitionPrefix = "assets.partition."
const headName = "assets.head"
const headSequenceName = "assets.head-sequence"
const othersName = "assets.others"
const quietName = "assets.quiet"

/** The commits of a table are numbered: Iceberg calls it their sequence number. */
export interface CurrentRecords {
  /** The names of the records, by partition. */
  readonly names: ReadonlyMap<string | null, string>
  /** The snapshot of our last commit. */
  readonly head: string
  readonly headSequence: number
  /** The last commit of somebody else that one of ours follows; 0 for none. */
  readonly others: number
  /** The last commit of ours after which each record's rows were those of its partition. */
  readonly quiet: number
}

/** Undefined of a table that is not ours. */
export function currentRecords({ properties }: TableMetadata): CurrentRecords | undefined {
  const { [headName]: head } = properties
  if (head === undefined) return undefined
  const names = new Map<string | null, string>()
  for (const [name, value] of Object.entries(properties)) {
    if (name === wholeName) names.set(null, value)
    if (name.startsWith(partitionPrefix)) names.set(name.slice(partitionPrefix.length), value)
  }
  const number = (name: string) => Number(properties[name] ?? 0)
  return { names, head, headSequence: number(headSequenceName), others: number(othersName), quiet: number(quietName) }
}

/** The properties of a table, with others for what is current. */
export function withRecords(
  properties: TableMetadata["properties"],
  { names, head, headSequence, others, quiet }: CurrentRecords,
): TableMetadata["properties"] {
  const rest = Object.entries(properties).filter(([name]) => name !== wholeName && !name.startsWith(partitionPrefix))
  const current = [...names].map(([partition, record]) => {
    return [partition === null ? wholeName : partitionPrefix + partition, record] as const
  })
  return {
    ...Object.fromEntries([...rest, ...current]),
    [headName]: head,
    [headSequenceName]: String(headSequence),
    [othersName]: String(others),
    [quietName]: String(quiet),
    // No version of the metadata is read but the last one.
    "write.metadata.delete-after-commit.enabled": "true",
  }
}
