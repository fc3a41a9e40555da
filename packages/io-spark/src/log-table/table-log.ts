import type { CreateOptions, TablePlace } from "../table/table-place.ts"

/**
 * The log of a table, in the form of Delta's. Commits are numbered from 0; which of several writers makes a commit of a number is decided
 * where the log lies, and a commit never changes.
 */
export class TableLog {
  readonly #place: TablePlace
  readonly folder: string
  readonly #scratch: string

  /** @param scratch a folder of ours beside, for commits that are being written */
  constructor(place: TablePlace, folder: string, scratch: string) {
    this.#place = place
    this.folder = folder
    this.#scratch = scratch
  }

  /** The text of a commit; undefined when there is none of this version. */
  async read(version: number): Promise<string | undefined> {
    const bytes = await this.#place.read(this.path(version))
    return bytes && Buffer.from(bytes).toString("utf8")
  }

  /** The versions of the commits, in order. */
  async versions(): Promise<readonly number[]> {
    const names = (await this.#place.entries(this.folder)).map(({ name }) => name)
    const commits = names.filter(name => /^\d{20}\.json$/.test(name))
    return commits.map(name => Number.parseInt(name, 10)).sort((a, b) => a - b)
  }

  /** Tells one state of a commit's file from another: of a table that was made anew the commits are others. */
  stamp(version: number): Promise<string | undefined> {
    return this.#place.stamp(this.path(version))
  }

  /**
   * Makes a commit, whole or not at all; false when another one of this version is there.
   * @throws StorageError `LEASE_LOST`; nothing is made then
   */
  create(version: number, text: string, options: Omit<CreateOptions, "scratch">): Promise<boolean> {
    return this.#place.create(this.path(version), text, { ...options, scratch: this.#scratch })
  }

  path(version: number): string {
    return this.#place.join(this.folder, commitName(version))
  }
}

/** The name of a commit's file. */
export function commitName(version: number): string {
  return `${String(version).padStart(20, "0")}.json`
}
