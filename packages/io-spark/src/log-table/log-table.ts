import { ConfigError } from "@assets/core"
import type { Schema } from "@assets/dataframe"
import type { FileFormat } from "../file-format.ts"
import type { AssetTable, Change, CommittedWrite, CreateCommit } from "../table/asset-table.ts"
import { InTurn } from "../table/in-turn.ts"
import { foreignTable } from "../table/table-failure.ts"
import type { TableFile } from "../table/table-file.ts"
import type { PlaceEntry, TablePlace } from "../table/table-place.ts"
import { actionsOf, unknownDemands } from "./commit-actions.ts"
import { type AddFile, commitText, type LogAction, parseCommit } from "./log-action.ts"
import { logCorrupt, unknownFeatures } from "./log-failure.ts"
import type { LogTableKind } from "./log-table-kind.ts"
import { partitionColumn, reservedNames } from "./partition-column.ts"
import { readState, writeState } from "./state-file.ts"
import { recordIn } from "./stored-record.ts"
import { TableLog } from "./table-log.ts"
import { partitionOf, TableSnapshot } from "./table-snapshot.ts"

/** Commits that are read one by one before the state is written down; of large tables a part of their files. */
const fewestCommits = 64
/** Commits are asked for so many at a time, when there are many. */
const mostAtOnce = 16

/**
 * The table of one asset, with a log in the form of Delta's. Keeps what it has read of the log, which only grows.
 */
export class LogTable implements AssetTable {
  readonly place: TablePlace
  readonly key: string
  readonly path: string
  readonly reservedNames = reservedNames
  readonly log: TableLog
  readonly #kind: LogTableKind
  #known: { readonly snapshot: TableSnapshot; readonly stamp: string | undefined } | undefined
  /** Commits since the state was written down. */
  #unsaved = 0
  readonly #reading = new InTurn()

  constructor(kind: LogTableKind, place: TablePlace, key: string, path: string) {
    this.#kind = kind
    this.place = place
    this.key = key
    this.path = path
    this.log = new TableLog(place, place.join(path, kind.logFolder), this.ownFolder)
  }

  get fileFormat(): FileFormat {
    return this.#kind.fileFormat
  }

  get commitsAt(): string {
    return this.log.folder
  }

  /** Delta and Spark leave alone what begins with `_`. */
  get ownFolder(): string {
    return this.place.join(this.path, "_assets")
  }

  get dataFolder(): string {
    return this.path
  }

  confirmColumns(schema: Schema): void {
    this.#kind.confirmColumns?.(schema)
  }

  confirm(): Promise<void> {
    return this.place.confirm()
  }

  /** The table as it is now; without a commit where there is none. */
  state(): Promise<TableSnapshot> {
    return this.#reading.run(() => this.#refresh())
  }

