import { currentSnapshot, type Snapshot, sameId, snapshotOf, type TableMetadata } from "./table-metadata.ts"
import type { CurrentRecords } from "./table-properties.ts"

/** What others have done to a table. */
export interface OthersCommits {
  /** Rows that were written by a later commit than this one lie where we have put them. */
  readonly last: number
  /** Whether it is known that others have moved the rows of a commit from file to file, and changed none. */
  onlyMoved(since: number): boolean
}

/** Looks for commits of others among those that readers see. */
export function othersCommits(metadata: TableMetadata, current: CurrentRecords): OthersCommits {
  const chain = ancestors(metadata)
  const head = BigInt(current.head)
  const at = chain.findIndex(one => sameId(one["snapshot-id"], head))
  const later = at === -1 ? chain : chain.slice(0, at)
  // Snapshots are let go, and each tells the one before it: after the head nothing is missing.
  const isWhole = at !== -1 || sameId(chain.at(-1)?.["parent-snapshot-id"], head)
  // Otherwise somebody may have set the table back.
  const since = isWhole ? Math.max(0, ...later.map(sequenceOf)) : Number.POSITIVE_INFINITY
  return {
    last: Math.max(current.others, since),
    onlyMoved(commit) {
      const known = Math.max(commit, current.quiet)
      const isKnown = known >= current.headSequence || chain.some(one => sequenceOf(one) <= known)
      const others = chain.filter(one => sequenceOf(one) > known && !isOurs(one))
      return isWhole && isKnown && others.every(({ summary }) => summary.operation === "replace")
    },
  }
}

/** The snapshots that led to the current one, newest first, as far as they are kept. */
function ancestors(metadata: TableMetadata): Snapshot[] {
  const found: Snapshot[] = []
  for (let one = currentSnapshot(metadata); one; one = snapshotOf(metadata, one["parent-snapshot-id"])) found.push(one)
  return found
}

function sequenceOf(snapshot: Snapshot): number {
  return snapshot["sequence-number"] ?? 0
}

/** In the summary of our snapshots: the id of the materialization. */
export const idInSummary = "assets.id"

function isOurs({ summary }: Snapshot): boolean {
  return summary[idInSummary] !== undefined
}
