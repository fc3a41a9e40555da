import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"

/** The version of DuckDB that the extension is made for. */
const version = "1.5.5"

/** The names of the tables; each is a Parquet file. */
export const tableNames = ["lineitem", "orders", "customer", "part", "supplier", "partsupp", "nation", "region"]

/** The generator of DuckDB as an extension, got from a Python wheel and kept in a folder; undefined where it cannot be had. */
export function tpchExtension(keptIn: string): string | undefined {
  const kept = join(keptIn, `tpch-${version}`)
  const file = join(kept, "duckdb_extension_tpch", "extensions", `v${version}`, "tpch.duckdb_extension")
  if (existsSync(file)) return file
  const folder = join(keptIn, `tpch-${version}-${process.pid}`)
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

/** The tables at a scale factor as Parquet files in a folder, and the text of the queries. */
export async function makeTables(
  extension: string,
  scale: number,
  folder: string,
): Promise<ReadonlyMap<number, string>> {
  mkdirSync(folder, { recursive: true })
  const instance = await DuckDBInstance.create(":memory:", { threads: "2" })
  const connection = await instance.connect()
  try {
    await connection.run(`LOAD '${extension}'`)
    await connection.run(`CALL dbgen(sf = ${scale})`)
    for (const table of tableNames) {
      await connection.run(`COPY ${table} TO '${join(folder, `${table}.parquet`)}' (FORMAT parquet)`)
    }
    const rows = (await connection.runAndReadAll("SELECT query_nr, query FROM tpch_queries()")).getRowsJson()
    return new Map(rows.map(([number, query]) => [Number(number), String(query)]))
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
