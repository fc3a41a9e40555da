import type { EnvironmentConfig } from "./environment.ts"
import { isEntries } from "./setting-rules.ts"

/** The settings of one environment of a line of `extends`. */
export interface OwnSettings {
  readonly environment: string
  readonly config: EnvironmentConfig
}

/** Settings with those that were inherited, and which environment each one is from. */
export interface InheritedSettings {
  readonly config: EnvironmentConfig
  /** `engine`, or `pools.api` of a setting that is inherited by name → the environment that sets it. */
  readonly origins: ReadonlyMap<string, string>
}

/** Settings that hold things by name or by selection: these are inherited one by one. All others are replaced whole. */
const mergedSettings = new Set(["engines", "ios", "pools", "vars", "route", "sources"])

/**
 * Puts the settings of a line of environments together, the one that inherits nothing first. What comes later wins.
 * Of `route` and `sources` by selection the own entries come last, as of several that match the last one counts.
 */
export function inheritSettings(line: readonly OwnSettings[]): InheritedSettings {
  const settings: { [name: string]: unknown } = {}
  const origins = new Map<string, string>()
  for (const { environment, config } of line) {
    for (const [name, value] of Object.entries(config)) {
      if (name === "extends" || value === undefined) continue
      const former = settings[name]
      if (name === "resources") settings[name] = mergeResources(former as never, value as never)
      else if (mergedSettings.has(name) && isEntries(former) && isEntries(value)) {
        settings[name] = mergeEntries(former, value)
      } else {
        for (const path of origins.keys()) if (path.startsWith(`${name}.`)) origins.delete(path)
        settings[name] = value
      }
      for (const path of pathsOf(name, value)) origins.set(path, environment)
    }
  }
  return { config: settings as EnvironmentConfig, origins } // each under the name that it had in a config
}

type Entries = { readonly [name: string]: unknown }

function mergeEntries(former: Entries, own: Entries): Entries {
  const kept = Object.entries(former).filter(([name]) => !Object.hasOwn(own, name))
  return Object.fromEntries([...kept, ...Object.entries(own)])
}

type Resources = NonNullable<EnvironmentConfig["resources"]>

function mergeResources(former: Resources = [], own: Resources): Resources {
  const names = new Set(own.map(({ name }) => name))
  return [...former.filter(({ name }) => !names.has(name)), ...own]
}

function pathsOf(setting: string, value: unknown): string[] {
  if (setting === "resources") return (value as Resources).map(({ name }) => `resources.${name}`)
  if (!mergedSettings.has(setting) || !isEntries(value)) return [setting]
  return Object.keys(value).map(name => `${setting}.${name}`)
}
