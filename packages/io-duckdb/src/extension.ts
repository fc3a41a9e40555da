import { existsSync } from "node:fs"
import { join } from "node:path"
import { cacheFolder, EngineError } from "@assets/core"
import type { DuckDBInstance } from "@duckdb/node-api"
import { loadDuckdb } from "./load-duckdb.ts"
import { quoteText } from "./sql-text.ts"

/** Parts of DuckDB that are not in its npm package, by what they are for. */
export const extensions = { httpfs: "reach object stores", delta: "read Delta tables" } as const

export type ExtensionName = keyof typeof extensions

/** What brings an extension. */
export const installCommands: { readonly [name in ExtensionName]: string } = {
  httpfs: "assets duckdb install",
  delta: "assets duckdb install --with delta",
}

/** A connection, as far as it is needed here. */
interface Runs {
  run(sql: string): Promise<unknown>
}

/** Where an extension lies for this version of DuckDB, once `installExtension` has brought it. */
export async function extensionPath(name: ExtensionName): Promise<{ readonly path: string; readonly version: string }> {
  const { version } = await loadDuckdb()
  const folder = join(cacheFolder(process.env), "duckdb", version(), `${process.platform}-${process.arch}`)
  return { path: join(folder, `${name}.duckdb_extension`), version: version() }
}

/** The extensions that an instance has loaded. */
export class Extensions {
  readonly #instance: DuckDBInstance
  readonly #loaded = new Map<ExtensionName, Promise<void>>()

  constructor(instance: DuckDBInstance) {
    this.#instance = instance
  }

  /** Loads an extension where that was not done yet. @throws EngineError `ENGINE_EXTENSION_MISSING` */
  load(name: ExtensionName): Promise<void> {
    const known = this.#loaded.get(name)
    if (known) return known
    const loaded = this.#load(name)
    this.#loaded.set(name, loaded)
    loaded.catch(() => this.#loaded.delete(name))
    return loaded
  }

  async #load(name: ExtensionName): Promise<void> {
    const connection = await this.#instance.connect()
    try {
      await loadExtension(connection, name)
    } finally {
      connection.closeSync()
    }
  }
}

/** Takes an extension from DuckDB's own folder, from this product's, or from the network. */
async function loadExtension(connection: Runs, name: ExtensionName): Promise<void> {
  const { path } = await extensionPath(name)
  const ways = [
    [`LOAD ${name}`],
    ...(existsSync(path) ? [[`LOAD ${quoteText(path)}`]] : []),
    [`INSTALL ${name}`, `LOAD ${name}`],
  ]
  let last: unknown
  for (const statements of ways) {
    try {
      for (const statement of statements) await connection.run(statement)
      return
    } catch (error) {
      last = error
    }
  }
  throw missing(name, last)
}

/** Where an extension is, without asking the network. */
export async function findExtension(connection: Runs, name: ExtensionName): Promise<string | undefined> {
  const { path } = await extensionPath(name)
  if (existsSync(path)) return path
  try {
    await connection.run(`LOAD ${name}`)
    return "DuckDB's own folder of extensions"
  } catch {
    return undefined
  }
}

function missing(name: ExtensionName, cause: unknown): EngineError {
  return new EngineError("ENGINE_EXTENSION_MISSING", {
    what: `DuckDB cannot ${extensions[name]}: its extension ${name} is not on this machine.`,
    why: `It is in no folder that is looked at, and DuckDB could not fetch it: ${String(cause instanceof Error ? cause.message : cause).split("\n", 1)[0]}`,
    fix: `${installCommands[name]} brings it from Python's package index by pip; on a machine without a network copy the file that it names.`,
    details: { extension: name },
    cause,
  })
}
