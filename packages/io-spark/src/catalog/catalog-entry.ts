import { ConfigError } from "@assets/core"
import type { LogTable } from "../log-table/log-table.ts"
import { quoteName } from "../spark-sql-text.ts"
import type { CatalogStatements } from "./catalog-statements.ts"

/** Where a table is to be known. */
export interface EntryPlace {
  readonly catalog: CatalogStatements
  readonly table: LogTable
  readonly database: string
  readonly name: string
}

/** The name of a table as statements spell it. */
export function qualifiedName({ database, name }: EntryPlace): string {
  return `${quoteName("spark_catalog")}.${quoteName(database)}.${quoteName(name)}`
}

/** Makes the database of a table that is not there yet. */
export async function makeDatabase({ catalog, database }: EntryPlace): Promise<void> {
  const found = await catalog.ask(`DESCRIBE DATABASE ${quoteName("spark_catalog")}.${quoteName(database)}`)
  if (!found) await catalog.run(`CREATE DATABASE IF NOT EXISTS ${quoteName("spark_catalog")}.${quoteName(database)}`)
}

export function foreignEntry({ database, name, table }: EntryPlace): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `There is a table ${database}.${name} that is not that of ${table.key} at ${table.path}.`,
    why: "It was made by somebody else, or by another environment with the same database.",
    fix: `Drop or rename it, or name another database: ALTER TABLE ${database}.${name} RENAME TO ${database}.${name}_former`,
    details: { table: `${database}.${name}`, path: table.path },
  })
}
