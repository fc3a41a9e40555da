import type { Current, Json, Materialization } from "@assets/core"
import type { Lease } from "./connection-pool.ts"
import { quoteName, quoteText } from "./sql-text.ts"

/** A stored record, and the value of an asset that is no table. */
export interface StoredRecord {
  readonly partition: string | null
  readonly materialization: Materialization
  readonly value?: Json
}

const recordsTable = (alias: string) => `${quoteName(alias)}."_assets"."materializations"`

/** Makes the table of records, and the schema of an asset's table, where they are missing. */
export async function ensureSchemas(lease: Lease, alias: string, schema: string): Promise<void> {
  await lease.run(`CREATE SCHEMA IF NOT EXISTS ${quoteName(alias)}.${quoteName(schema)}`)
  await lease.run(`CREATE SCHEMA IF NOT EXISTS ${quoteName(alias)}."_assets"`)
  await lease.run(
    `CREATE TABLE IF NOT EXISTS ${recordsTable(alias)} (asset_key VARCHAR NOT NULL, partition_key VARCHAR, id VARCHAR NOT NULL, fingerprint VARCHAR NOT NULL, data_version VARCHAR NOT NULL, table_schema VARCHAR NOT NULL, table_name VARCHAR NOT NULL, record VARCHAR NOT NULL, value VARCHAR)`,
  )
}

/** Puts the record of a write in the place of the one of the same partition. To be committed together with the rows. */
export async function writeRecord(
  lease: Lease,
  path: readonly [alias: string, schema: string, table: string],
  { partition, materialization, value }: StoredRecord,
): Promise<void> {
  const [alias, schema, table] = path
  const { key, id, fingerprint, dataVersion } = materialization
  const same = partition === null ? "true" : `(partition_key IS NULL OR partition_key = ${quoteText(partition)})`
  // An asset that has lost or gained its partitions keeps no record of the other kind.
  await lease.run(`DELETE FROM ${recordsTable(alias)} WHERE asset_key = ${quoteText(key)} AND ${same}`)
  const values = [key, partition, id, fingerprint, dataVersion, schema, table, JSON.stringify(materialization)]
  const texts = [...values, value === undefined ? null : JSON.stringify(value)]
  await lease.run(
    `INSERT INTO ${recordsTable(alias)} VALUES (${texts.map(text => (text === null ? "NULL" : quoteText(text))).join(", ")})`,
  )
}

/** What is current of some assets; a record whose table is gone is not intact. */
export async function readCurrent(
  lease: Lease,
  alias: string,
  keys: readonly string[],
): Promise<Map<string, Current[]>> {
  const found = new Map<string, Current[]>()
  if (keys.length === 0 || !(await hasRecords(lease, alias))) return found
  const rows = await lease.rows(
    `SELECT m.asset_key, m.partition_key, m.record, t.table_name IS NOT NULL AS present FROM ${recordsTable(alias)} AS m LEFT JOIN (SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ${quoteText(alias)}) AS t ON lower(t.schema_name) = lower(m.table_schema) AND lower(t.table_name) = lower(m.table_name) WHERE m.asset_key IN (${keys.map(quoteText).join(", ")})`,
  )
  for (const row of rows) {
    const key = String(row.asset_key)
    const materialization: Materialization = JSON.parse(String(row.record))
    const isTable = materialization.kind === "relation" || materialization.kind === "batches"
    const partition = row.partition_key === null ? null : String(row.partition_key)
    const current = { partition, materialization, intact: !isTable || row.present === true }
    const currents = found.get(key)
    if (currents) currents.push(current)
    else found.set(key, [current])
  }
  return found
}

/** The records with these ids; of some there may be none any more. */
export async function readRecords(lease: Lease, alias: string, ids: readonly string[]): Promise<StoredRecord[]> {
  if (ids.length === 0 || !(await hasRecords(lease, alias))) return []
  const rows = await lease.rows(
    `SELECT partition_key, record, value FROM ${recordsTable(alias)} WHERE id IN (${ids.map(quoteText).join(", ")})`,
  )
  return rows.map(row => ({
    partition: row.partition_key === null ? null : String(row.partition_key),
    materialization: JSON.parse(String(row.record)),
    ...(row.value !== null && { value: JSON.parse(String(row.value)) }),
  }))
}

/** Forgets all records of an asset. */
export async function deleteRecords(lease: Lease, alias: string, key: string): Promise<void> {
  if (!(await hasRecords(lease, alias))) return
  await lease.run(`DELETE FROM ${recordsTable(alias)} WHERE asset_key = ${quoteText(key)}`)
}

async function hasRecords(lease: Lease, alias: string): Promise<boolean> {
  const rows = await lease.rows(
    `SELECT 1 FROM duckdb_tables() WHERE database_name = ${quoteText(alias)} AND schema_name = '_assets' AND table_name = 'materializations'`,
  )
  return rows.length > 0
}
