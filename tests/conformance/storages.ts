import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, rmSync } from "node:fs"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Engine, type IOManager, joinObjectUrl, objectStore } from "@assets/core"
import { type ElsewhereWrite, memoryIO } from "@assets/core/testing"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { deltaIO, spark, tableIO } from "@assets/io-spark"
import { arrowIO } from "../../examples/own-io-manager/arrow-io.ts"
import { catalogVariables } from "../iceberg-catalog.ts"
import { bucket } from "../object-store.ts"
import { EngineFixture } from "./fixture.ts"

async function deleteParquet(base: string, key: string): Promise<void> {
  const folder = join(base, "data", key, "_versions")
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (name.endsWith(".parquet")) rmSync(join(folder, name))
  }
}

async function deleteTable(base: string, key: string): Promise<void> {
  return deleteTableIn(join(base, "data", key))
}

async function deleteTableIn(folder: string): Promise<void> {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (isOfRows(name)) rmSync(join(folder, name))
  }
}

function isOfRows(name: string): boolean {
  return name.endsWith(".parquet") || name.endsWith(".orc")
}

/** The folder that the catalog has given the table of a key. */
export const catalogFolder = (base: string, key: string) =>
  join(process.env[catalogVariables.warehouse] ?? "", basename(base), key)

/** The options of a manager with a namespace of its own in the catalog for each folder of a case. */
export const catalogOf = (base: string) => ({
  uri: `$\{${catalogVariables.uri}}`,
  token: `$\{${catalogVariables.token}}`,
  namespace: basename(base),
})

async function deleteArrow(base: string, key: string): Promise<void> {
  const folder = join(base, "data", key)
  for (const name of readdirSync(folder)) if (name.endsWith(".arrow")) rmSync(join(folder, name))
}

/** A place of its own in the bucket for each folder of a case. */
export const objectRootOf = (base: string) => `s3://${bucket}/${basename(base)}`

async function deleteObjects(base: string, key: string): Promise<void> {
  const store = objectStore()
  for await (const { url } of store.list(joinObjectUrl(objectRootOf(base), key, "/"))) {
    if (isOfRows(url)) await store.remove([url])
  }
}

const script = fileURLToPath(new URL("write-elsewhere.ts", import.meta.url))

/** Has another process write to the storage of this name in the folder. */
function elsewhere(name: string) {
  return async (base: string, write: ElsewhereWrite): Promise<void> => {
    const text = JSON.stringify(write, (_, value) => (typeof value === "bigint" ? Number(value) : value))
    const args = ["--conditions=@assets/source", "--import", "tsx", script, name, base, text]
    const [code] = await once(spawn(process.execPath, args, { stdio: "inherit" }), "exit")
    if (code !== 0) throw new Error(`the other process ended with ${code}`)
  }
}

export type CreateFixture = (base?: string) => EngineFixture

/** A manager over a place of its own in the bucket. */
function onS3(
  name: string,
  engine: () => Engine,
  io: (options: { readonly root: string }) => IOManager,
): CreateFixture {
  return base => {
    const fixture: EngineFixture = new EngineFixture(engine(), () => io({ root: objectRootOf(fixture.base) }), {
      base,
      deleteData: deleteObjects,
      writeElsewhere: elsewhere(name),
    })
    return fixture
  }
}

/** Every IO manager on every engine that it works with, by name; over a folder, or over a new one. */
export const storages: { readonly [name: string]: CreateFixture } = {
  "parquet on duckdb": base =>
    new EngineFixture(duckdb(), () => parquetIO({ root: "data" }), {
      base,
      deleteData: deleteParquet,
      writeElsewhere: elsewhere("parquet on duckdb"),
      createIOManagerAt: root => parquetIO({ root }),
    }),
  "parquet on spark": base =>
    new EngineFixture(spark(), () => parquetIO({ root: "data" }), {
      base,
      deleteData: deleteParquet,
      writeElsewhere: elsewhere("parquet on spark"),
      createIOManagerAt: root => parquetIO({ root }),
    }),
  "parquet on s3 on duckdb": onS3("parquet on s3 on duckdb", duckdb, parquetIO),
  "parquet on s3 on spark": onS3("parquet on s3 on spark", spark, parquetIO),
  "delta on s3 on spark": onS3("delta on s3 on spark", spark, deltaIO),
  "duckdb file on duckdb": base =>
    new EngineFixture(duckdb(), () => duckdbFileIO({ path: "warehouse.duckdb" }), {
      base,
      writeElsewhere: elsewhere("duckdb file on duckdb"),
      createIOManagerAt: path => duckdbFileIO({ path }),
    }),
  "duckdb file on spark": base =>
    new EngineFixture(spark(), () => duckdbFileIO({ path: "warehouse.duckdb" }), {
      base,
      writeElsewhere: elsewhere("duckdb file on spark"),
      createIOManagerAt: path => duckdbFileIO({ path }),
    }),
  "delta on spark": base =>
    new EngineFixture(spark(), () => deltaIO({ root: "data" }), {
      base,
      deleteData: deleteTable,
      writeElsewhere: elsewhere("delta on spark"),
      createIOManagerAt: root => deltaIO({ root }),
    }),
  "orc on spark": base =>
    new EngineFixture(spark(), () => tableIO({ format: "orc", root: "data" }), {
      base,
      deleteData: deleteTable,
      writeElsewhere: elsewhere("orc on spark"),
      createIOManagerAt: root => tableIO({ format: "orc", root }),
    }),
  "orc on s3 on spark": onS3("orc on s3 on spark", spark, ({ root }) => tableIO({ format: "orc", root })),
  "iceberg on spark": base =>
    new EngineFixture(spark(), () => tableIO({ format: "iceberg", root: "data" }), {
      base,
      deleteData: deleteTable,
      writeElsewhere: elsewhere("iceberg on spark"),
      createIOManagerAt: root => tableIO({ format: "iceberg", root }),
    }),
  "iceberg rest on spark": base => {
    const name = "iceberg rest on spark"
    const io = (): IOManager => tableIO({ format: "iceberg", catalog: catalogOf(fixture.base) })
    const fixture: EngineFixture = new EngineFixture(spark(), io, {
      base,
      deleteData: (folder, key) => deleteTableIn(catalogFolder(folder, key)),
      writeElsewhere: elsewhere(name),
    })
    return fixture
  },
  "own on duckdb": base =>
    new EngineFixture(duckdb(), () => arrowIO({ root: "data" }), {
      base,
      deleteData: deleteArrow,
      writeElsewhere: elsewhere("own on duckdb"),
      createIOManagerAt: root => arrowIO({ root }),
    }),
  // The manager itself is the storage here, so that each opening gives the same one.
  "memory on duckdb": base => {
    const io = memoryIO()
    return new EngineFixture(duckdb(), () => io, { base })
  },
}
