import { mkdirSync } from "node:fs"
import { resolve } from "node:path"
import {
  AssetsError,
  ConfigError,
  type Engine,
  type EngineContext,
  type Finding,
  makeScratchFolder,
  type ScratchFolder,
  StorageError,
} from "@assets/core"
import type { DuckDBInstance } from "@duckdb/node-api"
import { mapDuckdbError } from "./duckdb-error.ts"
import { type DuckdbOptions, expandOptions, faultsOfOptions, instanceConfig } from "./duckdb-options.ts"
import { DuckdbSession } from "./duckdb-session.ts"
import { findExtension, installCommands } from "./extension.ts"
import { loadDuckdb } from "./load-duckdb.ts"
import { quoteText } from "./sql-text.ts"

/**
 * DuckDB in this process: the engine of one machine.
 *
 * Each opened session is an instance of its own in memory; what does not fit into its memory limit spills to disk.
 * @throws ConfigError `CONFIG_INVALID` for options that DuckDB could not read
 * @example
 * duckdb({ memoryLimit: "4GB", threads: 4 })
 */
export function duckdb(options: DuckdbOptions = {}): Engine {
  requireSound(options)
  return Object.freeze<Engine>({
    name: "duckdb",
    async open(context) {
      const expanded = expandOptions(options, context.expand ?? (text => text))
      requireSound(expanded)
      const { scratch, timeZone } = context
      const spill = expanded.tempFolder === undefined ? undefined : makeSpillFolder(expanded.tempFolder)
      let instance: DuckDBInstance | undefined
      try {
        instance = await createInstance(instanceConfig(expanded, spill?.path ?? scratch))
        await prepare(instance, timeZone)
        return new DuckdbSession(instance, connectionSettings, { scratch, ...(spill && { spill }) })
      } catch (error) {
        instance?.closeSync()
        spill?.remove()
        throw error
      }
    },
    describe: () => ({ ...options }),
    doctor: (context = {}) => findings(options, context),
  })
}

function requireSound(options: DuckdbOptions): void {
  const faults = faultsOfOptions(options)
  if (faults.length === 0) return
  throw new ConfigError("CONFIG_INVALID", {
    what: `duckdb() was given wrong options: ${faults.join(" ")}`,
    why: "DuckDB would refuse to start.",
    fix: 'Write for one duckdb({ memoryLimit: "4GB", threads: 4 }).',
  })
}

function makeSpillFolder(tempFolder: string): ScratchFolder {
  const parent = resolve(tempFolder)
  try {
    mkdirSync(parent, { recursive: true })
    return makeScratchFolder(parent)
  } catch (cause) {
    throw new StorageError("STORAGE_UNWRITABLE", {
      what: `DuckDB cannot spill to ${parent}.`,
      why: cause instanceof Error ? cause.message : String(cause),
      fix: "Let duckdb({ tempFolder }) name a folder that this user may write to, or leave it out.",
      details: { path: parent },
      cause,
    })
  }
}

/** What DuckDB keeps for each connection by itself: without it there is no progress to ask for. */
const connectionSettings = [
  "SET enable_progress_bar = true",
  "SET enable_progress_bar_print = false",
  "SET progress_bar_time = 0",
]

async function createInstance(config: Record<string, string>): Promise<DuckDBInstance> {
  const { DuckDBInstance } = await loadDuckdb()
  try {
    return await DuckDBInstance.create(":memory:", config)
  } catch (error) {
    throw mapDuckdbError(error)
  }
}

/** What holds for all connections of the instance, the ones that are opened later too. */
async function prepare(instance: DuckDBInstance, timeZone: string): Promise<void> {
  const connection = await instance.connect()
  try {
    await connection.run(`SET GLOBAL TimeZone = ${quoteText(timeZone)}`)
  } catch (error) {
    throw mapDuckdbError(error)
  } finally {
    connection.closeSync()
  }
}

async function findings(
  options: DuckdbOptions,
  { expand = text => text }: Pick<EngineContext, "expand">,
): Promise<readonly Finding[]> {
  const expanded = expandOptions(options, expand)
  try {
    requireSound(expanded)
    const instance = await createInstance(instanceConfig(expanded, "."))
    const connection = await instance.connect()
    const [row] = await (await connection.run("SELECT version()")).getRowsJS()
    const httpfs = await findExtension(connection, "httpfs")
    const delta = await findExtension(connection, "delta")
    connection.closeSync()
    instance.closeSync()
    const stores = httpfs
      ? `DuckDB reaches s3:// by its extension httpfs: ${httpfs}.`
      : `DuckDB's extension httpfs is not on this machine; s3:// needs it: ${installCommands.httpfs}.`
    const tables = delta
      ? `DuckDB reads Delta tables by its extension delta: ${delta}.`
      : `DuckDB's extension delta is not on this machine; Delta tables as sources need it: ${installCommands.delta}.`
    return [
      { level: "ok", what: `DuckDB ${row?.[0]} starts in this process.` },
      { level: "ok", what: stores },
      { level: "ok", what: tables },
    ]
  } catch (error) {
    const fix = error instanceof AssetsError ? error.fix : "Correct the options of duckdb() in assets.config.ts."
    return [{ level: "error", what: error instanceof Error ? error.message : String(error), fix }]
  }
}
