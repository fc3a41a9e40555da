import { readdirSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import type { CollectContext, Collected } from "@assets/core"
import type { Lease } from "./connection-pool.ts"
import type { DatabaseFile } from "./database-file.ts"
import { leftNewFiles } from "./database-place.ts"
import type { FileAccess } from "./file-access.ts"
import { leftMark } from "./file-holder.ts"
import { currentOf, deleteRecords, ownTables, recordedTables } from "./materialization-table.ts"
import { quotePath, quoteText } from "./sql-text.ts"
import { StagedExchange } from "./staged-exchange.ts"
import { partitionColumn, tableOf } from "./stored-table.ts"

/**
 * Removes what dead processes left beside the file, records whose table is gone, and tables of partitions that have no
 * record. A table without partitions and without a record may be its user's own, and stays. The space of what is dropped
 * is used again by later writes; a write-ahead log that was left is taken into the file.
 */
export async function collectLeftovers(
  access: FileAccess,
  context: CollectContext,
  keys: readonly string[],
): Promise<readonly Collected[]> {
  const file = access.file(context)
  const found = [...besideFile(file), ...stagedLeftovers(access.staging(context))]
  if (!context.dryRun) for (const { what } of found) rmSync(what, { recursive: true, force: true })
  if (!file.exists || keys.length === 0) return found
  const inFile = await access.onRecords(file, "read", context, lease => leftIn(lease, file, keys))
  if (inFile.length === 0 || context.dryRun) return [...found, ...inFile]
  await access.onRecords(file, "write", context, async lease => {
    await lease.run("BEGIN")
    try {
      // Looked at again: another process may have written in between.
      for (const { key } of await leftIn(lease, file, keys)) {
        await lease.run(`DROP TABLE IF EXISTS ${quotePath(tableOf(file.alias, key))}`)
        await deleteRecords(lease, file.alias, key)
      }
      await lease.run("COMMIT")
    } catch (error) {
      await lease.rollback()
      throw error
    }
  })
  return [...found, ...inFile]
}

function besideFile(file: DatabaseFile): Collected[] {
  const mark = leftMark(file.path)
  const paths = [...file.leftTickets, ...leftNewFiles(file.path), ...(mark === undefined ? [] : [mark])]
  return paths.map(what => ({
    key: "",
    what,
    why: "temporary",
    bytes: statSync(what, { throwIfNoEntry: false })?.size ?? 0,
  }))
}

/** Rows that were on their way between the file and another engine. */
function stagedLeftovers(place: string): Collected[] {
  return StagedExchange.left(place).map(what => {
    const files = readdirSync(what, { recursive: true, encoding: "utf8" }).map(name => statSync(join(what, name)))
    const bytes = files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0)
    return { key: "", what, why: "temporary", bytes }
  })
}

async function leftIn(lease: Lease, file: DatabaseFile, keys: readonly string[]): Promise<Collected[]> {
  const { alias } = file
  if (!(await ownTables(lease, alias)).has("materializations")) return []
  const current = await currentOf(lease, alias, keys)
  const partitioned = await partitionedTables(lease, alias)
  // Records also of keys that were written in another case, or are declared no more: they lead to the same tables.
  for (const name of await recordedTables(lease, alias)) partitioned.delete(name)
  return keys.flatMap<Collected>(key => {
    const [, schema, table] = tableOf(alias, key)
    const what = `${file.path}:${schema}.${table}`
    const records = current.get(key) ?? []
    if (records.length > 0 && records.every(({ intact }) => !intact)) return [{ key, what, why: "partial", bytes: 0 }]
    const bytes = partitioned.get(`${schema}.${table}`.toLowerCase())
    if (records.length > 0 || bytes === undefined) return []
    return [{ key, what, why: "orphan", bytes }]
  })
}

/** The tables with our hidden column, and the bytes that their blocks take. */
async function partitionedTables(lease: Lease, alias: string): Promise<Map<string, number>> {
  const rows = await lease.rows(
    `SELECT schema_name, table_name FROM duckdb_columns() WHERE database_name = ${quoteText(alias)} AND column_name = ${quoteText(partitionColumn)}`,
  )
  const found = new Map<string, number>()
  for (const { schema_name, table_name } of rows) {
    const path = quotePath([alias, String(schema_name), String(table_name)])
    const [size] = await lease.rows(
      `SELECT count(DISTINCT block_id) AS blocks, (SELECT block_size FROM pragma_database_size() WHERE database_name = ${quoteText(alias)}) AS block_size FROM pragma_storage_info(${quoteText(path)}) WHERE persistent AND block_id >= 0`,
    )
    found.set(`${schema_name}.${table_name}`.toLowerCase(), Number(size?.blocks ?? 0) * Number(size?.block_size ?? 0))
  }
  return found
}
