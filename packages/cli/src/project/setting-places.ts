import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import type { SourceLocation } from "@assets/core"
import { bundleModules } from "./bundle-modules.ts"
import { LiteralRecorder, recordLiterals } from "./record-literals.ts"

/** The way to a setting from the config: `["environments", "prod", "pools", "api"]`. */
export type SettingPath = readonly (string | number)[]

/**
 * Finds where the settings of a config were written, also when helper functions and other files have put it together:
 * the config runs once more, rewritten so that each literal remembers its place.
 * A place is undefined where it cannot be known: of what no literal of the project holds.
 *
 * @param folder where the rewritten config is put for the time of its run
 */
export async function settingPlaces(
  base: string,
  config: string,
  folder: string,
): Promise<(path: SettingPath) => SourceLocation | undefined> {
  const outfile = join(folder, `places-${process.pid}.mjs`)
  const recorder = new LiteralRecorder()
  recorder.install()
  try {
    const { parse } = await import("acorn")
    const { code } = await bundleModules(base, [config], outfile, (...module) => recordLiterals(parse, ...module))
    writeFileSync(outfile, code)
    const exports: { readonly m0?: { readonly default?: unknown } } = await import(pathToFileURL(outfile).href)
    return path => placeOf(recorder, exports.m0?.default, path)
  } catch {
    return () => undefined // the faults are told all the same, with the config's name
  } finally {
    rmSync(outfile, { force: true })
  }
}

function placeOf(recorder: LiteralRecorder, config: unknown, path: SettingPath): SourceLocation | undefined {
  try {
    return recorder.placeOf(config, path)
  } catch {
    return undefined // a getter on the way threw
  }
}