  async *history(partition: string | null): AsyncGenerator<CommittedWrite> {
    const entry = (await this.state()).entry(partition)
    for (let version = entry?.version ?? null; version !== null; ) {
      const actions = await this.commit(version)
      const record = recordIn(actions)
      if (!record) return
      const added = actions.flatMap(({ add }) => (add && partitionOf(add) === partition ? [add] : []))
      yield { ...record, version, files: added.map(add => this.#located(add)) }
      version = record.former
    }
  }

  async prepare(
    snapshot: TableSnapshot,
    change: Change,
    { durable }: { readonly durable: boolean },
  ): Promise<CreateCommit> {
    const version = snapshot.version + 1
    const files = change.files.map(file => this.#added(file, change.partition))
    const text = commitText(actionsOf(snapshot, change, { files, provider: this.fileFormat }))
    return commit => this.log.create(version, text, { durable, commit })
  }

  requireWritable(snapshot: TableSnapshot): void {
    if (snapshot.isForeign) throw foreignTable(this.key, this.path, `mv ${this.path} ${this.path}-former`)
    const unknown = unknownDemands(snapshot)
    if (unknown.length > 0) throw unknownFeatures(this.#kind, this.path, unknown)
  }

  deletionsRefused(): ConfigError {
    const { key, path } = this
    return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
      what: `Rows of ${key} are marked as deleted beside their files, which ${this.#kind.manager} does not read.`,
      why: "The table has deletion vectors switched on, and somebody has deleted or changed rows.",
      fix: `Run in Spark: REORG TABLE delta.\`${path}\` APPLY (PURGE)`,
      details: { key, path },
    })
  }

  async filesLetGo(since: number): Promise<readonly string[]> {
    const paths: string[] = []
    for (let { version } = await this.state(); version >= 0; version--) {
      const actions = await this.commit(version)
      const timestamp = actions.find(action => action.commitInfo)?.commitInfo?.timestamp ?? Number.POSITIVE_INFINITY
      if (timestamp < since) break
      for (const { remove } of actions) if (remove) paths.push(this.#pathOf(remove.path))
    }
    return paths
  }

  async leftovers(): Promise<readonly PlaceEntry[]> {
    return (await this.place.entries(this.ownFolder)).filter(({ name }) => name.endsWith(".tmp"))
  }

  async isOurs(): Promise<boolean> {
    for (const version of await this.log.versions()) if (recordIn(await this.commit(version))) return true
    return false
  }

  async remove(): Promise<void> {
    const { place, path, log, ownFolder } = this
    await place.removeTable({ path, logFolder: log.folder, ownFolder, firstCommit: log.path(0) })
  }

  /** @throws StorageError `STORAGE_CORRUPT` when it is not there */
  async commit(version: number): Promise<readonly LogAction[]> {
    const text = await this.log.read(version)
    if (text === undefined) throw logCorrupt(this.#kind, this.path, `The commit ${version} is not there.`)
    return this.#parsed(version, text)
  }

  async #refresh(): Promise<TableSnapshot> {
    const known = this.#known
    const isSame = known?.stamp !== undefined && known.stamp === (await this.log.stamp(known.snapshot.version))
    const snapshot = isSame ? known.snapshot : await this.#fromState()
    if (!isSame) this.#unsaved = 0
    const former = snapshot.version
    await this.#readOn(snapshot)
    if (snapshot.version < 0) await this.#confirmEmpty()
    if (isSame && snapshot.version === former) return snapshot
    this.#known = { snapshot, stamp: await this.log.stamp(snapshot.version) }
    this.#unsaved += snapshot.version - former
    if (this.#unsaved > Math.max(fewestCommits, snapshot.entries.length / 10)) {
      await writeState(this.place, this.ownFolder, snapshot)
      this.#unsaved = 0
    }
    return snapshot
  }

  /** Applies the commits after a snapshot. */
  async #readOn(snapshot: TableSnapshot): Promise<void> {
    for (let atOnce = 1; ; atOnce = Math.min(2 * atOnce, mostAtOnce)) {
      const first = snapshot.version + 1
      const texts = await Promise.all(Array.from({ length: atOnce }, (_, i) => this.log.read(first + i)))
      for (const [i, text] of texts.entries()) {
        // One that is there after one that was not was made between the two looks.
        if (text === undefined) return
        snapshot.apply(first + i, this.#parsed(first + i, text))
      }
    }
  }

  async #fromState(): Promise<TableSnapshot> {
    const located = (add: AddFile) => this.#located(add)
    const found = await readState(this.place, this.ownFolder)
    const isOfThisTable = found !== undefined && (await this.log.stamp(found.version)) !== undefined
    return isOfThisTable ? TableSnapshot.unpack(found, located) : new TableSnapshot(located)
  }

  /** The path of a file by its name in the log. */
  #pathOf(name: string): string {
    return this.place.resolve(this.path, decodeURIComponent(name))
  }

  #located({ path, size, stats, deletionVector }: AddFile): TableFile {
    const rows = stats === undefined ? 0 : Number((JSON.parse(stats) as { numRecords?: number }).numRecords ?? 0)
    return { path: this.#pathOf(path), bytes: size, rows, ...(deletionVector && { hasDeletions: true }) }
  }

  /** The line of a commit that adds a file. */
  #added({ path, bytes, rows }: TableFile, partition: string | null): AddFile {
    return {
      path: this.place.relative(this.path, path).split("/").map(encodeURIComponent).join("/"),
      partitionValues: partition === null ? {} : { [partitionColumn]: partition },
      size: bytes,
      modificationTime: Date.now(),
      dataChange: true,
      stats: JSON.stringify({ numRecords: rows }),
    }
  }

  /** A log whose first commits were removed is not the log of an empty table. */
  async #confirmEmpty(): Promise<void> {
    const [first] = await this.log.versions()
    if (first === undefined || first === 0) return // made since it was asked for
    throw logCorrupt(this.#kind, this.path, `Its first commits are gone: the oldest one is ${first}.`)
  }

  #parsed(version: number, text: string): LogAction[] {
    try {
      return parseCommit(text)
    } catch (error) {
      throw logCorrupt(
        this.#kind,
        this.path,
        `The commit ${version} is no JSON: ${error instanceof Error ? error.message : error}`,
      )
    }
  }
}
