import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import type { Engine } from "../engine/engine.ts"
import { AssetsError, EngineError } from "../errors/assets-error.ts"
import type { EngineReference } from "../io/io-manager.ts"
import type { EnvironmentConfig } from "./environment.ts"

/** The engine named `default` of an environment: its own, else the one that its IO manager brings. */
export function defaultEngine(config: EnvironmentConfig): Engine | EngineReference | undefined {
  const io = config.io ?? config.ios?.default
  return config.engine ?? config.engines?.default ?? io?.defaultEngine
}

/** The engine itself. One that is only named is made: from the project's own packages, else from those beside core. */
export async function engineOf(engine: Engine | EngineReference, base: string): Promise<Engine> {
  if ("open" in engine) return engine
  const { module, name } = engine
  const own = resolveFrom(import.meta.url, module)
  const ofProject = resolveFrom(pathToFileURL(join(base, "package.json")).href, module)
  try {
    // By its name where both mean the same file, so that the process has one copy of the package.
    const path = ofProject === undefined || ofProject === own ? module : pathToFileURL(ofProject).href
    const { [name]: factory } = (await import(path)) as { readonly [name: string]: () => Engine }
    if (factory) return factory()
    throw new Error(`${module} does not export ${name}`)
  } catch (error) {
    if (error instanceof AssetsError) throw error
    throw new EngineError("ENGINE_UNAVAILABLE", {
      what: `The engine ${name}() of ${module} could not be loaded.`,
      why: `The environment names no engine, and its IO manager brings this one: ${error instanceof Error ? error.message : error}`,
      fix: `Install it: npm install ${module}; or name another engine in the environment.`,
      details: { module, name },
      cause: error,
    })
  }
}

function resolveFrom(file: string, module: string): string | undefined {
  try {
    return createRequire(file).resolve(module)
  } catch {
    return undefined
  }
}
