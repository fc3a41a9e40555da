import { readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { ioManagerConformance } from "@assets/core/testing"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { describe, onTestFinished, test } from "vitest"
import { EngineFixture } from "./fixture.ts"

async function deleteParquet(base: string, key: string): Promise<void> {
  const folder = join(base, "data", key, "_versions")
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (name.endsWith(".parquet")) rmSync(join(folder, name))
  }
}

const combinations = [
  {
    name: "parquet on duckdb",
    create: () => new EngineFixture(duckdb(), () => parquetIO({ root: "data" }), deleteParquet),
  },
  {
    name: "duckdb file on duckdb",
    create: () => new EngineFixture(duckdb(), () => duckdbFileIO({ path: "warehouse.duckdb" })),
  },
]

describe.each(combinations)("$name", ({ create }) => {
  for (const conformance of ioManagerConformance) {
    test(conformance.name, async () => {
      const fixture = create()
      onTestFinished(() => fixture.close())
      await conformance.run(fixture)
    })
  }
})
