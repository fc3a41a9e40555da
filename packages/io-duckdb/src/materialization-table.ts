import type { Current, Json, Materialization } from "@assets/core"
import type { Lease } from "./connection-pool.ts"
import { quoteName, quoteText } from "./sql-text.ts"

/** A stored record, and the value of an asset that is no table. */
export interface StoredRecord {
  readonly partition: string | null
  readonly materialization: Materialization
  readonly value?: Json
}

/** What a write finds in its place. */
export interface Former {
  readonly materialization: Materialization | undefined
  /** Fingerprints of the appends and merges whose rows are there. */
  readonly applied: ReadonlySet<string>
}

type TablePath = readonly [alias: string, schema: string, table: string]

/** Partitions up to this many are asked for by name; of more, all records of the asset are read. */
const namedPartitions = 200

const recordsTable = (alias: string) => `${quoteName(alias)}."_assets"."materializations"`
const appliedTable = (alias: string) => `${quoteName(alias)}."_assets"."applied"`

/** Makes our tables, and the schema of an asset's table, where they are missing. */
export async function ensureSchemas(lease: Lease, alias: string, schema: string): Promise<void> {
  await lease.run(`CREATE SCHEMA IF NOT EXISTS ${quoteName(alias)}.${quoteName(schema)}`)
  await lease.run(`CREATE SCHEMA IF NOT EXISTS ${quoteName(alias)}."_assets"`)
  await lease.run(
    `CREATE TABLE IF NOT EXISTS ${recordsTable(alias)} (asset_key VARCHAR NOT NULL, partition_key VARCHAR, id VARCHAR NOT NULL, fingerprint VARCHAR NOT NULL, data_version VARCHAR NOT NULL, table_schema VARCHAR NOT NULL, table_name VARCHAR NOT NULL, record VARCHAR NOT NULL, value VARCHAR)`,
  )
  // Files of the first release lack it.
  await lease.run(
    `CREATE TABLE IF NOT EXISTS ${appliedTable(alias)} (asset_key VARCHAR NOT NULL, partition_key VARCHAR, fingerprint VARCHAR NOT NULL)`,
  )
}

/**
 * Puts the record of a write in the place of the one of the same partition. To be committed together with the rows.
 * `applied` are the fingerprints of what was added to the rows.
 */
export async function writeRecord(
  lease: Lease,
  path: TablePath,
  { partition, materialization, value }: StoredRecord,
  applied: ReadonlySet<string>,
): Promise<void> {
  const [alias, schema, table] = path
  const { key, id, fingerprint, dataVersion } = materialization
  // An asset that has lost or gained its partitions, or the case of its key, keeps no record of the other kind.
  const same = `lower(asset_key) = ${quoteText(key.toLowerCase())}${partition === null ? "" : ` AND (partition_key IS NULL OR partition_key = ${quoteText(partition)})`}`
  await lease.run(`DELETE FROM ${recordsTable(alias)} WHERE ${same}`)
  const values = [key, partition, id, fingerprint, dataVersion, schema, table, JSON.stringify(materialization)]
  const all = [...values, value === undefined ? null : JSON.stringify(value)]
  await lease.run(`INSERT INTO ${recordsTable(alias)} VALUES (${literals(all)})`)
  const here = placeIs(key, partition)
  const known = await appliedAt(lease, alias, key, partition)
  const isAnew = [...known].some(one => !applied.has(one))
  const others = isAnew ? "" : ` AND NOT (${here})`
  await lease.run(`DELETE FROM ${appliedTable(alias)} WHERE ${same}${others}`)
  const added = [...applied].filter(one => isAnew || !known.has(one))
  const rows = added.map(one => `(${literals([key, partition, one])})`)
  if (rows.length > 0) await lease.run(`INSERT INTO ${appliedTable(alias)} VALUES ${rows.join(", ")}`)
}

/**
 * What is current of some assets, of one moment; a record whose table is gone is not intact. Where `partitions` are given,
 * others may be left out.
 */
export async function readCurrent(
  lease: Lease,
  alias: string,
  keys: readonly string[],
  partitions?: readonly (string | null)[],
): Promise<Map<string, Current[]>> {
  await lease.run("BEGIN")
  try {
    return await currentOf(lease, alias, keys, partitions)
  } finally {
    await lease.rollback()
  }
}

/** Like `readCurrent`, in a transaction of the caller. */
export async function currentOf(
  lease: Lease,
  alias: string,
  keys: readonly string[],
  partitions?: readonly (string | null)[],
): Promise<Map<string, Current[]>> {
  const found = new Map<string, Current[]>()
  const tables = await ownTables(lease, alias)
  if (keys.length === 0 || !tables.has("materializations")) return found
  const among = `asset_key IN (${keys.map(quoteText).join(", ")})${partitions ? amongPartitions(partitions) : ""}`
  const applied = tables.has("applied") ? await appliedOf(lease, alias, among) : new Map()
  for (const { row, partition, materialization, intact } of await recordRows(lease, alias, among)) {
    const key = String(row.asset_key)
    const added = applied.get(placeOf(key, partition))
    const currents = found.get(key) ?? []
    found.set(key, currents)
    currents.push({ partition, materialization, intact, ...(added && { applied: added }) })
  }
  return found
}

