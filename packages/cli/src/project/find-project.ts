import { existsSync, realpathSync, statSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { ConfigError } from "@assets/core"

const extensions = ["ts", "mts", "js", "mjs"] as const
const moduleExtension = /\.[cm]?[jt]s$/

/** Where a project lies. */
export interface ProjectLocation {
  /** The folder of the config, or of the assets where there is none. */
  readonly base: string
  /** Undefined: the default project, without a config. */
  readonly config: string | undefined
  /** The globs of a project without a config. */
  readonly globs: readonly string[]
}

/**
 * Finds the config: the one named, else the nearest from `cwd` upward. Without any, `assets.ts` or a folder `assets`
 * in `cwd` is a project by itself.
 *
 * @throws ConfigError `PROJECT_NOT_FOUND`
 */
export function findProject(folder: string, config: string | undefined): ProjectLocation {
  // Stacks, source maps and the bundler name files by their real paths.
  const cwd = existsSync(folder) ? realpathSync(folder) : folder
  if (config !== undefined) return namedProject(cwd, config)
  for (let folder = cwd; ; folder = dirname(folder)) {
    const found = configIn(folder)
    if (found) return { base: folder, config: found, globs: [] }
    if (folder === dirname(folder)) break
  }
  const globs = extensions
    .filter(extension => existsSync(join(cwd, `assets.${extension}`)))
    .map(extension => `assets.${extension}`)
  if (isFolder(join(cwd, "assets"))) globs.push("assets/**/*.{ts,mts,js,mjs}")
  if (globs.length > 0) return { base: cwd, config: undefined, globs }
  throw new ConfigError("PROJECT_NOT_FOUND", {
    what: `There is no project in ${cwd}.`,
    why: "Neither this folder nor one above it has an assets.config.ts, and this one has no assets.ts and no folder assets.",
    fix: "Go to a project, name its config with --config PATH, or make a project here: assets init",
    details: { folder: cwd },
  })
}

function namedProject(cwd: string, config: string): ProjectLocation {
  const path = resolve(cwd, config)
  const file = isFolder(path) ? configIn(path) : path
  if (file && existsSync(file) && moduleExtension.test(file)) {
    // A config may itself be a link into another project: relative paths are those of the folder that it is in here.
    const base = realpathSync(dirname(file))
    return { base, config: join(base, basename(file)), globs: [] }
  }
  throw new ConfigError("PROJECT_NOT_FOUND", {
    what: `There is no config at ${path}.`,
    why: whyNoConfig(file),
    fix: "Pass --config the path of an assets.config.ts.",
    details: { path },
  })
}

function whyNoConfig(file: string | undefined): string {
  if (!file) return "The folder has no assets.config.ts."
  return existsSync(file)
    ? "A config is a module: .ts, .mts, .js or .mjs."
    : "The path given with --config does not exist."
}

function configIn(folder: string): string | undefined {
  return extensions.map(extension => join(folder, `assets.config.${extension}`)).find(file => existsSync(file))
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
