import { isBuiltin } from "node:module"
import { dirname, join, resolve, sep } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import type { BuildOptions, OnLoadResult, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from "esbuild"
import { type FileStamp, readStamped } from "./file-stamp.ts"
import { type ModuleLoader, moduleLoader } from "./module-loader.ts"
import { isInstalled, packageOf } from "./package-of.ts"

/** What a module of the project imports. */
export interface ModuleImports {
  /** Files of the project. */
  readonly modules: readonly string[]
  /** `name@version` of packages. */
  readonly packages: readonly string[]
}

/** Modules of a project and what they import, as one module of JavaScript. */
export interface BundledModules {
  readonly code: string
  /** The packages' modules that it imports, in order, as URLs. */
  readonly externals: readonly string[]
  readonly imports: { readonly [file: string]: ModuleImports }
  /** Every file that the result hangs on. */
  readonly stamps: readonly FileStamp[]
}

const ownFolder = dirname(fileURLToPath(import.meta.url))
const resolving = Symbol("resolving")

/** `--conditions` of this process, so that the project's packages are the ones that this process itself would load. */
export function nodeConditions(): string[] {
  const words = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? "").split(/\s+/)]
  return words.flatMap((word, i) => {
    const inline = /^--conditions=(.+)$/.exec(word)?.[1]
    if (inline) return [inline]
    return word === "--conditions" || word === "-C" ? [words[i + 1] ?? ""] : []
  })
}

/** Changes a module after its types are gone; `map` is its source map. */
export type RewriteModule = (file: string, code: string, map: string) => string

/**
 * Bundles modules of the project into one, which exports each as a namespace: `m0`, `m1`, …
 * Packages stay outside, each resolved from the module that imports it, so that the bundle may lie anywhere.
 *
 * @throws the failure of esbuild, its `errors` with file, line and column
 */
export async function bundleModules(
  base: string,
  entries: readonly string[],
  outfile: string,
  rewrite?: RewriteModule,
): Promise<BundledModules> {
  const { build, transform } = await import("esbuild")
  const stamps = new Map<string, FileStamp>()
  const packages = new Map<string, string>()
  const options: BuildOptions & { metafile: true; write: false } = {
    stdin: {
      contents: entries.map((entry, i) => `export * as m${i} from ${JSON.stringify(entry)}`).join("\n"),
      resolveDir: base,
      sourcefile: "assets-entry.js",
    },
    absWorkingDir: base,
    outfile,
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    target: "node20",
    charset: "utf8",
    mainFields: ["main"],
    conditions: nodeConditions(),
    sourcemap: "inline",
    sourcesContent: false,
    legalComments: "none",
    logLevel: "silent",
    plugins: [packagesOutside(stamps, packages), modulesInPlace(stamps, transform, rewrite)],
  }
  const { outputFiles, metafile } = await build(options)
  for (const path of settingsAbove(base)) stamps.set(path, readStamped(path).stamp)
  return {
    code: withRequire(outputFiles[0]?.text ?? "", base),
    externals: externalImports(metafile),
    imports: projectImports(base, metafile, packages),
    stamps: [...stamps.values()],
  }
}

type Metafile = import("esbuild").Metafile

function externalImports(metafile: Metafile): string[] {
  const [output] = Object.values(metafile.outputs)
  const found = (output?.imports ?? []).filter(one => one.external && one.kind === "import-statement")
  return [...new Set(found.map(one => one.path))]
}

function projectImports(base: string, metafile: Metafile, packages: ReadonlyMap<string, string>) {
  const imports: { [file: string]: ModuleImports } = {}
  for (const [file, input] of Object.entries(metafile.inputs)) {
    if (file === "assets-entry.js") continue
    imports[resolve(base, file)] = {
      modules: input.imports.filter(one => !one.external).map(one => resolve(base, one.path)),
      packages: [...new Set(input.imports.flatMap(one => packages.get(one.path) ?? []))].sort(),
    }
  }
  return imports
}

/** Files whose appearance or change may alter how modules resolve and compile. */
function settingsAbove(base: string): string[] {
  const found: string[] = []
  for (let folder = base; ; folder = dirname(folder)) {
    found.push(join(folder, "tsconfig.json"), join(folder, "package.json"))
    if (folder === dirname(folder)) return found
  }
}

