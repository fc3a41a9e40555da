import { readFileSync } from "node:fs"
import { SourceMap } from "node:module"
import { fileURLToPath, pathToFileURL } from "node:url"
import { ConfigError, DefinitionError, type ErrorCode, type SourceLocation, stackFrames } from "@assets/core"
import type { LoadableModules } from "./module-cache.ts"

/** The exports of each bundled module, in the order of the entries. */
export type ModuleExports = readonly { readonly [name: string]: unknown }[]

/**
 * Imports a bundle. Stacks of the project's code name its own files and lines from then on.
 *
 * @throws DefinitionError `PROJECT_LOAD_FAILED` when a module throws, with the place
 */
export async function importModules(modules: LoadableModules): Promise<ModuleExports> {
  try {
    // Before source maps are on: those of packages would be read, too, and nobody asks for them.
    process.setSourceMapsEnabled(false)
    for (const external of modules.externals) await import(external)
    process.setSourceMapsEnabled(true)
    const namespace: { readonly [name: string]: { readonly [name: string]: unknown } } = await import(
      pathToFileURL(modules.file).href
    )
    return Object.keys(namespace)
      .sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)))
      .map(name => namespace[name] ?? {})
  } catch (error) {
    throw loadFailure(error, modules)
  } finally {
    process.setSourceMapsEnabled(true)
  }
}

/** What esbuild says of modules that it cannot read. */
interface BuildMessage {
  readonly text: string
  readonly location: { readonly file: string; readonly line: number; readonly column: number } | null
}

/** The errors of a failed build as faults of the project, each with its place. */
export function buildFailure(error: unknown, absolute: (file: string) => string): unknown {
  const messages = (error as { readonly errors?: readonly BuildMessage[] }).errors
  if (!Array.isArray(messages) || messages.length === 0) return error
  const faults = messages.map(({ text, location }: BuildMessage) => {
    const missing = /^Could not resolve "(.+)"/.exec(text)?.[1]
    return new DefinitionError("PROJECT_LOAD_FAILED", {
      what: missing ? `The module "${missing}" was not found.` : `The module cannot be read: ${text}.`,
      why: missing
        ? "No such file or installed package is there for the module that imports it."
        : "It is not TypeScript or JavaScript.",
      fix:
        missing && !/^[./]/.test(missing)
          ? `Correct the name, or install the package: npm install ${missing}`
          : "Correct the line.",
      ...(location && {
        location: { file: absolute(location.file), line: location.line, column: location.column + 1 },
      }),
      cause: error,
    })
  })
  const [first] = faults
  return faults.length === 1 && first ? first : several(faults)
}

function several(faults: readonly DefinitionError[]): DefinitionError {
  return new DefinitionError(
    "PROJECT_LOAD_FAILED",
    {
      what: `The project does not load: ${faults.length} faults.`,
      why: "Each is listed with its place.",
      fix: "Correct each of them.",
    },
    faults,
  )
}

function loadFailure(error: unknown, modules: LoadableModules): unknown {
  const missingExport = /requested module '(.+)' does not provide an export named '(.+)'/.exec(String(error))
  if (error instanceof SyntaxError && missingExport) {
    return exportMissing(error, missingExport[1] ?? "", missingExport[2] ?? "", modules)
  }
  if (error instanceof ConfigError) return placedConfigError(error, modules)
  const message =
    error instanceof Error ? `${error.name}: ${error.message}` : `a thrown ${typeof error}: ${String(error)}`
  const location = firstOwnFrame(error, modules)
  return new DefinitionError("PROJECT_LOAD_FAILED", {
    what: `The project's code threw while it was loaded: ${message}`,
    why: "The modules of a project run once, when it is loaded.",
    fix: "Correct the line, or move what may fail into an asset's function.",
    ...(location && { location }),
    cause: error,
  })
}

/** What a factory says of its options, at the line that calls it. */
function placedConfigError(error: ConfigError, modules: LoadableModules): ConfigError {
  const { message: what, why, fix, details, cause } = error
  const location = error.location ?? firstOwnFrame(error, modules)
  const text = { what, why, fix, details, cause, ...(location && { location }) }
  return new ConfigError(error.code as ErrorCode, text) // the code of an error of ours
}

/** The import of a name that a package does not have: found in the modules, since the engine names the bundle only. */
function exportMissing(cause: Error, specifier: string, name: string, modules: LoadableModules): DefinitionError {
  for (const file of Object.keys(modules.imports)) {
    const lines = readFileSync(file, "utf8").split("\n")
    const line = lines.findIndex(text => new RegExp(`\\b${name.replaceAll("$", "\\$")}\\b`).test(text))
    const text = lines.join("\n")
    const imported = new RegExp(
      `import\\s*(?:[\\w$]+\\s*,\\s*)?\\{[^}]*\\b${name.replaceAll("$", "\\$")}\\b[^}]*\\}\\s*from`,
    )
    if (line === -1 || !imported.test(text)) continue
    const column = (lines[line]?.search(new RegExp(`\\b${name.replaceAll("$", "\\$")}\\b`)) ?? 0) + 1
    return new DefinitionError("PROJECT_LOAD_FAILED", {
      what: `There is no export named '${name}' in the package that this module imports it from.`,
      why: `${specifier} exports no such name.`,
      fix: "Correct the name in the import.",
      location: { file, line: line + 1, column },
      cause,
    })
  }
  return new DefinitionError("PROJECT_LOAD_FAILED", {
    what: `There is no export named '${name}' in ${specifier}.`,
    why: "A module of the project imports it.",
    fix: "Correct the name in the import.",
    cause,
  })
}

/** The first place of a stack that lies in a module of the project. */
function firstOwnFrame(error: unknown, modules: LoadableModules): SourceLocation | undefined {
  if (!(error instanceof Error) || typeof error.stack !== "string") return undefined
  for (const frame of stackFrames(error.stack)) {
    if (modules.imports[frame.file]) return frame
    if (frame.file === modules.file) return mapped(modules.file, frame.line, frame.column ?? 1)
  }
  return undefined
}

/** The place in the project's own file of a place in the bundle. */
function mapped(bundle: string, line: number, column: number): SourceLocation | undefined {
  const data = /sourceMappingURL=data:application\/json;base64,(\S+)/.exec(readFileSync(bundle, "utf8"))?.[1]
  if (!data) return undefined
  const map = new SourceMap(JSON.parse(Buffer.from(data, "base64").toString("utf8")))
  const entry = map.findEntry(line - 1, column - 1)
  if (!("originalSource" in entry)) return undefined
  const file = fileURLToPath(new URL(entry.originalSource, pathToFileURL(bundle)))
  return { file, line: entry.originalLine + 1, column: entry.originalColumn + 1 }
}
