import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { AssetsError, type Finding, type IOContext } from "@assets/core"
import type { Lease } from "./connection-pool.ts"
import type { DatabaseFile } from "./database-file.ts"
import type { FileAccess } from "./file-access.ts"
import { leftMark } from "./file-holder.ts"
import { quotePath, quoteText } from "./sql-text.ts"

/** Files up to this size are read whole, so that a damaged block is found. */
const readWholeBytes = 1024 ** 3

/** What is wrong with a database file, or that it is well. Changes nothing. */
export async function examineFile(access: FileAccess, context: IOContext): Promise<readonly Finding[]> {
  const file = access.file(context)
  const beside = [...placeFindings(file.path), ...leftFindings(file)]
  if (!file.exists) return [{ level: "ok", what: `${file.path} is made when something is first stored.` }, ...beside]
  try {
    // Who doctors does not wait: that the file is held is what there is to say.
    const asking = { ...context, wait: false }
    const inside = await access.onRecords(file, "read", asking, lease => insideFindings(lease, file))
    return [...inside, ...beside]
  } catch (error) {
    if (!(error instanceof AssetsError)) throw error
    const level = error.code === "STORAGE_BUSY" ? ("warn" as const) : ("error" as const)
    return [{ level, what: error.message, fix: error.fix }, ...beside]
  }
}

async function insideFindings(lease: Lease, file: DatabaseFile): Promise<Finding[]> {
  const { size } = statSync(file.path)
  const [database] = await lease.rows(
    `SELECT CAST(tags AS VARCHAR) AS tags FROM duckdb_databases() WHERE database_name = ${quoteText(file.alias)}`,
  )
  const version = /storage_version=([^,}]+)/.exec(String(database?.tags))?.[1]
  const tables = await lease.rows(
    `SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ${quoteText(file.alias)}`,
  )
  const paths = tables.map(({ schema_name, table_name }) => [file.alias, String(schema_name), String(table_name)])
  const assets = paths.filter(([, schema]) => schema !== "_assets").length
  const about = `${assets} tables, ${size} bytes${version ? `, storage ${version}` : ""}`
  if (size > readWholeBytes) return [{ level: "ok", what: `${file.path} opens (${about}). Its blocks were not read.` }]
  for (const path of paths) await lease.rows(`SELECT bit_xor(hash(t)) FROM ${quotePath(path)} AS t`)
  return [{ level: "ok", what: `${file.path} opens and can be read whole (${about}).` }]
}

function placeFindings(path: string): Finding[] {
  const folder = nearestFolder(path)
  const findings: Finding[] = []
  const place = existsSync(path) ? path : folder
  if (!isWritable(place) || !isWritable(folder)) {
    const fix = "Give the user of this process the right to write the file and its folder."
    findings.push({ level: "warn", what: `${place} can be read and not be written.`, fix })
  }
  const { bavail, bsize } = statfsSync(folder)
  const wanted = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (bavail * bsize < wanted) {
    const what = `${folder} has ${bavail * bsize} bytes free, less than the ${wanted} of ${path}.`
    findings.push({ level: "warn", what, fix: "Free space there: a table that is replaced needs room beside itself." })
  }
  return findings
}

function leftFindings(file: DatabaseFile): Finding[] {
  const findings: Finding[] = []
  if (existsSync(`${file.path}.wal`)) {
    const what = `${file.path}.wal holds what a process that is at work, or died, has stored last.`
    findings.push({ level: "ok", what: `${what} It is read with the file; leave it where it is.` })
  }
  const mark = leftMark(file.path)
  const left = file.leftTickets.length + (mark === undefined ? 0 : 1)
  if (left > 0) {
    const what = `${left} files of processes that waited for ${file.path} and died are left beside it.`
    findings.push({ level: "warn", what, fix: "Remove them: assets gc" })
  }
  return findings
}

function nearestFolder(path: string): string {
  const folder = dirname(path)
  return existsSync(folder) || folder === path ? folder : nearestFolder(folder)
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
