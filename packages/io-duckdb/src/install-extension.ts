import { execFile } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs"
import { basename, join } from "node:path"
import { promisify } from "node:util"
import { EngineError } from "@assets/core"
import { type ExtensionName, extensionPath } from "./extension.ts"

export interface InstalledExtension {
  readonly name: ExtensionName
  /** Of DuckDB. */
  readonly version: string
  readonly path: string
  readonly wasThere: boolean
}

/**
 * Brings an extension of DuckDB into the user's cache by pip, which needs no access to DuckDB's own site: `httpfs` reaches
 * object stores, `delta` reads Delta tables. It gets its name when it is whole.
 * @throws EngineError `ENGINE_EXTENSION_MISSING` when it cannot be had
 */
export async function installExtension(
  name: ExtensionName,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<InstalledExtension> {
  const { path, version } = await extensionPath(name)
  if (existsSync(path)) return { name, version, path, wasThere: true }
  const folder = join(path, "..")
  mkdirSync(folder, { recursive: true })
  const part = mkdtempSync(join(folder, "part-"))
  const wheel = `duckdb-extension-${name}==${version.replace(/^v/, "")}`
  try {
    const run = (args: readonly string[]) => promisify(execFile)("python3", ["-m", ...args], signal ? { signal } : {})
    await run(["pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps", "-d", part, wheel])
    const [archive = ""] = readdirSync(part)
    await run(["zipfile", "-e", join(part, archive), part])
    renameSync(join(part, `duckdb_extension_${name}`, "extensions", version, basename(path)), path)
    return { name, version, path, wasThere: false }
  } catch (cause) {
    signal?.throwIfAborted()
    throw new EngineError("ENGINE_EXTENSION_MISSING", {
      what: `DuckDB's extension ${name} ${version} could not be brought.`,
      why: `python3 -m pip download says: ${String(cause instanceof Error ? cause.message : cause).slice(0, 1000)}`,
      fix: `Install Python 3 with pip, or fetch the wheel ${wheel.replace("==", " ")} elsewhere and put its ${basename(path)} at ${path}.`,
      details: { path },
      cause,
    })
  } finally {
    rmSync(part, { recursive: true, force: true })
  }
}
