import { DefinitionError } from "@assets/core"
import { type DeltaAction, parseCommit } from "./delta-action.ts"
import { logCorrupt } from "./delta-failure.ts"
import { DeltaLog } from "./delta-log.ts"
import type { DeltaPlace } from "./delta-place.ts"
import { readState, writeState } from "./state-file.ts"
import { recordIn, type StoredRecord } from "./stored-record.ts"
import { TableSnapshot } from "./table-snapshot.ts"

/** Commits that are read one by one before the state is written down; of large tables a part of their files. */
const fewestCommits = 64
/** Commits are asked for so many at a time, when there are many. */
const mostAtOnce = 16

/** The table of one asset. Keeps what it has read of the log, which only grows. */
export class DeltaTable {
  readonly place: DeltaPlace
  readonly key: string
  readonly path: string
  readonly log: DeltaLog
  #known: { readonly snapshot: TableSnapshot; readonly stamp: string | undefined } | undefined
  /** Commits since the state was written down. */
  #unsaved = 0
  #reading: Promise<unknown> = Promise.resolve()

  /** @throws DefinitionError `ASSET_KEY_INVALID` for a key that would leave the root or meet a file of ours */
  constructor(place: DeltaPlace, key: string) {
    const segments = key.split("/")
    const isSafe = (segment: string) => /^[A-Za-z0-9.-][A-Za-z0-9_.-]*$/.test(segment) && !/^\.{1,2}$/.test(segment)
    if (!segments.every(isSafe)) throw unsafeKey(key)
    this.place = place
    this.key = key
    this.path = place.join(place.root, ...segments)
    this.log = new DeltaLog(place, place.join(this.path, "_delta_log"), this.ownFolder)
  }

  /** What is ours beside the table: Delta leaves alone what begins with `_`. */
  get ownFolder(): string {
    return this.place.join(this.path, "_assets")
  }

  /** Where the files of one write lie. */
  dataFolder(id: string): string {
    return this.place.join(this.path, id)
  }

  /** The path of a file by its name in the log. */
  filePath(name: string): string {
    return this.place.resolve(this.path, decodeURIComponent(name))
  }

  /** The table as it is now; without a commit where there is none. To be read at once: the next call moves it on. */
  snapshot(): Promise<TableSnapshot> {
    const next = this.#reading.then(
      () => this.#refresh(),
      () => this.#refresh(),
    )
    this.#reading = next
    return next
  }

  /** The actions of a commit. @throws StorageError `STORAGE_CORRUPT` when it is not there */
  async commit(version: number): Promise<readonly DeltaAction[]> {
    const text = await this.log.read(version)
    if (text === undefined) throw logCorrupt(this.path, `The commit ${version} is not there.`)
    return this.#parsed(version, text)
  }

  /** The record of a commit of ours. */
  async record(version: number): Promise<StoredRecord | undefined> {
    return recordIn(await this.commit(version))
  }

  /** Whether one of the commits that are there is ours: also of a table whose removal has not come to its end. */
  async isOurs(): Promise<boolean> {
    for (const version of await this.log.versions()) if (await this.record(version)) return true
    return false
  }

  /** Removes the log, and what it names. */
  async remove(): Promise<void> {
    const { place, path, log, ownFolder } = this
    await place.removeTable({ path, logFolder: log.folder, ownFolder, firstCommit: log.path(0) })
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
    const found = await readState(this.place, this.ownFolder)
    const isOfThisTable = found !== undefined && (await this.log.stamp(found.version)) !== undefined
    return isOfThisTable ? found : new TableSnapshot()
  }

  /** A log whose first commits were removed is not the log of an empty table. */
  async #confirmEmpty(): Promise<void> {
    const [first] = await this.log.versions()
    if (first === undefined || first === 0) return // made since it was asked for
    throw logCorrupt(this.path, `Its first commits are gone: the oldest one is ${first}.`)
  }

  #parsed(version: number, text: string): DeltaAction[] {
    try {
      return parseCommit(text)
    } catch (error) {
      throw logCorrupt(this.path, `The commit ${version} is no JSON: ${error instanceof Error ? error.message : error}`)
    }
  }
}

function unsafeKey(key: string): DefinitionError {
  return new DefinitionError("ASSET_KEY_INVALID", {
    what: `${JSON.stringify(key)} is no key that deltaIO keeps.`,
    why: "Its segments name folders below the root, and one of these would leave it or meet a file of Delta's own.",
    fix: "Use segments of letters, digits, '_', '.' and '-' that do not begin with '_' and are not '.' or '..'.",
    details: { key },
  })
}
