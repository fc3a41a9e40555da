import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { type BundledModules, bundleModules, type ModuleImports, nodeConditions } from "./bundle-modules.ts"
import { confirmStamp, contentHash, type FileStamp } from "./file-stamp.ts"

/** A bundle that is ready to be imported. */
export interface LoadableModules {
  readonly file: string
  readonly externals: readonly string[]
  readonly imports: { readonly [file: string]: ModuleImports }
  readonly stamps: readonly FileStamp[]
}

/** How long a file of the cache that nothing refers to is kept: another process may be about to read it. */
const graceMs = 60_000
/** Raised when the form of what is cached changes. */
const form = 1

/**
 * Keeps bundles between starts: esbuild runs only when a module, a setting or a package has changed.
 * Lies in the project's `node_modules/.cache`, else in `.assets`; where neither can be written, nothing is kept.
 */
export class ModuleCache {
  readonly folder: string
  readonly #temporary: boolean

  constructor(base: string) {
    const found = [cacheBesideModules(base), join(base, ".assets", "cache")].find(
      folder => folder && isWritable(folder),
    )
    this.#temporary = found === undefined
    // The real path: Node loads the bundle from there, and its source map names files relative to it.
    this.folder = realpathSync(found ?? mkdtempSync(join(tmpdir(), "assets-modules-")))
  }

  /** Returns the modules as one bundle, the former one where nothing has changed. */
  async load(base: string, entries: readonly string[]): Promise<LoadableModules> {
    const id = contentHash(JSON.stringify([form, process.version, nodeConditions(), base, entries])).slice(0, 24)
    const manifest = join(this.folder, `${id}.json`)
    const former = this.read<LoadableModules>(manifest)
    if (former && existsSync(former.file)) {
      const stamps = former.stamps.map(confirmStamp)
      if (stamps.every(stamp => stamp !== undefined)) {
        if (stamps.some((stamp, i) => stamp !== former.stamps[i])) this.write(manifest, { ...former, stamps })
        return former
      }
    }
    return this.#bundle(base, entries, id, manifest)
  }

  async #bundle(base: string, entries: readonly string[], id: string, manifest: string): Promise<LoadableModules> {
    const bundled = await bundleModules(base, entries, join(this.folder, `${id}.mjs`))
    const file = join(this.folder, `${id}-${versionOf(bundled)}.mjs`)
    const { code: _, ...facts } = bundled
    writeWhole(file, bundled.code)
    this.write(manifest, { file, ...facts })
    this.#prune(id, file)
    return { file, ...facts }
  }

  /** What was kept under a path, or undefined. */
  read<T>(path: string): T | undefined {
    try {
      return JSON.parse(readFileSync(path, "utf8")) as T // written by this class, under a name that holds its form
    } catch {
      return undefined // not there, or cut off: made again
    }
  }

  /** Keeps a value under a path. Where that cannot be, it is made again at the next start. */
  write(path: string, value: unknown): void {
    try {
      writeWhole(path, JSON.stringify(value))
    } catch {
      rmSync(temporaryPath(path), { force: true }) // a full disk leaves half of it
    }
  }

  /** Removes former bundles of the same modules. */
  #prune(id: string, current: string): void {
    for (const name of readdirSync(this.folder)) {
      const path = join(this.folder, name)
      const stale = (name.startsWith(`${id}-`) && path !== current) || name.endsWith(".tmp")
      if (stale && Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > graceMs)
        rmSync(path, { force: true })
    }
  }

  /** Removes the folder when nothing of it is to be kept. */
  close(): void {
    if (this.#temporary) rmSync(this.folder, { recursive: true, force: true })
  }
}

function versionOf({ code }: BundledModules): string {
  return contentHash(code).slice(0, 16)
}

function temporaryPath(path: string): string {
  return `${path}.${process.pid}.tmp`
}

/** Others see the whole file or none. */
function writeWhole(path: string, text: string): void {
  const temporary = temporaryPath(path)
  writeFileSync(temporary, text)
  renameSync(temporary, path)
}

/** In the nearest `node_modules` that stands beside a package.json. */
function cacheBesideModules(base: string): string | undefined {
  for (let folder = base; ; folder = dirname(folder)) {
    const modules = join(folder, "node_modules")
    if (existsSync(modules) && existsSync(join(folder, "package.json"))) return join(modules, ".cache", "assets")
    if (folder === dirname(folder)) return undefined
  }
}

function isWritable(folder: string): boolean {
  try {
    // What lies in the state folder is its user's alone, whoever makes it first.
    mkdirSync(folder, { recursive: true, ...(folder.endsWith(join(".assets", "cache")) && { mode: 0o700 }) })
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}
