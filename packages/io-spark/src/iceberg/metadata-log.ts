import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { readdir, readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { isMissingFile, StorageError, syncToDisk } from "@assets/core"
import { storageFailure } from "../table/table-failure.ts"
import { formatMetadata, parseMetadata, type TableMetadata } from "./table-metadata.ts"

/** A table as it is after one of its commits, whose file tells it from every other one. */
export interface MetadataVersion {
  /** Numbered from 1. */
  readonly version: number
  readonly metadata: TableMetadata
  readonly stamp: string | undefined
}

/** As many former versions of the metadata are kept: the snapshots stand in the last one. */
const keptVersions = 100

let writes = 0

/**
 * The commits of a table in Iceberg's catalog of files: `v<number>.metadata.json`, each the whole metadata. Which of
 * several writers makes a commit of a number is decided by the disk; `version-hint.text` only says where to begin to look.
 */
export class MetadataLog {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  path(version: number): string {
    return join(this.folder, `v${version}.metadata.json`)
  }

  /** The last commit: `known` itself where that is it, undefined where there is none. */
  async last(known: MetadataVersion | undefined): Promise<MetadataVersion | undefined> {
    const isSame = known?.stamp !== undefined && known.stamp === (await this.#stamp(known.version))
    const first = isSame ? known.version : await this.#first()
    let version = first
    while ((await this.#stamp(version + 1)) !== undefined) version++
    if (version === 0) return undefined
    return isSame && version === first ? known : this.#read(version)
  }

  async #read(version: number): Promise<MetadataVersion> {
    const path = this.path(version)
    const stamp = await this.#stamp(version)
    const text = await readFile(path, "utf8").catch(error => {
      throw isMissingFile(error) ? metadataCorrupt(path, "It is not there.") : storageFailure(error, path, "read")
    })
    try {
      return { version, metadata: parseMetadata(text), stamp }
    } catch (error) {
      throw metadataCorrupt(path, error instanceof Error ? error.message : String(error))
    }
  }

  /** Makes a commit, whole or not at all; false when another one of this number is there. */
  create(version: number, metadata: TableMetadata, { durable }: { readonly durable: boolean }): boolean {
    const path = this.path(version)
    const beside = this.#scratch()
    try {
      mkdirSync(this.folder, { recursive: true })
      writeFileSync(beside, formatMetadata(metadata))
      if (durable) syncToDisk(beside)
      // A second name of a file that is whole, given only where there is none: who dies here leaves no half commit.
      linkSync(beside, path)
      if (durable) syncToDisk(this.folder)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false
      throw storageFailure(error, path, "write")
    } finally {
      rmSync(beside, { force: true })
    }
    this.#tidy(version)
    return true
  }

  /** Tells readers where to begin, and lets go of versions that nobody reads. Who cannot, leaves it to the next commit. */
  #tidy(version: number): void {
    const beside = this.#scratch()
    try {
      writeFileSync(beside, String(version))
      renameSync(beside, join(this.folder, "version-hint.text"))
      rmSync(this.path(version - keptVersions), { force: true })
    } catch {
      rmSync(beside, { force: true })
    }
  }

  /** A number from which commits follow one another up to the last. */
  async #first(): Promise<number> {
    const hint = await readFile(join(this.folder, "version-hint.text"), "utf8").catch(() => "")
    const hinted = /^\d+$/.test(hint.trim()) ? Number(hint) : 0
    if (hinted > 0 && (await this.#stamp(hinted)) !== undefined) return hinted
    const names = await readdir(this.folder).catch(error => {
      if (isMissingFile(error)) return []
      throw storageFailure(error, this.folder, "read")
    })
    return Math.max(0, ...names.map(name => Number(/^v(\d+)\.metadata\.json$/.exec(name)?.[1] ?? 0)))
  }

  async #stamp(version: number): Promise<string | undefined> {
    const path = this.path(version)
    try {
      const { ino, mtimeNs, size } = await stat(path, { bigint: true })
      return `${ino}-${mtimeNs}-${size}`
    } catch (error) {
      if (isMissingFile(error)) return undefined
      throw storageFailure(error, path, "read")
    }
  }

  #scratch(): string {
    return join(this.folder, `.commit-${process.pid}-${++writes}.tmp`)
  }
}

/** What a table says of its former metadata, with the one that a commit replaces. */
export function metadataLog(former: TableMetadata, path: string): TableMetadata["metadata-log"] {
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
