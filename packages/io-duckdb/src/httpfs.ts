import { execFile } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { cacheFolder, EngineError } from "@assets/core"
import { loadDuckdb } from "./load-duckdb.ts"
import { quoteText } from "./sql-text.ts"

const file = "httpfs.duckdb_extension"
const installCommand = "assets duckdb install"

/** A connection, as far as it is needed here. */
interface Runs {
  run(sql: string): Promise<unknown>
}

/** Where the extension lies for this version of DuckDB, once `installHttpfs` has brought it. */
async function httpfsPath(): Promise<{ readonly path: string; readonly version: string }> {
  const { version } = await loadDuckdb()
  const name = version()
  return {
    path: join(cacheFolder(process.env), "duckdb", name, `${process.platform}-${process.arch}`, file),
    version: name,
  }
}

/**
 * Makes an instance able to reach object stores: DuckDB's own folder has the extension, or this product's, or the network.
 * @returns where it came from
 * @throws EngineError `ENGINE_EXTENSION_MISSING`
 */
export async function loadHttpfs(connection: Runs): Promise<string> {
  const { path } = await httpfsPath()
  const ways: [string, readonly string[]][] = [
    ["DuckDB's own folder of extensions", ["LOAD httpfs"]],
    ...(existsSync(path) ? ([[path, [`LOAD ${quoteText(path)}`]]] as [string, string[]][]) : []),
    ["the network", ["INSTALL httpfs", "LOAD httpfs"]],
  ]
  let last: unknown
  for (const [from, statements] of ways) {
    try {
      for (const statement of statements) await connection.run(statement)
      return from
    } catch (error) {
      last = error
    }
  }
  throw missing(last)
}

/** Whether the extension is there without asking the network. */
export async function findHttpfs(connection: Runs): Promise<string | undefined> {
  const { path } = await httpfsPath()
  if (existsSync(path)) return path
  try {
    await connection.run("LOAD httpfs")
    return "DuckDB's own folder of extensions"
  } catch {
    return undefined
  }
}

function missing(cause: unknown): EngineError {
  return new EngineError("ENGINE_EXTENSION_MISSING", {
    what: "DuckDB cannot reach object stores: its extension httpfs is not on this machine.",
    why: `It is in no folder that is looked at, and DuckDB could not fetch it: ${String(cause instanceof Error ? cause.message : cause).split("\n", 1)[0]}`,
    fix: `${installCommand} brings it from Python's package index by pip; on a machine without a network copy the file that it names.`,
    cause,
  })
}

export interface InstalledExtension {
  readonly name: "httpfs"
  /** Of DuckDB. */
  readonly version: string
  readonly path: string
  readonly wasThere: boolean
}

/**
 * Brings DuckDB's extension httpfs into the user's cache by pip, which needs no access to DuckDB's own site. It gets its
 * name when it is whole.
 * @throws EngineError `ENGINE_EXTENSION_MISSING` when it cannot be had
 */
export async function installHttpfs({ signal }: { readonly signal?: AbortSignal } = {}): Promise<InstalledExtension> {
  const { path, version } = await httpfsPath()
  if (existsSync(path)) return { name: "httpfs", version, path, wasThere: true }
  const folder = join(path, "..")
  mkdirSync(folder, { recursive: true })
  const part = mkdtempSync(join(folder, "part-"))
  try {
    const run = (args: readonly string[]) => promisify(execFile)("python3", ["-m", ...args], signal ? { signal } : {})
    const wheel = `duckdb-extension-httpfs==${version.replace(/^v/, "")}`
    await run(["pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps", "-d", part, wheel])
    const [archive = ""] = readdirSync(part)
    await run(["zipfile", "-e", join(part, archive), part])
    renameSync(join(part, "duckdb_extension_httpfs", "extensions", version, file), path)
    return { name: "httpfs", version, path, wasThere: false }
  } catch (cause) {
    signal?.throwIfAborted()
    throw new EngineError("ENGINE_EXTENSION_MISSING", {
      what: `DuckDB's extension httpfs ${version} could not be brought.`,
      why: `python3 -m pip download says: ${String(cause instanceof Error ? cause.message : cause).slice(0, 1000)}`,
      fix: `Install Python 3 with pip, or fetch the wheel duckdb-extension-httpfs ${version.replace(/^v/, "")} elsewhere and put its ${file} at ${path}.`,
      details: { path },
      cause,
    })
  } finally {
    rmSync(part, { recursive: true, force: true })
  }
}
