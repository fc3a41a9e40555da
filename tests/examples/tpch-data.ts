import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { DuckDBInstance, type DuckDBResultReader } from "@duckdb/node-api"

const scratch = join(dirname(dirname(fileURLToPath(import.meta.url))), ".tmp")
/** The version of DuckDB that the extension is made for. */
const version = "1.5.5"

/** The generator of DuckDB as an extension, got from a Python wheel; undefined where it cannot be had. */
export function tpchExtension(): string | undefined {
  const kept = join(scratch, `tpch-${version}`)
  const file = join(kept, "duckdb_extension_tpch", "extensions", `v${version}`, "tpch.duckdb_extension")
  if (existsSync(file)) return file
  const folder = join(scratch, `tpch-${version}-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  try {
    const wanted = `duckdb-extension-tpch==${version}`
    const got = spawnSync("pip", ["download", wanted, "--no-deps", "--quiet", "-d", folder], { stdio: "ignore" })
    const wheel = readdirSync(folder).find(name => name.endsWith(".whl"))
    if (got.status !== 0 || !wheel) return undefined
    if (spawnSync("python3", ["-m", "zipfile", "-e", join(folder, wheel), folder]).status !== 0) return undefined
    if (!existsSync(kept)) renameSync(folder, kept)
    return file
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const tables = ["lineitem", "orders", "customer", "part", "supplier", "partsupp", "nation", "region"]

/** The tables of TPC-H as Parquet files in a folder, and the text of its queries. */
export async function makeTpch(extension: string, scale: number, folder: string): Promise<ReadonlyMap<number, string>> {
  mkdirSync(folder, { recursive: true })
  const instance = await DuckDBInstance.create(":memory:", { threads: "2" })
  const connection = await instance.connect()
  try {
    await connection.run(`LOAD '${extension}'`)
    await connection.run(`CALL dbgen(sf = ${scale})`)
    for (const table of tables) {
      await connection.run(`COPY ${table} TO '${join(folder, `${table}.parquet`)}' (FORMAT parquet)`)
    }
    const rows = (await connection.runAndReadAll("SELECT query_nr, query FROM tpch_queries()")).getRowsJson()
    return new Map(rows.map(([number, query]) => [Number(number), String(query)]))
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** DuckDB with the tables as views of the files. Close it. */
export interface ByHand {
  read(query: string): Promise<DuckDBResultReader>
  close(): void
}

export async function openByHand(folder: string, threads = 2): Promise<ByHand> {
  const instance = await DuckDBInstance.create(":memory:", { threads: String(threads) })
  const connection = await instance.connect()
  for (const table of tables) {
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
