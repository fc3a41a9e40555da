import { type Materialization, StorageError } from "@assets/core"
import type { Schema } from "@assets/dataframe"
import type { CommittedWrite } from "../table/asset-table.ts"
import type { TablePlace } from "../table/table-place.ts"

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
  /** Paths as seen from the table's folder. */
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly rows: number }[]
}

/** The records of a table. What was read is kept: a record never changes. */
export class RecordFolder {
  readonly #place: TablePlace
  readonly #folder: string
  readonly #known = new Map<string, StoredRecord>()

  constructor(place: TablePlace, folder: string) {
    this.#place = place
    this.#folder = folder
  }

  /** Undefined where it is gone. */
  async read(name: string): Promise<StoredRecord | undefined> {
    const known = this.#known.get(name)
    if (known) return known
    const path = this.#path(name)
    const bytes = await this.#place.read(path)
    if (bytes === undefined) return undefined
    const record = parsed(path, Buffer.from(bytes).toString("utf8"))
    this.#known.set(name, record)
    return record
  }

  async write(name: string, record: StoredRecord, { durable }: { readonly durable: boolean }): Promise<void> {
    await this.#place.makeFolder(this.#folder)
    await this.#place.replace(this.#path(name), JSON.stringify(record))
    if (durable) await this.#place.sync(this.#folder, [name])
  }

  remove(name: string): Promise<void> {
    return this.#place.remove(this.#path(name))
  }

  #path(name: string): string {
    return this.#place.join(this.#folder, name)
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