/** CommonJS modules of the project call `require`, which an ES module has not by itself. */
function withRequire(code: string, base: string): string {
  if (!/^var __require = /m.test(code)) return code
  const url = JSON.stringify(pathToFileURL(join(base, "package.json")).href)
  return `import { createRequire as assetsCreateRequire } from "node:module"; const require = assetsCreateRequire(${url}); ${code}`
}

/** Leaves packages outside of the bundle, resolved from the module that imports them. */
function packagesOutside(stamps: Map<string, FileStamp>, packages: Map<string, string>): Plugin {
  return {
    name: "packages-outside",
    setup(build) {
      build.onResolve({ filter: /^[^./\\]/ }, async (args): Promise<OnResolveResult | undefined> => {
        if (args.pluginData === resolving || /^[A-Za-z]:[\\/]|^(data|https?):/.test(args.path)) return undefined
        if (isBuiltin(args.path)) return { path: args.path, external: true }
        const resolved = await resolveBare(build, args)
        if (resolved.errors.length > 0) return { errors: resolved.errors }
        const inProject = !resolved.path.includes(`${sep}node_modules${sep}`)
        if (resolved.external) return { path: resolved.path, external: true }
        // An alias of tsconfig's `paths` or package.json's `imports` names a file of the project.
        if (inProject && !isInstalled(args.path, args.resolveDir) && !args.path.startsWith("@assets/")) {
          return { path: resolved.path, namespace: resolved.namespace }
        }
        const facts = packageOf(resolved.path)
        const path = args.kind.startsWith("require") ? resolved.path : pathToFileURL(resolved.path).href
        if (facts) {
          packages.set(path, facts.id)
          if (!stamps.has(facts.manifest)) stamps.set(facts.manifest, readStamped(facts.manifest).stamp)
        }
        return { path, external: true }
      })
    },
  }
}

/** A project that has not installed the product's own packages gets those that came with the command. */
async function resolveBare(build: PluginBuild, args: OnResolveArgs) {
  const { path, kind, importer, resolveDir } = args
  const resolved = await build.resolve(path, { kind, importer, resolveDir, pluginData: resolving })
  if (resolved.errors.length === 0 || !path.startsWith("@assets/")) return resolved
  const own = await build.resolve(path, { kind, resolveDir: ownFolder, pluginData: resolving })
  return own.errors.length === 0 ? own : resolved
}

/** Reads the project's modules, and puts in what depends on where a module lies: `import.meta.url`, `__dirname`. */
function modulesInPlace(
  stamps: Map<string, FileStamp>,
  transform: typeof import("esbuild").transform,
  rewrite: RewriteModule | undefined,
): Plugin {
  return {
    name: "modules-in-place",
    setup(build) {
      build.onLoad({ filter: /./, namespace: "file" }, async ({ path }): Promise<OnLoadResult | undefined> => {
        const { stamp, content } = readStamped(path)
        stamps.set(path, stamp)
        const loader = moduleLoader(path)
        if (content === null || loader === undefined) return undefined
        const contents = content.toString("utf8")
        if (!rewrite && !/\bimport\.meta\b|\b__(dirname|filename)\b/.test(contents)) return { contents, loader }
        return placed(path, contents, loader, { transform, rewrite })
      })
    },
  }
}

async function placed(
  path: string,
  contents: string,
  loader: ModuleLoader,
  by: { readonly transform: typeof import("esbuild").transform; readonly rewrite: RewriteModule | undefined },
): Promise<OnLoadResult> {
  const folder = JSON.stringify(dirname(path))
  const file = JSON.stringify(path)
  const define = {
    "import.meta.url": JSON.stringify(pathToFileURL(path).href),
    "import.meta.dirname": folder,
    "import.meta.filename": file,
    __dirname: folder,
    __filename: file,
  }
  try {
    const options = { loader, define, sourcefile: path, sourcesContent: false, target: "node20" }
    const { code, map } = await by.transform(contents, { ...options, sourcemap: by.rewrite ? "external" : "inline" })
    return { contents: by.rewrite?.(path, code, map) ?? code, loader: "js" }
  } catch (error) {
    // The same errors come again from the bundle itself, with their place: it is given the text as it is.
    if (Array.isArray((error as { errors?: unknown }).errors)) return { contents, loader }
    throw error
  }
}
