import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { ModuleImports } from "./bundle-modules.ts"
import { contentHash } from "./file-stamp.ts"
import type { ModuleCache } from "./module-cache.ts"
import { type ModuleLoader, moduleLoader } from "./module-loader.ts"

type Transform = typeof import("esbuild").transform

/** The characters of identifiers, in the order in which short names are to be given. */
const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$0123456789"

/**
 * Returns a text of a module that stays the same when comments, formatting, types or names of local variables change.
 *
 * esbuild gives short names by how often each letter stands in the module, the former names included. So what it is
 * given the second time ends with a string in which the letters' frequencies lie so far apart that no name counts.
 */
export async function canonicalText(source: string, loader: ModuleLoader, transform: Transform): Promise<string> {
  const common = { minify: true, legalComments: "none", format: "esm", target: "node20" } as const
  const { code: short } = await transform(source, { ...common, loader, jsx: "automatic" })
  const counts = new Map<string, number>()
  for (const [name] of short.matchAll(/(?<![\w$.])[A-Za-z_$][\w$]{0,2}(?![\w$])/g)) {
    for (const letter of name) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  }
  const step = Math.max(0, ...counts.values()) + 1
  const ballast = [...alphabet].map((letter, i) => letter.repeat((alphabet.length - i) * step)).join("")
  const names = { minify: false, minifyWhitespace: true, minifyIdentifiers: true } as const
  const { code } = await transform(`${short};"${ballast}"`, { ...common, ...names, loader: "js" })
  return code.replace(ballast, "")
}

/** The modules that a module is made of: itself and all that it imports, however far away. */
export function moduleClosure(file: string, imports: { readonly [file: string]: ModuleImports }): string[] {
  const found = new Set([file])
  for (const module of found) for (const imported of imports[module]?.modules ?? []) found.add(imported)
  return [...found]
}

/**
 * Hashes what a module computes with: the canonical text of it and of every module of the project that it imports, and
 * the versions of the packages that these import. Names and places of files are not in it, their order is.
 */
export class CodeVersions {
  readonly #imports: { readonly [file: string]: ModuleImports }
  readonly #cache: ModuleCache
  readonly #versions = new Map<string, Promise<string>>()
  readonly #texts = new Map<string, Promise<string>>()
  #kept: { [content: string]: string } | undefined

  constructor(imports: { readonly [file: string]: ModuleImports }, cache: ModuleCache) {
    this.#imports = imports
    this.#cache = cache
  }

  of(file: string): Promise<string> {
    const known = this.#versions.get(file)
    if (known) return known
    const made = this.#make(file)
    this.#versions.set(file, made)
    return made
  }

  async #make(file: string): Promise<string> {
    const closure = moduleClosure(file, this.#imports)
    const texts = await Promise.all(closure.map(module => this.#textHash(module)))
    const packages = new Set(closure.flatMap(module => this.#imports[module]?.packages ?? []))
    return contentHash(JSON.stringify([texts, [...packages].sort()]))
  }

  #textHash(file: string): Promise<string> {
    const known = this.#texts.get(file)
    if (known) return known
    const made = this.#makeTextHash(file)
    this.#texts.set(file, made)
    return made
  }

  async #makeTextHash(file: string): Promise<string> {
    const source = readFileSync(file, "utf8")
    const loader = moduleLoader(file)
    if (!loader) return contentHash(source)
    const key = contentHash(`${loader}\0${source}`)
    this.#kept ??= this.#cache.read<{ [content: string]: string }>(this.#keptPath) ?? {}
    const former = this.#kept[key]
    if (former) return former
    const { transform } = await import("esbuild")
    const hash = contentHash(await canonicalText(source, loader, transform))
    this.#kept[key] = hash
    this.#cache.write(this.#keptPath, this.#kept)
    return hash
  }

  get #keptPath(): string {
    return join(this.#cache.folder, "canonical-texts-1.json")
  }
}
