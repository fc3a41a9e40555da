/**
 * The log of a Delta table. Commits are numbered from 0; which of several writers makes a commit of a number is decided
 * where the log lies, and a commit never changes.
 */
export interface DeltaLog {
  /** The text of a commit; undefined when there is none of this version. */
  read(version: number): Promise<string | undefined>
  /** The versions of the commits, in order. */
  versions(): Promise<readonly number[]>
  /** Tells one state of a commit's file from another: of a table that was made anew the commits are others. */
  stamp(version: number): Promise<string | undefined>
  /**
   * Makes a commit, whole or not at all; false when another one of this version is there. Synchronous, so that it can be
   * done while a lease is held.
   */
  create(version: number, text: string, options: { readonly durable: boolean }): boolean
}

/** The name of a commit's file. */
export function commitName(version: number): string {
  return `${String(version).padStart(20, "0")}.json`
}
