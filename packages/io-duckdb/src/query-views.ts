import { EngineError, type ExportTarget, type QueryBatch } from "@assets/core"
import type { Relation } from "@assets/dataframe"
import { compiled } from "./compiled-sql.ts"
import type { Lease } from "./connection-pool.ts"
import { loadBindings } from "./duckdb-bindings.ts"
import { mapDuckdbError } from "./duckdb-error.ts"
import { quotePath, quoteText } from "./sql-text.ts"

const oneSelect = "Pass one select. What is to be stored is an asset."

/** The names under which a statement may name an asset, as DuckDB writes them. */
function namesOf(key: string): string[] {
  const at = key.lastIndexOf("/")
  return at === -1 ? [key] : [key, `${key.slice(0, at)}.${key.slice(at + 1)}`]
}

/** The keys that a statement names. What DuckDB cannot take apart, such as PIVOT, is asked for each name as text. */
export async function keysIn(lease: Lease, text: string, keys: Iterable<string>): Promise<string[]> {
  const tables = await tablesOf(lease, text)
  const plain = text.replaceAll('"', "").toLowerCase()
  const isNamed = (name: string) => (tables ? tables.has(name) : plain.includes(name))
  return [...keys].filter(key => namesOf(key).some(name => isNamed(name.toLowerCase())))
}

/** The tables of a statement, in lower case, `schema.table` or `table`; undefined when DuckDB cannot take it apart. */
async function tablesOf(lease: Lease, text: string): Promise<ReadonlySet<string> | undefined> {
  // Not getTableNames: it binds the statement, and gives none where columns are told by USING or by their place.
  const [row] = await lease.rows(`SELECT json_serialize_sql(${quoteText(text)}::VARCHAR)::VARCHAR AS tree`)
  const tree = JSON.parse(String(row?.tree))
  if (tree.error) return undefined
  if (tree.statements.length === 0) throw refused("It holds none.")
  const found = new Set<string>()
  collectTables(tree.statements, found)
  return found
}

interface TableNode {
  readonly type?: unknown
  readonly schema_name?: unknown
  readonly table_name?: unknown
}

function collectTables(node: unknown, found: Set<string>): void {
  if (typeof node !== "object" || node === null) return
  const { type, schema_name: schema, table_name: table } = node as TableNode // fields of any node of the tree
  if (type === "BASE_TABLE") found.add(`${schema ? `${schema}.` : ""}${table}`.toLowerCase())
  for (const inner of Object.values(node)) collectTables(inner, found)
}

/** Makes a relation readable under the names of its asset. */
export async function createView(lease: Lease, key: string, relation: Relation): Promise<void> {
  const { sql } = await compiled(relation, lease)
  await lease.run(`CREATE OR REPLACE VIEW ${quotePath(["memory", "main", key])} AS ${sql}`)
  const at = key.lastIndexOf("/")
  if (at === -1) return
  const schema = key.slice(0, at)
  await lease.run(`CREATE SCHEMA IF NOT EXISTS ${quotePath(["memory", schema])}`)
  await lease.run(`CREATE OR REPLACE VIEW ${quotePath(["memory", schema, key.slice(at + 1)])} AS ${sql}`)
}

/** Takes the views of assets away: the next statement has views of what is current then. */
export async function dropViews(lease: Lease, keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    await lease.run(`DROP VIEW IF EXISTS ${quotePath(["memory", "main", key])}`)
    const at = key.lastIndexOf("/")
    if (at !== -1) await lease.run(`DROP VIEW IF EXISTS ${quotePath(["memory", key.slice(0, at), key.slice(at + 1)])}`)
  }
}

/** Runs a statement that only reads; anything else is refused before it runs. */
export async function* readOnlyRows(lease: Lease, text: string): AsyncGenerator<QueryBatch> {
  try {
    const { StatementType } = await loadBindings()
    const result = await lease.during(async connection => {
      const statements = await connection.extractStatements(text)
      if (statements.count !== 1) throw refused(`It holds ${statements.count} statements.`)
      const prepared = await statements.prepare(0)
      if (prepared.statementType !== StatementType.SELECT) throw refused("It is another statement than a select.")
      return prepared.stream()
    })
    const types = result.columnTypes()
    const columns = result.columnNames().map((name, i) => ({ name, type: String(types[i]) }))
    yield { columns, rows: [] }
    const all = result.yieldRowsJson()[Symbol.asyncIterator]()
    // A stream that is left before its end keeps the connection, which is not to be used again.
    lease.spoiled = true
    for (;;) {
      const next = await lease.during(() => all.next())
      if (next.done) break
      yield { columns, rows: next.value }
    }
    lease.spoiled = false
  } catch (error) {
    throw statementError(error)
  }
}

/** The text is the caller's own: what mends it is not in an asset. */
function statementError(error: unknown): Error {
  const mapped = mapDuckdbError(error)
  if (mapped.code !== "ENGINE_QUERY_FAILED" || mapped.fix === oneSelect) return mapped
  return new EngineError("ENGINE_QUERY_FAILED", {
    what: mapped.message.replace(/^Failed to extract statements: /, ""),
    why: mapped.why,
    fix: "Correct the statement. Its tables are the assets: assets list",
    cause: error,
  })
}

const copyOptions: { readonly [format in ExportTarget["format"]]: string } = {
  parquet: "FORMAT parquet, COMPRESSION zstd",
  csv: "FORMAT csv, HEADER true",
  json: "FORMAT json, ARRAY true",
}

/** Writes a relation to one file. */
export async function copyToFile(lease: Lease, relation: Relation, { path, format }: ExportTarget): Promise<number> {
  const { sql } = await compiled(relation, lease)
  const [copied] = await lease.rows(`COPY (${sql}) TO ${quoteText(path)} (${copyOptions[format]})`, { target: path })
  return Number(copied?.Count ?? 0)
}

function refused(why: string): EngineError {
  return new EngineError("ENGINE_QUERY_FAILED", {
    what: "The statement was not run.",
    why: `Only a single select is allowed here. ${why}`,
    fix: oneSelect,
  })
}
