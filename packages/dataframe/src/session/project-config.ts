import { randomUUID } from "node:crypto"
import { existsSync } from "node:fs"
import { rm, writeFile } from "node:fs/promises"
import { dirname, extname, join } from "node:path"
import { pathToFileURL } from "node:url"

const names = ["ts", "mts", "js", "mjs"].map(extension => `assets.config.${extension}`)

/** The config of the project in `folder`, or in the nearest folder above it that has one; as the `assets` command does. */
export function findConfig(folder: string): string | undefined {
  const found = names.map(name => join(folder, name)).find(file => existsSync(file))
  if (found || folder === dirname(folder)) return found
  return findConfig(dirname(folder))
}

/** What a config exports by default. */
export async function importConfig(file: string): Promise<unknown> {
  const module: { readonly default?: unknown } = /^\.m?ts$/.test(extname(file))
    ? await importTypeScript(file)
    : await import(pathToFileURL(file).href)
  return module.default
}

/**
 * Node 20 reads no TypeScript by itself: where esbuild is installed, as it is beside the `assets` command, it makes a
 * module of the config and its relative imports. Elsewhere whatever runs the script reads the config, too.
 */
async function importTypeScript(file: string): Promise<{ readonly default?: unknown }> {
  const esbuild = await import("esbuild").catch(() => undefined)
  if (!esbuild) return import(pathToFileURL(file).href)
  const { outputFiles } = await esbuild.build({
    entryPoints: [file],
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap: "inline",
    write: false,
    logLevel: "silent",
  })
  // In the same folder: packages, and files beside the config, are found from there.
  const built = join(dirname(file), `.assets.config.${randomUUID()}.mjs`)
  try {
    await writeFile(built, outputFiles[0]?.contents ?? "")
    return await import(pathToFileURL(built).href)
  } finally {
    await rm(built, { force: true })
  }
}
