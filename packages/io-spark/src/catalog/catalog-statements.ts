import { EngineError } from "@assets/core"
import type { SparkClient } from "../connect/client.ts"
import { sql } from "../connect/relation.ts"

/** Asks and tells the catalog of a session of Spark. */
export class CatalogStatements {
  readonly #client: SparkClient

  constructor(client: SparkClient) {
    this.#client = client
  }

  async run(statement: string): Promise<void> {
    await this.#client.sqlCommand(statement)
  }

  /** The rows of a statement, as texts; undefined where a table or a database that it names is not there. */
  async ask(statement: string): Promise<readonly (readonly string[])[] | undefined> {
    const rows: string[][] = []
    try {
      for await (const batch of this.#client.batches(sql(statement)))
        for (const row of batch) if (row) rows.push(Object.values(row.toJSON()).map(value => String(value ?? "")))
      return rows
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }
}

function isMissing(error: unknown): boolean {
  if (!(error instanceof EngineError)) return false
  return ["TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND"].includes(String(error.details.condition))
}
