import { AssetsError, ConfigError } from "../errors/assets-error.ts"
import { didYouMean } from "../util/nearest-name.ts"
import { hasConfigShape, hasEnvironmentShape } from "./config-shape.ts"
import type { EnvironmentConfig, ProjectConfig } from "./environment.ts"
import { inheritSettings, type OwnSettings } from "./inherit-settings.ts"
import { isEntries, isName } from "./setting-rules.ts"
import { type SettingPath, settingName, shapeFaults } from "./shape-faults.ts"
import { storageFaults, withoutStorageFaults } from "./storage-faults.ts"

type Environments = { readonly [name: string]: EnvironmentConfig }

/**
 * What is wrong with the form of a config, with everything else that is wrong then; of one of the right form the
 * environments without storage. What else is wrong with that, `definitions` says. Each fault has the path of its setting in `details.path`.
 */
export function configFaults(config: unknown): readonly ConfigError[] {
  try {
    return faultsOfConfig(config)
  } catch (error) {
    if (error instanceof AssetsError) throw error
    return [
      new ConfigError("CONFIG_INVALID", {
        what: `The config cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        why: "One of its properties is computed when it is read, and threw.",
        fix: "Put values in the place of getters, or let them not throw.",
        details: { path: [] },
        cause: error,
      }),
    ]
  }
}

function faultsOfConfig(config: unknown): readonly ConfigError[] {
  if (hasConfigShape(config)) return emptyFaults((config as ProjectConfig).environments) // its form was looked at
  const { environments, defaultEnvironment } = isEntries(config) ? config : {}
  const all = isEntries(environments) ? environments : {}
  return [
    ...shapeFaults(config),
    ...defaultFaults(defaultEnvironment, Object.keys(all)),
    ...settingFaults(all),
    ...emptyFaults(soundOnes(all)),
  ]
}

/** Faults of the environments that can be known without opening any. */
export function environmentFaults(environments: Environments, defaultEnvironment: string | undefined): ConfigError[] {
  const known = Object.keys(environments)
  const sound = soundOnes(environments)
  return [
    ...defaultFaults(defaultEnvironment, known),
    ...known.flatMap(name => (name in sound ? [] : shapeFaults(environments[name], ["environments", name]))),
    ...settingFaults(environments),
  ]
}

/**
 * Environments without storage, but for those that others extend. In code they are refused when they are used: a project
 * whose environments only have names is enough to look at.
 */
function emptyFaults(environments: Environments): ConfigError[] {
  const extended = new Set(Object.values(environments).map(config => config.extends))
  return Object.keys(environments).flatMap(name => {
    const line = extended.has(name) ? undefined : lineOf(name, environments)
    return line ? withoutStorageFaults({ name, config: inheritSettings(line).config }) : []
  })
}

function defaultFaults(name: unknown, known: readonly string[]): ConfigError[] {
  return isName(name) ? unknownFaults(["defaultEnvironment"], [name], known) : []
}

function soundOnes(environments: { readonly [name: string]: unknown }): Environments {
  const sound = Object.entries(environments).filter(([, config]) => hasEnvironmentShape(config))
  return Object.fromEntries(sound) as Environments // their form was looked at
}

/** What is wrong with settings that are of the right form; of what is not, the names of environments are looked at. */
function settingFaults(environments: { readonly [name: string]: unknown }): ConfigError[] {
  const known = Object.keys(environments)
  const sound = soundOnes(environments)
  return known.flatMap(name => {
    const config = sound[name]
    const references = referenceFaults(name, environments[name], known)
    if (!config) return references
    const own = [...references, ...cycleFaults(name, sound), ...resourceFaults(name, config)]
    const line = lineOf(name, sound)
    if (!line) return own // what it inherits cannot be known: that is a fault already
    const inherited = { name, ...inheritSettings(line) }
    const reused = (inherited.config.reuse ?? []).flatMap(other => {
      const otherLine = other === name ? undefined : lineOf(other, sound)
      return otherLine ? [{ name: other, config: inheritSettings(otherLine).config }] : []
    })
    return [...own, ...storageFaults(inherited, reused)]
  })
}

function referenceFaults(name: string, config: unknown, known: readonly string[]): ConfigError[] {
  if (!isEntries(config)) return []
  const { extends: base, reuse } = config
  const others = Array.isArray(reuse) ? reuse : []
  return [
    ...(isName(base) ? unknownFaults(["environments", name, "extends"], [base], known) : []),
    ...others.flatMap((other, i) => (isName(other) ? reuseFaults(name, other, i, known) : [])),
  ]
}

/** The environment with those that it inherits from; undefined where one is unknown, of a wrong form, or itself again. */
function lineOf(name: string, environments: Environments): OwnSettings[] | undefined {
  const line: OwnSettings[] = []
  for (let at: string | undefined = name; at !== undefined; ) {
    const config: EnvironmentConfig | undefined = Object.hasOwn(environments, at) ? environments[at] : undefined
    if (!config || line.some(({ environment }) => environment === at)) return undefined
    line.unshift({ environment: at, config })
    at = config.extends
  }
  return line
}

function unknownFaults(path: SettingPath, named: readonly string[], known: readonly string[]): ConfigError[] {
  const [, environment, ...rest] = path
  const where = environment === undefined ? `'${settingName(path)}'` : `'${settingName(rest)}' of '${environment}'`
  return named
    .filter(name => !known.includes(name))
    .map(
      name =>
        new ConfigError("ENVIRONMENT_UNKNOWN", {
          what: `There is no environment '${name}', which ${where} names.`,
          why: `The project declares ${known.join(", ") || "none"}.`,
          fix: didYouMean(name, known) ?? "Correct the name, or add the environment to the config.",
          details: { path: [...path], environment: name, known: [...known] },
        }),
    )
}

function reuseFaults(name: string, other: string, index: number, known: readonly string[]): ConfigError[] {
  const path = ["environments", name, "reuse", index]
  if (other !== name) return unknownFaults(path, [other], known)
  return [invalid(path, `The environment '${name}' reuses itself.`, "'reuse' takes other environments.")]
}

/** An environment that inherits from itself, told once: at the first name of the circle. */
function cycleFaults(name: string, environments: Environments): ConfigError[] {
  const way = [name]
  for (let at = environments[name]?.extends; at !== undefined; at = environments[at]?.extends) {
    if (way.includes(at)) {
      const isFirst = at === name && way.every(other => other >= name)
      const text = `The environment '${name}' has an 'extends' that comes back to it: ${[...way, at].join(" → ")}.`
      return isFirst ? [invalid(["environments", name, "extends"], text, "There it takes another environment.")] : []
    }
    way.push(at)
    if (!Object.hasOwn(environments, at)) return []
  }
  return []
}

function resourceFaults(environment: string, { resources = [] }: EnvironmentConfig): ConfigError[] {
  const seen = new Set<string>()
  return resources.flatMap(({ name }, i) => {
    if (!seen.has(name)) {
      seen.add(name)
      return []
    }
    const path = ["environments", environment, "resources", i]
    return [
      invalid(
        path,
        `The environment '${environment}' has two resources named '${name}'.`,
        "Functions ask for a resource by its name.",
      ),
    ]
  })
}

function invalid(path: SettingPath, what: string, why: string): ConfigError {
  return new ConfigError("CONFIG_INVALID", {
    what,
    why,
    fix: "Correct it in the config.",
    details: { path: [...path] },
  })
}
