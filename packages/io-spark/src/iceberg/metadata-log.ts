import type { OutputContext } from "@assets/core"
import type { TableMetadata } from "./table-metadata.ts"

/** A table as it is after one of its commits, whose stamp tells it from every other one. */
export interface MetadataVersion {
  readonly metadata: TableMetadata
  readonly stamp: string | undefined
}

export interface CommitOptions {
  /** True: what is made outlives the loss of power. */
  readonly durable: boolean
  /** Of `OutputContext`: looks at the lease. A rejection leaves nothing made. */
  readonly commit: OutputContext["commit"]
}

/** What the metadata of a table begins with. */
export type Beginning = Pick<TableMetadata, "table-uuid" | "location" | "properties">

/** Where the commits of a table are made, and one of several writers of the same one is first: its catalog. */
export interface MetadataLog {
  /** What the `details.url` of an error begins with that leaves open whether a commit was made. */
  readonly address: string
  /** What moves the table out of the way, to be typed. */
  readonly toMoveAway: string
  beginning(): Beginning
  /** The last commit: `known` itself where that is it, undefined where there is none. */
  last(known: MetadataVersion | undefined): Promise<MetadataVersion | undefined>
  /** Makes the commit after another one, whole or not at all; false when somebody else was first. */
  create(former: MetadataVersion | undefined, next: TableMetadata, options: CommitOptions): Promise<boolean>
  /** Takes the table away: after that nobody finds its files. */
  remove(): Promise<void>
}
