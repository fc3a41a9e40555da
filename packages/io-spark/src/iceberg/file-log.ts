import { randomUUID } from "node:crypto"
import { renameSync, rmSync, writeFileSync } from "node:fs"
import { readdir, readFile, rename } from "node:fs/promises"
import { join } from "node:path"
import { isMissingFile, StorageError } from "@assets/core"
import { createFile } from "../table/create-file.ts"
import { storageFailure } from "../table/table-failure.ts"
import type { TablePlace } from "../table/table-place.ts"
import type { Beginning, CommitOptions, MetadataLog, MetadataVersion } from "./metadata-log.ts"
import { formatWide, parseWide, type TableMetadata } from "./table-metadata.ts"

interface NumberedVersion extends MetadataVersion {
  /** From 1. */
  readonly version: number
}

/** As many former versions of the metadata are kept: the snapshots stand in the last one. */
const keptVersions = 100

let writes = 0

/**
 * The commits of a table in Iceberg's catalog of files: `v<number>.metadata.json`, each the whole metadata. Which of
 * several writers makes a commit of a number is decided by the disk; `version-hint.text` only says where to begin to look.
 */
export class FileLog implements MetadataLog {
  readonly #place: TablePlace
  readonly #path: string
  readonly #folder: string

  /** @param path the folder of the table */
  constructor(place: TablePlace, path: string) {
    this.#place = place
    this.#path = path
    this.#folder = join(path, "metadata")
  }

  get address(): string {
    return this.#folder
  }

  get toMoveAway(): string {
    return `mv ${this.#path} ${this.#path}-former`
  }

  beginning(): Beginning {
    return { "table-uuid": randomUUID(), location: this.#place.url(this.#path), properties: {} }
  }

  async last(before: MetadataVersion | undefined): Promise<NumberedVersion | undefined> {
    const known = before as NumberedVersion | undefined // given by this log
    const isSame = known?.stamp !== undefined && known.stamp === (await this.#stamp(known.version))
    const first = isSame ? known.version : await this.#first()
    let version = first
    while ((await this.#stamp(version + 1)) !== undefined) version++
    if (version === 0) return undefined
    return isSame && version === first ? known : this.#read(version)
  }

  async #read(version: number): Promise<NumberedVersion> {
    const path = this.#file(version)
    const stamp = await this.#stamp(version)
    const bytes = await this.#place.read(path)
    if (!bytes) throw metadataCorrupt(path, "It is not there.")
    try {
      return { version, metadata: parseWide<TableMetadata>(Buffer.from(bytes).toString("utf8")), stamp }
    } catch (error) {
      throw metadataCorrupt(path, error instanceof Error ? error.message : String(error))
    }
  }

  async create(
    former: MetadataVersion | undefined,
    next: TableMetadata,
    { durable, commit }: CommitOptions,
  ): Promise<boolean> {
    const version = former ? (former as NumberedVersion).version : 0 // given by this log
    const log = former ? metadataLog(former.metadata, this.#place.url(this.#file(version))) : []
    // One synchronous act, so that the lease holds until the commit is made.
    return commit(() => this.#write(version + 1, { ...next, "metadata-log": log ?? [] }, durable))
  }

  async remove(): Promise<void> {
    await rename(this.#folder, `${this.#folder}-removed-${process.pid}`).catch(error => {
      if (!isMissingFile(error)) throw storageFailure(error, this.#folder, "write")
    })
  }

  #write(version: number, metadata: TableMetadata, durable: boolean): boolean {
    const path = this.#file(version)
    const text = formatWide(metadata)
    if (!createFile(path, text, { durable, beside: this.#scratch() })) return false
    this.#tidy(version)
    return true
  }

  /** Tells readers where to begin, and lets go of versions that nobody reads. Who cannot, leaves it to the next commit. */
  #tidy(version: number): void {
    const beside = this.#scratch()
    try {
      writeFileSync(beside, String(version))
      renameSync(beside, join(this.#folder, "version-hint.text"))
      rmSync(this.#file(version - keptVersions), { force: true })
    } catch {
      rmSync(beside, { force: true })
    }
  }

  /** A number from which commits follow one another up to the last. */
  async #first(): Promise<number> {
    const hint = await readFile(join(this.#folder, "version-hint.text"), "utf8").catch(() => "")
    const hinted = /^\d+$/.test(hint.trim()) ? Number(hint) : 0
    if (hinted > 0 && (await this.#stamp(hinted)) !== undefined) return hinted
    const names = await readdir(this.#folder).catch(error => {
      if (isMissingFile(error)) return []
      throw storageFailure(error, this.#folder, "read")
    })
    return Math.max(0, ...names.map(name => Number(/^v(\d+)\.metadata\.json$/.exec(name)?.[1] ?? 0)))
  }

  #stamp(version: number): Promise<string | undefined> {
    return this.#place.stamp(this.#file(version))
  }

  #file(version: number): string {
    return join(this.#folder, `v${version}.metadata.json`)
  }

  #scratch(): string {
    return join(this.#folder, `.commit-${process.pid}-${++writes}.tmp`)
  }
}

/** What a table says of its former metadata, with the one that a commit replaces. */
function metadataLog(former: TableMetadata, path: string): TableMetadata["metadata-log"] {
  const replaced = { "metadata-file": path, "timestamp-ms": former["last-updated-ms"] }
  return [...(former["metadata-log"] ?? []), replaced].slice(-keptVersions)
}

function metadataCorrupt(path: string, why: string): StorageError {
  return new StorageError("STORAGE_CORRUPT", {
    what: `The metadata of an Iceberg table, ${path}, cannot be understood.`,
    why,
    fix: "Restore the table's folder metadata from a backup; or move the table away and materialize its asset again.",
    details: { path },
  })
}
