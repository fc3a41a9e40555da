import { readFileSync, realpathSync } from "node:fs"
import { resolve } from "node:path"
import {
  type Asset,
  ConfigError,
  configFaults,
  type Definitions,
  definitions,
  faultsError,
  type ProjectConfig,
} from "@assets/core"
import type { ModuleImports } from "./project/bundle-modules.ts"
import { CodeVersions, moduleClosure } from "./project/code-version.ts"
import { defaultEnvironments } from "./project/default-environment.ts"
import { exportedAssets } from "./project/exported-assets.ts"
import { findProject } from "./project/find-project.ts"
import { findFiles } from "./project/glob.ts"
import { buildFailure, importModules, type ModuleExports } from "./project/import-modules.ts"
import { type LoadableModules, ModuleCache } from "./project/module-cache.ts"
import { moduleLoader } from "./project/module-loader.ts"
import { placedFaults } from "./project/placed-faults.ts"

export interface LoadOptions {
  /** Where the search for the project begins. */
  readonly cwd: string
  /** Path of a config, or of the folder that holds it. Left out, the nearest one upward. */
  readonly config?: string | undefined
}

/** A project as its modules declare it. */
export interface LoadedProject {
  readonly definitions: Definitions
  /** The modules that were read: what to watch, and which frames of a stack are the user's. */
  readonly files: ReadonlySet<string>
  /**
   * Finds the code versions of computes that declare none, and of transforms that may hold functions over batches. To be awaited before what plans: `definitions` asks for them
   * without waiting.
   */
  prepareCodeVersions(): Promise<void>
}

/** What the config and the modules gave. */
interface ProjectModules {
  readonly base: string
  readonly config: ProjectConfig
  readonly entries: readonly string[]
  readonly exports: ModuleExports
  readonly imports: { readonly [file: string]: ModuleImports }
  readonly files: ReadonlySet<string>
}

/**
 * Loads the project's config and modules.
 *
 * @throws ConfigError `PROJECT_NOT_FOUND`, `CONFIG_INVALID`
 * @throws DefinitionError `PROJECT_LOAD_FAILED`, `PROJECT_EMPTY`, and what `definitions` finds
 */
export async function loadProject(options: LoadOptions): Promise<LoadedProject> {
  const location = findProject(resolve(options.cwd), options.config)
  const cache = new ModuleCache(location.base)
  try {
    const modules = await loadModules(location.base, location.config, location.globs, cache)
    return define(modules, cache)
  } catch (error) {
    if (location.config === undefined) throw error
    throw await placedFaults(error, { base: location.base, config: location.config, folder: cache.folder })
  } finally {
    cache.close()
  }
}

async function loadModules(
  base: string,
  configFile: string | undefined,
  globs: readonly string[],
  cache: ModuleCache,
): Promise<ProjectModules> {
  const load = async (entries: readonly string[]) => {
    const bundle = await cache.load(base, entries).catch(error => {
      throw buildFailure(error, file => resolve(base, file))
    })
    return { bundle, exports: await importModules(bundle) }
  }
  const files = new Set<string>()
  const remember = (bundle: LoadableModules) => {
    for (const file of Object.keys(bundle.imports)) files.add(file)
  }
  let config: ProjectConfig = { environments: {} }
  if (configFile) {
    const { bundle, exports } = await load([configFile])
    remember(bundle)
    config = configOf(base, exports[0] ?? {})
  } else {
    config = { environments: await defaultEnvironments(), defaultEnvironment: "local", assets: globs }
  }
  const entries = assetModules(base, config, configFile)
  const { bundle, exports } = await load(entries)
  remember(bundle)
  return { base, config, entries, exports, imports: bundle.imports, files }
}

function configOf(base: string, exports: { readonly [name: string]: unknown }): ProjectConfig {
  const config = exports.default
  const fault = faultsError(configFaults(config), base)
  if (fault) throw fault
  return config as ProjectConfig // its form was looked at
}

const defaultGlobs = ["assets.{ts,mts,js,mjs}", "assets/**/*.{ts,mts,js,mjs}"]

/** The modules that the config's globs match. */
function assetModules(base: string, config: ProjectConfig, configFile: string | undefined): string[] {
  const globs = config.assets ?? defaultGlobs
  const found = findFiles(base, globs).filter(file => file !== configFile)
  const other = found.find(file => moduleLoader(file) === undefined)
  if (other) {
    throw new ConfigError("CONFIG_INVALID", {
      what: `${other} is matched by 'assets' and is no module.`,
      why: "Assets are declared in TypeScript or JavaScript.",
      fix: "Narrow the pattern in the config, such as ./assets/**/*.ts.",
      details: { file: other },
    })
  }
  // By their real paths, as the bundler knows them; a file that is matched twice is one module.
  if (found.length > 0) return [...new Set(found.map(realPath))]
  throw new ConfigError("PROJECT_EMPTY", {
    what: "The project has no modules with assets.",
    why: `No file below ${base} matches ${globs.join(", ")}.`,
    fix: "Correct 'assets' in the config, or add a module that exports an asset.",
    details: { base, globs: [...globs] },
  })
}

function realPath(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return file // a link to nowhere: the bundler says so
  }
}

function define(modules: ProjectModules, cache: ModuleCache): LoadedProject {
  const { base, config, exports } = modules
  const exporters = exportedAssets(exports)
  const versions = new Map<Asset, string>()
  // The namespaces hold whatever the modules export; what is no declaration is passed over.
  const declared = exports as Parameters<typeof definitions>[0]["assets"]
  const project = definitions({
    assets: declared,
    environments: config.environments,
    base,
    codeVersions: asset => versions.get(asset),
    ...(config.defaultEnvironment !== undefined && { defaultEnvironment: config.defaultEnvironment }),
    ...(config.state && { state: config.state }),
  })
  if (project.assets.size === 0) throw noAssets(modules)
  return {
    definitions: project,
    files: modules.files,
    prepareCodeVersions: async () => {
      const undeclared = [...project.assets.values()].filter(asset => asset.options.version === undefined)
      const byModule = new CodeVersions(modules.imports, cache)
      const maps = mapsBatches(modules)
      for (const asset of undeclared) {
        const module = declaringModule(exporters.get(asset) ?? [], modules)
        if (module && (asset.options.compute || maps(module))) versions.set(asset, await byModule.of(module))
      }
    },
  }
}

/** Whether a module, or one that it imports, names `mapBatches`: transforms of others hold all of their code in their plan. */
function mapsBatches({ imports }: ProjectModules): (module: string) => boolean {
  const naming = new Map<string, boolean>()
  const names = (file: string): boolean => {
    const known = naming.get(file) ?? readFileSync(file, "utf8").includes("mapBatches")
    naming.set(file, known)
    return known
  }
  return module => moduleClosure(module, imports).some(names)
}

/** Of the modules that export an asset the one that is made of the least: the others pass it on. */
function declaringModule(exporters: readonly number[], { entries, imports }: ProjectModules): string | undefined {
  return exporters
    .map(i => entries[i] ?? "")
    .map(file => ({ file, size: moduleClosure(file, imports).length }))
    .sort((a, b) => a.size - b.size)[0]?.file
}

function noAssets({ entries, base }: ProjectModules): ConfigError {
  return new ConfigError("PROJECT_EMPTY", {
    what: "The project declares no asset.",
    why: `None is among the exports of its ${entries.length} module${entries.length === 1 ? "" : "s"}.`,
    fix: "Export what asset(…) returns.",
    details: { base },
  })
}
