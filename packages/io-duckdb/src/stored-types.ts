import { stat } from "node:fs/promises"
import { bottomUp, type Relation, type StoredTypes } from "@assets/dataframe"
import type { Lease } from "./connection-pool.ts"
import { quoteName, quoteText } from "./sql-text.ts"

type Files = Extract<Relation, { kind: "files" }>
type Types = ReadonlyMap<string, string>

/** What was read of files, for as long as they are the same: a file's types are those of its size and last change. */
const known = new Map<string, Types>()
const mostKnown = 1000

/**
 * DuckDB's types of the columns that a plan reads from Parquet files of others. Files of which they cannot be read are
 * left out: the statement then fails at them, and tells why.
 */
export async function storedTypes(plan: Relation, lease: Lease): Promise<StoredTypes> {
  const isForeign = (node: Relation): node is Files =>
    node.kind === "files" && (node.format === "parquet" || node.format === "delta") && node.foreign === true
  const types = new Map<Relation, Types>()
  for (const source of bottomUp(plan).filter(isForeign)) {
    const found = await typesOf(source, lease)
    if (found) types.set(source, found)
  }
  return types
}

/** Of several files the first is asked, as DuckDB does. */
async function typesOf(source: Files, lease: Lease): Promise<Types | undefined> {
  const { paths, schema } = source
  const [path] = paths
  if (path === undefined) return undefined
  const columns = schema.columns.map(column => quoteName(column.name)).join(", ")
  const text = `DESCRIBE SELECT ${columns} FROM ${scanOf(source, path)}`
  const stamp = source.format === "parquet" ? await stampOf(path) : undefined
  const key = `${stamp} ${text}`
  const before = stamp && known.get(key)
  if (before) return before
  try {
    const rows = await lease.rows(text)
    const found = new Map(schema.columns.map((column, i) => [column.name, String(rows[i]?.column_type)]))
    if (known.size >= mostKnown) known.clear()
    if (stamp) known.set(key, found)
    return found
  } catch {
    return undefined
  }
}

function scanOf({ format, version, hivePartitioned }: Files, path: string): string {
  if (format === "delta")
    return `delta_scan(${quoteText(path)}${version === undefined ? "" : `, version = ${version}`})`
  const folders = hivePartitioned ? "true, hive_types_autocast = false" : "false"
  return `read_parquet([${quoteText(path)}], hive_partitioning = ${folders})`
}

/** Tells one state of a local file from another. */
async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { mtimeNs, size, ino } = await stat(path, { bigint: true })
    return `${mtimeNs}-${size}-${ino}`
  } catch {
    return undefined
  }
}
