import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { dirname, join, sep } from "node:path"
import { ConfigError, StorageError } from "../errors/assets-error.ts"
import { faultPoint } from "../util/fault-point.ts"
import type { Json } from "../util/json.ts"
import { sha256 } from "../util/sha256.ts"
import { syncToDisk } from "../util/sync-to-disk.ts"
import type { OutputValue, StoredValue } from "../value/value-type.ts"
import type { Current, Materialization, OutputContext, Written } from "./io-manager.ts"

/** What is kept of a write, in `<id>.json`; also in `<partition>.current` while it is the current one. */
interface VersionRecord {
  readonly partition: string | null
  readonly materialization: Materialization
  readonly applied: readonly string[]
  /** Of a JSON value. */
  readonly value: Json
}

/** A table to store, as the engine computes it or TypeScript made it. */
export type TableOutput = OutputValue & { readonly kind: "relation" | "batches" }

/** Writes a table to a file, or folder, at `path`; `former` is the path of the table that rows are added to. */
export type StoreTable = (value: TableOutput, path: string, former: string | undefined) => Promise<Written>

/**
 * The records of one asset in a folder of a local disk, for an IO manager of files: what is current, what was applied,
 * and the order in which a write becomes current or leaves no trace. The manager itself only writes and reads tables.
 *
 * Each write has files of its own, `<id>.*`, that are never changed. It becomes current by the rename of one small file.
 * With `durability: "power"` its files are on the disk before, and the rename is when the write resolves. One that is replaced is removed, unless a running step reads it.
 */
export class VersionFolder {
  readonly path: string
  readonly #ending: string

  /** @param ending of the files, or folders, that hold a table each: `.arrow` */
  constructor(path: string, ending: string) {
    this.path = path
    this.#ending = ending
  }

  /** What is current; of all partitions, or of these. A table is intact while its file is there. */
  current(partitions?: readonly (string | null)[]): readonly Current[] {
    const pointers = partitions?.map(pointerOf) ?? namesIn(this.path).filter(name => name.endsWith(".current"))
    return pointers.flatMap(name => {
      const record = this.#read(name)
      if (!record) return [] // nothing, or removed since it was listed
      const { partition, materialization } = record
      const intact = !isTable(materialization) || existsSync(this.table(materialization))
      return [{ partition, materialization, intact, applied: new Set(record.applied) }]
    })
  }

  /**
   * Stores a value as `IOManager.handleOutput` has to: rows that were applied before are not stored again, what fails
   * leaves nothing behind, and another writer that was first is not replaced.
   * @throws ConfigError `ENVIRONMENT_UNSUPPORTED` for several partitions in one write; StorageError `STORAGE_CONFLICT`
   */
  async write(context: OutputContext, value: OutputValue, store: StoreTable): Promise<Materialization> {
    const { id, key, fingerprint, signal } = context
    if (context.partitions.length > 1) throw severalPartitions(key)
    signal.throwIfAborted()
    const partition = context.partitions[0] ?? null
    const pointer = pointerOf(partition)
    const former = this.#read(pointer)
    const adds = context.write !== "overwrite"
    if (adds && former?.applied.includes(fingerprint) && !context.reapply) return former.materialization
    const addsTo = adds && former && isTable(former.materialization) ? this.table(former.materialization) : undefined
    mkdirSync(this.path, { recursive: true })
    try {
      faultPoint("io.write")
      const isRows = value.kind === "relation" || value.kind === "batches"
      const written = isRows ? await store(value, join(this.path, `${id}${this.#ending}`), addsTo) : { stored: value }
      const materialization = await context.approve(written)
      faultPoint("io.marker")
      const applied = adds ? [...(former?.applied ?? []), fingerprint] : [...(context.applied ?? [])]
      const json = value.kind === "json" ? value.value : null
      const record: VersionRecord = { partition, materialization, applied, value: json }
      for (const ending of ["json", "next"]) writeFileSync(join(this.path, `${id}.${ending}`), JSON.stringify(record))
      const isDurable = context.durability === "power"
      if (isDurable) this.#sync(id, context.base)
      faultPoint("io.pointer")
      context.commit(() => {
        if (this.#read(pointer)?.materialization.id !== former?.materialization.id) throw conflict(key, this.path)
        renameSync(join(this.path, `${id}.next`), join(this.path, pointer))
        if (isDurable) syncToDisk(this.path)
      })
      this.#makeRoom(context, former)
      return materialization
    } catch (error) {
      // What fails may have failed after the rename: then it is current, and stays.
      if (this.#read(pointer)?.materialization.id !== id) this.#remove(id)
      throw error
    }
  }

  /** Waits until the files of a write, and the folders that name them, are on the disk. */
  #sync(id: string, base: string): void {
    for (const name of namesIn(this.path)) if (name.startsWith(`${id}.`)) syncTree(join(this.path, name))
    for (let folder = this.path; ; folder = dirname(folder)) {
      syncToDisk(folder)
      if (!folder.startsWith(`${base}${sep}`)) return
    }
  }

  /** Removes what was replaced, unless it is read. What cannot be removed takes room, and harms nobody. */
  #makeRoom(context: OutputContext, former: VersionRecord | undefined): void {
    if (!former) return
    try {
      if (!context.inUse().has(former.materialization.id)) this.#remove(former.materialization.id)
    } catch {
      // The write is done all the same.
    }
  }