/** The records of an asset's partitions (null for the whole); of some there may be none. */
export async function readRecords(
  lease: Lease,
  alias: string,
  key: string,
  partitions: readonly (string | null)[],
): Promise<StoredRecord[]> {
  if (partitions.length === 0 || !(await ownTables(lease, alias)).has("materializations")) return []
  const rows = await recordRows(lease, alias, `asset_key = ${quoteText(key)}${amongPartitions(partitions)}`)
  return rows
    .filter(({ intact }) => intact)
    .map(({ row, partition, materialization }) => ({
      partition,
      materialization,
      ...(row.value !== null && { value: JSON.parse(String(row.value)) }),
    }))
}

/** What a write finds in its place, inside its transaction: nothing where the table of the rows is gone. */
export async function readFormer(lease: Lease, alias: string, key: string, partition: string | null): Promise<Former> {
  const [record] = await readRecords(lease, alias, key, [partition])
  if (!record || !isTable(record.materialization)) return { materialization: undefined, applied: new Set() }
  return { materialization: record.materialization, applied: await appliedAt(lease, alias, key, partition) }
}

/** Forgets all records of an asset. */
export async function deleteRecords(lease: Lease, alias: string, key: string): Promise<void> {
  const tables = await ownTables(lease, alias)
  const same = `lower(asset_key) = ${quoteText(key.toLowerCase())}`
  if (tables.has("materializations")) await lease.run(`DELETE FROM ${recordsTable(alias)} WHERE ${same}`)
  if (tables.has("applied")) await lease.run(`DELETE FROM ${appliedTable(alias)} WHERE ${same}`)
}

/** The tables that records lead to, as `schema.table` in lower case. */
export async function recordedTables(lease: Lease, alias: string): Promise<string[]> {
  const name = "lower(table_schema || '.' || table_name)"
  const rows = await lease.rows(`SELECT DISTINCT ${name} AS name FROM ${recordsTable(alias)}`)
  return rows.map(row => String(row.name))
}

/** Which of our own tables the file has. */
export async function ownTables(lease: Lease, alias: string): Promise<ReadonlySet<string>> {
  const rows = await lease.rows(
    `SELECT table_name FROM duckdb_tables() WHERE database_name = ${quoteText(alias)} AND schema_name = '_assets'`,
  )
  return new Set(rows.map(row => String(row.table_name)))
}

interface RecordRow {
  readonly row: Readonly<Record<string, unknown>>
  readonly partition: string | null
  readonly materialization: Materialization
  /** False for a table that is gone. */
  readonly intact: boolean
}

async function recordRows(lease: Lease, alias: string, among: string): Promise<RecordRow[]> {
  const tables = `SELECT lower(schema_name) AS schema_name, lower(table_name) AS table_name FROM duckdb_tables() WHERE database_name = ${quoteText(alias)}`
  const rows = await lease.rows(
    `SELECT m.asset_key, m.partition_key, m.record, m.value, t.table_name IS NOT NULL AS present FROM ${recordsTable(alias)} AS m LEFT JOIN (${tables}) AS t ON t.schema_name = lower(m.table_schema) AND t.table_name = lower(m.table_name) WHERE ${among}`,
  )
  return rows.map(row => {
    const materialization: Materialization = JSON.parse(String(row.record))
    const intact = !isTable(materialization) || row.present === true
    return { row, partition: textOrNull(row.partition_key), materialization, intact }
  })
}

async function appliedAt(
  lease: Lease,
  alias: string,
  key: string,
  partition: string | null,
): Promise<ReadonlySet<string>> {
  return (await appliedOf(lease, alias, placeIs(key, partition))).get(placeOf(key, partition)) ?? new Set()
}

async function appliedOf(lease: Lease, alias: string, among: string): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>()
  const rows = await lease.rows(
    `SELECT asset_key, partition_key, fingerprint FROM ${appliedTable(alias)} WHERE ${among}`,
  )
  for (const row of rows) {
    const place = placeOf(String(row.asset_key), textOrNull(row.partition_key))
    const known = found.get(place) ?? new Set()
    found.set(place, known.add(String(row.fingerprint)))
  }
  return found
}

function placeIs(key: string, partition: string | null): string {
  return `asset_key = ${quoteText(key)} AND partition_key IS NOT DISTINCT FROM ${literal(partition)}`
}

function placeOf(key: string, partition: string | null): string {
  return JSON.stringify([key, partition])
}

/** A condition on the partition, where there are not too many to name them all. */
function amongPartitions(partitions: readonly (string | null)[]): string {
  if (partitions.length > namedPartitions || partitions.length === 0) return ""
  const named = partitions.filter(partition => partition !== null)
  const some = named.length > 0 ? [`partition_key IN (${named.map(quoteText).join(", ")})`] : []
  return ` AND (${[...some, ...(partitions.includes(null) ? ["partition_key IS NULL"] : [])].join(" OR ")})`
}

function isTable({ kind }: Materialization): boolean {
  return kind === "relation" || kind === "batches"
}

function textOrNull(value: unknown): string | null {
  return value === null ? null : String(value)
}

function literal(text: string | null): string {
  return text === null ? "NULL" : quoteText(text)
}

function literals(texts: readonly (string | null)[]): string {
  return texts.map(literal).join(", ")
}
