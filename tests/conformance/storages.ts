import { readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { EngineFixture } from "./fixture.ts"

async function deleteParquet(base: string, key: string): Promise<void> {
  const folder = join(base, "data", key, "_versions")
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (name.endsWith(".parquet")) rmSync(join(folder, name))
  }
}

/** Every IO manager on every engine that it works with, by name; over a folder, or over a new one. */
export const storages: { readonly [name: string]: (base?: string) => EngineFixture } = {
  "parquet on duckdb": base =>
    new EngineFixture(duckdb(), () => parquetIO({ root: "data" }), { base, deleteData: deleteParquet }),
  "duckdb file on duckdb": base =>
    new EngineFixture(duckdb(), () => duckdbFileIO({ path: "warehouse.duckdb" }), { base }),
}
