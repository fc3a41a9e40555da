import type { Entry as TableEntry, TableState } from "../table/asset-table.ts"
import type { TableFile } from "../table/table-file.ts"
import type { AddFile, LogAction, Protocol, RemoveFile, TableMetadata } from "./log-action.ts"
import { partitionColumn } from "./partition-column.ts"
import { recordIn, type StoredRecord } from "./stored-record.ts"

/** A commit of Delta's log is told by its number. */
interface Entry extends TableEntry {
  readonly version: number
}

/** A table as it is after one of its commits. */
export class TableSnapshot implements TableState {
  /** Of the last commit; -1 before the first. */
  version = -1
  metadata: TableMetadata | undefined
  protocol: Protocol | undefined
  /** Tells where a file of the log lies. */
  readonly #located: (add: AddFile) => TableFile
  readonly #entries = new Map<string | null, Entry>()
  readonly #files = new Map<string | null, Map<string, AddFile>>()
  readonly #partitions = new Map<string, string | null>()

  constructor(located: (add: AddFile) => TableFile) {
    this.#located = located
  }

  get isNew(): boolean {
    return this.version < 0
  }

  get entries(): readonly Entry[] {
    return [...this.#entries.values()]
  }

  entry(partition: string | null): Entry | undefined {
    return this.#entries.get(partition)
  }

  files(partition: string | null): readonly TableFile[] {
    return this.addedFiles(partition).map(add => this.#located(add))
  }

  /** The files of a partition's rows, as the log has them. */
  addedFiles(partition: string | null): readonly AddFile[] {
    return [...(this.#files.get(partition)?.values() ?? [])]
  }

  get fileCount(): number {
    return this.#partitions.size
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

  apply(version: number, actions: readonly LogAction[]): void {
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

  static unpack(packed: PackedSnapshot, located: (add: AddFile) => TableFile): TableSnapshot {
    const { version, metadata, protocol, entries, files } = packed
    const snapshot = new TableSnapshot(located)
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
