import type { Materialization } from "@assets/core"
import type { Schema } from "@assets/dataframe"
import type { LogAction } from "./log-action.ts"

/** What a commit of ours says beside its rows: the text of its `userMetadata`. */
export interface StoredRecord {
  /** Tells our commits from others', and the form of what follows. */
  readonly assets: 1
  readonly partition: string | null
  readonly materialization: Materialization
  /** The columns of its rows. */
  readonly schema: Schema
  /** `whole`: the rows of the partition are those of the files that the commit adds. `added`: and those of `former`. */
  readonly holds: "whole" | "added"
  /** Version of the table in which the partition was written before; null for never. */
  readonly former: number | null
  /** Fingerprints of appends and merges: those of `former` are held, too, where the rows are `added`. */
  readonly applied: readonly string[]
}

/** The record of a commit; undefined for a commit of others. */
export function recordIn(actions: readonly LogAction[]): StoredRecord | undefined {
  const text = actions.find(action => action.commitInfo)?.commitInfo?.userMetadata
  if (!text?.startsWith('{"assets":1,')) return undefined
  return JSON.parse(text) as StoredRecord // by its first words our own
}

/** The text to store; `recordIn` knows it by its first words. */
export function recordText({ assets, ...rest }: StoredRecord): string {
  return JSON.stringify({ assets, ...rest })
}
