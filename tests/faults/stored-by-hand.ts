import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { DuckDBInstance } from "@duckdb/node-api"
import type { Storage } from "./shapes.ts"

/** What a partition of an asset holds, or the whole of one without: how many rows of each generation, and their ids. */
export interface Held {
  readonly key: string
  readonly partition: string | null
  /** Of the materialization that is current. */
  readonly id: string
  readonly generations: ReadonlyMap<number, { readonly rows: number; readonly ids: number; readonly parts: number }>
}

const counted = "generation, count(*) AS n, sum(id)::DOUBLE AS ids, count(DISTINCT part) AS parts"

/** Reads what is stored without the product: by the documented form of the files, with DuckDB. */
export class HandReader {
  readonly #folder: string
  readonly #storage: Storage
  #memory: Promise<DuckDBInstance> | undefined

  constructor(folder: string, storage: Storage) {
    this.#folder = folder
    this.#storage = storage
  }

  async read(keys: readonly string[]): Promise<Held[]> {
    if (this.#storage === "duckdb") return this.#readFile(keys)
    const held: Held[] = []
    for (const key of keys) {
      for (const partition of this.#pointers(key).keys()) held.push(await this.#readCurrent(key, partition))
    }
    return held
  }

  /** One version, complete and whole, whatever is current. */
  async readVersion(key: string, partition: string | null, id: string): Promise<Held> {
    const version = join(this.#folder, "data", key, "_versions", id)
    const marker = JSON.parse(readFileSync(join(version, "_assets.json"), "utf8"))
    const files: string[] = marker.files.map((file: { path: string }) => join(version, file.path))
    if (marker.materialization.kind === "json") {
      const { generation } = JSON.parse(readFileSync(files[0] ?? "", "utf8"))
      return { key, partition, id, generations: new Map([[generation, { rows: 1, ids: 0, parts: 1 }]]) }
    }
    this.#memory ??= DuckDBInstance.create(":memory:", { threads: "1" })
    const list = files.map(file => `'${file}'`).join(", ")
    const rows = await query(await this.#memory, `SELECT ${counted} FROM read_parquet([${list}]) GROUP BY 1`)
    return { key, partition, id, generations: generationsOf(rows) }
  }

  /** A version that was collected while it was read was replaced: then another is current. */
  async #readCurrent(key: string, partition: string | null): Promise<Held> {
    for (let former = ""; ; ) {
      const id = this.#pointers(key).get(partition) ?? ""
      try {
        return await this.readVersion(key, partition, id)
      } catch (error) {
        if (id === former) throw new Error(`${key} ${partition ?? ""}: ${id} is current and cannot be read: ${error}`)
        former = id
      }
    }
  }

  /** Ids of what is current by partition: what pointers say, and a publication that is decided and not yet carried out. */
  #pointers(key: string): ReadonlyMap<string | null, string> {
    const folder = join(this.#folder, "data", key, "_current")
    for (;;) {
      const decided = this.#published()
      const ids = new Map<string | null, string>()
      for (const name of namesIn(folder).filter(name => name.endsWith(".json"))) {
        const { id, partition } = JSON.parse(readFileSync(join(folder, name), "utf8"))
        ids.set(partition, id)
      }
      if (this.#published() !== decided) continue
      for (const { key: own, former, pointer } of decided === "" ? [] : JSON.parse(decided).publications) {
        if (own === key && (ids.get(pointer.partition) ?? null) === former) ids.set(pointer.partition, pointer.id)
      }
      return ids
    }
  }

  #published(): string {
    const path = join(this.#folder, "data", "_published.json")
    return existsSync(path) ? readFileSync(path, "utf8") : ""
  }

  async #readFile(keys: readonly string[]): Promise<Held[]> {
    const path = join(this.#folder, "w.duckdb")
    if (!existsSync(path)) return []
    const instance = await openFile(path)
    try {
      const tables = await query(
        instance,
        "SELECT table_name AS name FROM duckdb_tables() WHERE schema_name = '_assets'",
      )
      if (tables.length === 0) return []
      const list = keys.map(key => `'${key}'`).join(", ")
      const records = await query(
        instance,
        `SELECT asset_key AS key, partition_key AS part, id, value FROM _assets.materializations WHERE asset_key IN (${list})`,
      )
      const held: Held[] = []
      for (const { key, part, id, value } of records) held.push(await tableOf(instance, { key, part, id, value }))
      return held
    } finally {
      instance.closeSync()
    }
  }
}

async function tableOf(instance: DuckDBInstance, record: Row): Promise<Held> {
  const { key, part, id, value } = record
  const about = { key: String(key), partition: part === null ? null : String(part), id: String(id) }
  if (value !== null) {
    const { generation } = JSON.parse(String(value))
    return { ...about, generations: new Map([[generation, { rows: 1, ids: 0, parts: 1 }]]) }
  }
  const [schema, table] = about.key.split("/")
  const where = part === null ? "" : `WHERE "_partition" = '${part}'`
  const rows = await query(instance, `SELECT ${counted} FROM "${schema}"."${table}" ${where} GROUP BY 1`)
  return { ...about, generations: generationsOf(rows) }
}

/** Opens the file for reading; waits while another process writes it. */
async function openFile(path: string): Promise<DuckDBInstance> {
  for (const deadline = Date.now() + 60_000; ; ) {
    try {
      return await DuckDBInstance.create(path, { access_mode: "READ_ONLY", threads: "1" })
    } catch (error) {
      if (!String(error).includes("lock") || Date.now() > deadline) throw error
      await delay(5)
    }
  }
}

type Row = { readonly [name: string]: unknown }

async function query(instance: DuckDBInstance, sql: string): Promise<Row[]> {
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson()
  } finally {
    connection.closeSync()
  }
}

function generationsOf(rows: readonly Row[]): Held["generations"] {
  const counts = (row: Row) => ({ rows: Number(row.n), ids: Number(row.ids), parts: Number(row.parts) })
  return new Map(rows.map(row => [Number(row.generation), counts(row)]))
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

/** What lies in the storage and nothing refers to: none, once all writers have ended and it was collected. */
export function leftovers(folder: string, storage: Storage, keys: readonly string[]): string[] {
  const temporary = namesIn(join(folder, "tmp")).map(name => `tmp/${name}`)
  if (storage === "duckdb") {
    // The log of changes is part of a database that nobody has open; the mark tells of the latest process that had it.
    const own = ["w.duckdb", "w.duckdb.wal", "w.duckdb.holder"]
    const beside = namesIn(folder).filter(name => name.startsWith("w.duckdb") && !own.includes(name))
    return [...temporary, ...beside]
  }
  return [...temporary, ...keys.flatMap(key => leftoversOf(join(folder, "data"), key))]
}

function leftoversOf(root: string, key: string): string[] {
  const asset = join(root, key)
  const pointers = namesIn(join(asset, "_current"))
  const named = new Set<string>()
  for (const name of pointers.filter(name => name.endsWith(".json"))) {
    for (const id of JSON.parse(readFileSync(join(asset, "_current", name), "utf8")).versions) named.add(id)
  }
  return [
    ...pointers.filter(name => !name.endsWith(".json")).map(name => `${key}/_current/${name}`),
    ...namesIn(join(asset, "_versions")).flatMap(id => (named.has(id) ? [] : [`${key}/_versions/${id}`])),
    ...namesIn(join(asset, "_writing")).map(name => `${key}/_writing/${name}`),
    ...namesIn(asset).flatMap(name => (name.endsWith(".tmp") ? [`${key}/${name}`] : [])),
  ]
}
