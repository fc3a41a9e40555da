import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { isMissingFile, type Materialization, StorageError, syncToDisk } from "@assets/core"
import type { Schema } from "@assets/dataframe"
import type { CommittedWrite } from "../table/asset-table.ts"
import { storageFailure } from "../table/table-failure.ts"

/** What is kept of a write beside the table: a file that never changes, and that the commit of the rows names. */
export interface StoredRecord {
  /** The form of what follows. */
  readonly assets: 1
  readonly partition: string | null
  /** Of the commit. */
  readonly sequence: number
  readonly materialization: Materialization
  readonly schema: Schema
  readonly holds: CommittedWrite["holds"]
  /** The record of the commit that wrote the partition before; null for none. */
  readonly former: string | null
  readonly applied: readonly string[]
  /** Paths relative to the table's folder. */
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly rows: number }[]
}

/** The records of a table. What was read is kept: a record never changes. */
export class RecordFolder {
  readonly #folder: string
  readonly #known = new Map<string, StoredRecord>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Undefined where it is gone. */
  async read(name: string): Promise<StoredRecord | undefined> {
    const known = this.#known.get(name)
    if (known) return known
    const path = this.#path(name)
    const text = await readFile(path, "utf8").catch(error => {
      if (isMissingFile(error)) return undefined
      throw storageFailure(error, path, "read")
    })
    if (text === undefined) return undefined
    const record = parsed(path, text)
    this.#known.set(name, record)
    return record
  }

  write(name: string, record: StoredRecord, { durable }: { readonly durable: boolean }): void {
    const path = this.#path(name)
    const beside = `${path}.tmp`
    try {
      mkdirSync(this.#folder, { recursive: true })
      writeFileSync(beside, JSON.stringify(record))
      if (durable) syncToDisk(beside)
      renameSync(beside, path)
      if (durable) syncToDisk(this.#folder)
    } catch (error) {
      throw storageFailure(error, path, "write")
    }
  }

  remove(name: string): void {
    rmSync(this.#path(name), { force: true })
  }

  #path(name: string): string {
    return join(this.#folder, name)
  }
}

function parsed(path: string, text: string): StoredRecord {
  try {
    return JSON.parse(text) as StoredRecord // by its name our own
  } catch (cause) {
    throw new StorageError("STORAGE_CORRUPT", {
      what: `The record ${path} of a materialization is damaged.`,
      why: "It was cut off or changed by hand.",
      fix: `Restore it from a backup; or remove it (rm ${path}) and materialize its asset again.`,
      details: { path },
      cause,
    })
  }
}
