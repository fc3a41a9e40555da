import { existsSync } from "node:fs"
import { join, relative, sep } from "node:path"
import { DefinitionError } from "@assets/core"
import { type DeltaAction, parseCommit } from "./delta-action.ts"
import { logCorrupt } from "./delta-failure.ts"
import type { DeltaLog } from "./delta-log.ts"
import { LocalDeltaLog } from "./local-delta-log.ts"
import { readState, writeState } from "./state-file.ts"
import { recordIn, type StoredRecord } from "./stored-record.ts"
import { TableSnapshot } from "./table-snapshot.ts"

/** Commits that are read one by one before the state is written down; of large tables a part of their files. */
const fewestCommits = 64

/** The table of one asset. Keeps what it has read of the log, which only grows. */
export class DeltaTable {
  readonly key: string
  readonly path: string
  readonly log: DeltaLog
  #known: { readonly snapshot: TableSnapshot; readonly stamp: string | undefined } | undefined
  /** Commits since the state was written down. */
  #unsaved = 0
  #reading: Promise<unknown> = Promise.resolve()

  /** @throws DefinitionError `ASSET_KEY_INVALID` for a key that would leave the root or meet a file of ours */
  constructor(root: string, key: string) {
    const segments = key.split("/")
    const isSafe = (segment: string) => /^[A-Za-z0-9.-][A-Za-z0-9_.-]*$/.test(segment) && !/^\.{1,2}$/.test(segment)
    if (!segments.every(isSafe)) throw unsafeKey(key)
    this.key = key
    this.path = join(root, ...segments)
    this.log = new LocalDeltaLog(this.logFolder, this.ownFolder)
  }

  get logFolder(): string {
    return join(this.path, "_delta_log")
  }

  /** What is ours beside the table: Delta leaves alone what begins with `_`. */
  get ownFolder(): string {
    return join(this.path, "_assets")
  }

  /** Where the files of one write lie. */
  dataFolder(id: string): string {
    return join(this.path, id)
  }

  /** The path of a file by its name in the log: others may have added files that lie elsewhere. */
  filePath(name: string): string {
    const decoded = decodeURIComponent(name)
    if (/^file:\/*/.test(decoded)) return decoded.replace(/^file:\/*/, "/")
    return decoded.startsWith("/") ? decoded : join(this.path, decoded)
  }

  /** The name in the log of a file of the table. */
  fileName(path: string): string {
    return relative(this.path, path).split(sep).map(encodeURIComponent).join("/")
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

  async #refresh(): Promise<TableSnapshot> {
    const known = this.#known
    const isSame = known?.stamp !== undefined && known.stamp === (await this.log.stamp(known.snapshot.version))
    const snapshot = isSame ? known.snapshot : await this.#fromState()
    if (!isSame) this.#unsaved = 0
    const former = snapshot.version
    for (;;) {
      const version = snapshot.version + 1
      const text = await this.log.read(version)
      if (text === undefined) break
      snapshot.apply(version, this.#parsed(version, text))
    }
    if (snapshot.version < 0) await this.#confirmEmpty()
    if (isSame && snapshot.version === former) return snapshot
    this.#known = { snapshot, stamp: await this.log.stamp(snapshot.version) }
    this.#unsaved += snapshot.version - former
    if (this.#unsaved > Math.max(fewestCommits, snapshot.entries.length / 10)) {
      writeState(this.ownFolder, snapshot)
      this.#unsaved = 0
    }
    return snapshot
  }

  async #fromState(): Promise<TableSnapshot> {
    if (!existsSync(this.logFolder)) return new TableSnapshot()
    const found = await readState(this.ownFolder)
    const isOfThisTable = found !== undefined && (await this.log.stamp(found.version)) !== undefined
    return isOfThisTable ? found : new TableSnapshot()
  }

  /** A log whose first commits were removed is not the log of an empty table. */
  async #confirmEmpty(): Promise<void> {
    const [first] = await this.log.versions()
    if (first === undefined) return
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