  /**
   * What was stored by these writes: a value that is no table, or the paths of tables.
   * @throws StorageError `STORAGE_DATA_MISSING` when one of them was removed
   */
  read(
    materializations: readonly Materialization[],
  ): StoredValue | { readonly kind: "tables"; readonly paths: string[] } {
    const records = materializations.map(one => this.#stored(one))
    const [first] = records
    const kind = first?.materialization.kind
    if (kind === "nothing") return { kind }
    if (kind !== "json") return { kind: "tables", paths: materializations.map(one => this.table(one)) }
    if (records.length === 1) return { kind, value: first?.value ?? null }
    return { kind, value: Object.fromEntries(records.map(one => [one.partition ?? "", one.value])) }
  }

  /** Where the table of a materialization lies. */
  table({ id }: Materialization): string {
    return join(this.path, `${id}${this.#ending}`)
  }

  /** Removes everything. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }

  #stored(materialization: Materialization): VersionRecord {
    const record = this.#read(`${materialization.id}.json`)
    if (!record) throw dataMissing(this.table(materialization))
    return record
  }

  #read(name: string): VersionRecord | undefined {
    try {
      return JSON.parse(readFileSync(join(this.path, name), "utf8"))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
      throw unreadable(join(this.path, name), error)
    }
  }

  #remove(id: string): void {
    for (const name of namesIn(this.path)) {
      if (name.startsWith(`${id}.`)) rmSync(join(this.path, name), { recursive: true, force: true })
    }
  }
}

/**
 * The bytes of a file of a stored version.
 * @throws StorageError `STORAGE_DATA_MISSING` when it was removed meanwhile, so that the step that reads it begins anew
 */
export function readStored(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ENOENT" ? dataMissing(path, error) : unreadable(path, error)
  }
}

/** `all` where there are no partitions; else the key, with what no file name may hold escaped. */
function pointerOf(partition: string | null): string {
  if (partition === null) return "all.current"
  const name = encodeURIComponent(partition)
  return name.length <= 240 ? `p=${name}.current` : `h=${sha256(partition)}.current`
}

function isTable({ kind }: Materialization): boolean {
  return kind === "relation" || kind === "batches"
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return []
    throw unreadable(folder, error)
  }
}

/** Waits until a file, or a folder with all that lies below it, is on the disk. */
function syncTree(path: string): void {
  if (statSync(path).isDirectory()) for (const name of namesIn(path)) syncTree(join(path, name))
  syncToDisk(path)
}

function severalPartitions(key: string): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `${key} writes several partitions at once, which this IO manager cannot make current together.`,
    why: "What is current is one file for each partition.",
    fix: "Leave batch out, so that each partition is a step of its own.",
    details: { key },
  })
}

function conflict(key: string, path: string): StorageError {
  return new StorageError("STORAGE_CONFLICT", {
    what: `Another process has stored ${key} in ${path} meanwhile.`,
    why: "What this write began with is no longer current; to replace it could lose what the other one stored.",
    fix: "Run again.",
    details: { key, path },
  })
}

function dataMissing(path: string, cause?: unknown): StorageError {
  return new StorageError("STORAGE_DATA_MISSING", {
    what: `The data that this step was to read is no longer at ${path}.`,
    why: "It was replaced or removed in the meantime.",
    fix: "Run again.",
    details: { path },
    ...(cause !== undefined && { cause }),
  })
}

function unreadable(path: string, cause: unknown): StorageError {
  return new StorageError("STORAGE_UNREADABLE", {
    what: `${path} cannot be read.`,
    why: cause instanceof Error ? cause.message : String(cause),
    fix: "Check the disk and the permissions; when the file is damaged, remove it and materialize the asset again.",
    details: { path },
    cause,
  })
}
