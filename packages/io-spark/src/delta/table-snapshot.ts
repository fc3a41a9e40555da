import type { Materialization } from "@assets/core"
import type { AddFile, DeltaAction, Protocol, RemoveFile, TableMetadata } from "./delta-action.ts"
import { partitionColumn } from "./delta-schema.ts"
import { recordIn, type StoredRecord } from "./stored-record.ts"

/** What is current of one partition, or of the whole. */
export interface Entry {
  readonly partition: string | null
  /** The commit that made it current. */
  readonly version: number
  readonly materialization: Materialization
  readonly applied: ReadonlySet<string>
  /** Whether somebody else has changed its rows since. */
  readonly isChanged: boolean
}

/** A table as it is after one of its commits. */
export class TableSnapshot {
  /** Of the last commit; -1 before the first. */
  version = -1
  metadata: TableMetadata | undefined
  protocol: Protocol | undefined
  readonly #entries = new Map<string | null, Entry>()
  readonly #files = new Map<string | null, Map<string, AddFile>>()
  readonly #partitions = new Map<string, string | null>()

  get entries(): readonly Entry[] {
    return [...this.#entries.values()]
  }

  entry(partition: string | null): Entry | undefined {
    return this.#entries.get(partition)
  }

  /** The files of a partition's rows. */
  files(partition: string | null): readonly AddFile[] {
    return [...(this.#files.get(partition)?.values() ?? [])]
  }

  get fileCount(): number {
    return this.#partitions.size
  }

  /** The folders of the table in which its files lie. */
  get writeFolders(): Iterable<string> {
    return [...this.#partitions.keys()].map(folderOf)
  }

  /** Files of rows that belong to a partition. */
  get partitionedFiles(): readonly AddFile[] {
    return this.#allFiles().filter(add => partitionOf(add) !== null)
  }

  /** Whether no commit of ours is among those of the table. */
  get isForeign(): boolean {
    return this.version >= 0 && this.#entries.size === 0 && !this.#hasRecord
  }
  #hasRecord = false

  apply(version: number, actions: readonly DeltaAction[]): void {
    const record = recordIn(actions)
    const changed = new Set<string | null>()
    for (const { remove, metaData, protocol } of actions) {
      if (metaData) this.metadata = metaData
      if (protocol) this.protocol = protocol
      if (remove) this.#remove(remove, changed)
    }
    // A file that is only to be read otherwise is removed and added by one commit, in any order.
    for (const { add } of actions) if (add) this.#add(add, changed)
    this.version = version
    if (record) this.#record(version, record)
    else for (const partition of changed) this.#markChanged(partition)
  }

  /** The state as values of JSON. */
  pack(): PackedSnapshot {
    const { version, metadata, protocol } = this
    const entries = this.entries.map(({ applied, ...entry }) => ({ ...entry, applied: [...applied] }))
    return { version, ...(metadata && { metadata }), ...(protocol && { protocol }), entries, files: this.#allFiles() }
  }

  static unpack({ version, metadata, protocol, entries, files }: PackedSnapshot): TableSnapshot {
    const snapshot = new TableSnapshot()
    snapshot.version = version
    snapshot.metadata = metadata
    snapshot.protocol = protocol
    snapshot.#hasRecord = true
    for (const entry of entries) snapshot.#entries.set(entry.partition, { ...entry, applied: new Set(entry.applied) })
    for (const add of files) snapshot.#add(add, new Set())
    return snapshot
  }

  #allFiles(): AddFile[] {
    return [...this.#files.values()].flatMap(files => [...files.values()])
  }

  #record(version: number, { partition, materialization, holds, applied }: StoredRecord): void {
    this.#hasRecord = true
    const former = holds === "added" ? (this.#entries.get(partition)?.applied ?? []) : []
    // An asset that has lost or gained its partitions keeps no record of the other kind.
    if (partition === null) this.#entries.clear()
    else this.#entries.delete(null)
    const entry = { partition, version, materialization, applied: new Set([...former, ...applied]), isChanged: false }
    this.#entries.set(partition, entry)
  }

  #markChanged(partition: string | null): void {
    const entry = this.#entries.get(partition)
    if (entry) this.#entries.set(partition, { ...entry, isChanged: true })
  }

  #add(add: AddFile, changed: Set<string | null>): void {
    const partition = partitionOf(add)
    const files = this.#files.get(partition) ?? new Map()
    this.#files.set(partition, files.set(add.path, add))
    this.#partitions.set(add.path, partition)
    if (add.dataChange) changed.add(partition)
  }

  #remove({ path, dataChange }: RemoveFile, changed: Set<string | null>): void {
    const partition = this.#partitions.get(path)
    if (partition === undefined) return
    this.#partitions.delete(path)
    this.#files.get(partition)?.delete(path)
    if (dataChange) changed.add(partition)
  }
}

/** A snapshot as it is kept. */
export interface PackedSnapshot {
  readonly version: number
  readonly metadata?: TableMetadata
  readonly protocol?: Protocol
  readonly entries: readonly (Omit<Entry, "applied"> & { readonly applied: readonly string[] })[]
  readonly files: readonly AddFile[]
}

/** The partition whose rows a file holds; null of a table without partitions. */
export function partitionOf({ partitionValues }: AddFile): string | null {
  return partitionValues[partitionColumn] ?? null
}

/** The folder of the table in which a file lies; empty for the table's own. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(path.indexOf("/"), 0))
}
