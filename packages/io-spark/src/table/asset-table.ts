import type { AssetsError, Materialization, OutputContext } from "@assets/core"
import type { Schema } from "@assets/dataframe"
import type { FileFormat } from "../file-format.ts"
import type { TableFile } from "./table-file.ts"
import type { PlaceEntry, TablePlace } from "./table-place.ts"

/** What is current of one partition, or of the whole. */
export interface Entry {
  readonly partition: string | null
  /** Tells the commit that made it current from every other one of the table. */
  readonly version: number | string
  readonly materialization: Materialization
  readonly applied: ReadonlySet<string>
  /** Whether somebody else has changed its rows since. */
  readonly isChanged: boolean
}

/** A table as it is after one of its commits; to be read at once, since the table may move it on. */
export interface TableState {
  /** Whether there is no table yet. */
  readonly isNew: boolean
  /** Whether there is a table and none of its commits is ours. */
  readonly isForeign: boolean
  readonly entries: readonly Entry[]
  entry(partition: string | null): Entry | undefined
  /** The files of a partition's rows. */
  files(partition: string | null): readonly TableFile[]
}

/** A commit of ours that wrote a partition. */
export interface CommittedWrite {
  readonly version: number | string
  readonly materialization: Materialization
  /** The columns of its rows. */
  readonly schema: Schema
  /** `whole`: the rows of the partition are those of `files`. `added`: and those of the commit before. */
  readonly holds: "whole" | "added"
  /** Fingerprints of appends and merges: those of the commit before are held, too, where the rows are `added`. */
  readonly applied: readonly string[]
  /** Those that the commit added. */
  readonly files: readonly TableFile[]
}

/** Rows that are written and approved, and are to become those of a partition. */
export type Change = Omit<CommittedWrite, "version"> & { readonly partition: string | null }

/** @throws StorageError `LEASE_LOST`; nothing is made then */
export type CreateCommit = (commit: OutputContext["commit"]) => Promise<boolean>

/**
 * The table of one asset in a folder: files of rows, and a log of commits that name them, each with the record of the
 * materialization that it made current. Spark writes the files; the runner makes the commits.
 */
export interface AssetTable {
  readonly place: TablePlace
  readonly key: string
  readonly path: string
  readonly fileFormat: FileFormat
  /** What the `details.url` of an error begins with that leaves open whether a commit was made. */
  readonly commitsAt: string
  /** Names that no column of an asset can have, in lower case, and why. */
  readonly reservedNames: ReadonlyMap<string, string>
  /** Refuses columns that its files cannot hold. Left out where they hold all. */
  confirmColumns?(schema: Schema): void
  /** The folder in which each write has a folder of its own, of the name of its id. */
  readonly dataFolder: string
  /** Confirms that of two writers of one commit one succeeds, where that hangs on the place; asked before a write. */
  confirm?(): Promise<void>
  state(): Promise<TableState>
  /** The commits of ours that wrote a partition, newest first. */
  history(partition: string | null): AsyncIterable<CommittedWrite>
  /**
   * Makes a commit ready, on a state that this table gave. What it gives back makes it, whole or not at all, and tells
   * false when another commit was first; it is given the `commit` of the write's context.
   */
  prepare(state: TableState, change: Change, options: { readonly durable: boolean }): Promise<CreateCommit>
  /** @throws ConfigError `ENVIRONMENT_UNSUPPORTED` for a table that is not ours, or asks what is not done here */
  requireWritable(state: TableState): void
  /** What is said of rows that are marked as deleted beside their files. */
  deletionsRefused(): AssetsError
  /** The paths of files that the table has let go since a time, so that it may still be read as it was; more may be told. */
  filesLetGo(since: number): Promise<Iterable<string>>
  /** Lets go of what nobody reads as the table was before a time. Left out where each commit stays. */
  expire?(since: number): Promise<void>
  /** Files of writers that died before their commit, and of commits that nobody can read any more; others may be told. */
  leftovers(): Promise<readonly PlaceEntry[]>
  /** Whether it is a table of ours: also one whose removal has not come to its end. */
  isOurs(): Promise<boolean>
  /** Takes the table away, as it is and as it was. */
  remove(): Promise<void>
}
