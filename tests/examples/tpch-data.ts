import { join } from "node:path"
import { DuckDBInstance, type DuckDBResultReader } from "@duckdb/node-api"
import { tableNames, tpchExtension } from "../../examples/tpch/generator.ts"

/** The generator, kept beside what else the tests fetch. */
export function fetchedGenerator(): string | undefined {
  return tpchExtension(join(import.meta.dirname, "..", ".tmp"))
}

/** DuckDB with the tables as views of the files. Close it. */
export interface ByHand {
  read(query: string): Promise<DuckDBResultReader>
  close(): void
}

export async function openByHand(folder: string, threads = 2): Promise<ByHand> {
  const instance = await DuckDBInstance.create(":memory:", { threads: String(threads) })
  const connection = await instance.connect()
  for (const table of tableNames) {
    await connection.run(`CREATE VIEW ${table} AS SELECT * FROM '${join(folder, `${table}.parquet`)}'`)
  }
  return {
    read: query => connection.runAndReadAll(query),
    close: () => {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** Numbers to six places and twelve digits: a mean of decimals has six places in Spark, and is a double by hand. */
function comparable(value: unknown): unknown {
  const text = String(value)
  const isNumber = typeof value !== "object" && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)
  return isNumber ? Number(Number(Number(text).toFixed(6)).toPrecision(12)) : value
}

/** Rows as texts that are equal where two ways give the same rows, in any order. */
export function comparableRows(rows: readonly (readonly unknown[])[]): string[] {
  return rows.map(row => JSON.stringify(row.map(comparable))).sort()
}
