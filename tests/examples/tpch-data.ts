import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { DuckDBInstance } from "@duckdb/node-api"

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

/** Rows of a query over the files, values as text. */
export async function byHand(folder: string, query: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "2" })
  const connection = await instance.connect()
  try {
    for (const table of tables) {
      await connection.run(`CREATE VIEW ${table} AS SELECT * FROM '${join(folder, `${table}.parquet`)}'`)
    }
    return (await connection.runAndReadAll(query)).getRowsJson() as unknown[][]
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
