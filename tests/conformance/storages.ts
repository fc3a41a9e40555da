import { readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { memoryIO } from "@assets/core/testing"
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
  // The manager itself is the storage here, so that each opening gives the same one.
  "memory on duckdb": base => {
    const io = memoryIO()
    return new EngineFixture(duckdb(), () => io, { base })
  },
}
