import { createRequire } from "node:module"
import type * as Zod from "zod"
import { ConfigError } from "../errors/assets-error.ts"
import { didYouMean } from "../util/nearest-name.ts"
import { looksSecret, maskCredentials, maskSecrets } from "../util/secret-mask.ts"
import { type ConfigSchema, configSchema } from "./config-schema.ts"
import {
  durabilityValues,
  environmentSettings,
  isEntries,
  projectSettings,
  publishValues,
  routeSettings,
  stateSettings,
} from "./setting-rules.ts"

/** The way to a setting from the config: `["environments", "prod", "pools", "api"]`. */
export type SettingPath = readonly (string | number)[]

type Issue = Zod.core.$ZodIssue

let schema: ConfigSchema | undefined

/** What is wrong with the form of a config, or of the environment at a path, each fault with the path of its setting. */
export function shapeFaults(value: unknown, at: SettingPath = []): ConfigError[] {
  // Loaded here and not above: most starts find nothing wrong, and it takes as long as all of core.
  schema ??= configSchema(createRequire(import.meta.url)("zod") as typeof Zod)
  const { success, error } = (at.length === 0 ? schema.project : schema.environment).safeParse(value)
  if (success) return []
  return error.issues.flatMap(issue => faultsOf(issue, value, at))
}

function faultsOf(issue: Issue, value: unknown, at: SettingPath): ConfigError[] {
  const own = issue.path.map(step => (typeof step === "number" ? step : String(step)))
  const path = [...at, ...own]
  const found = own.reduce<unknown>((outer, step) => (outer as { [step: string]: unknown })?.[step], value)
  if (issue.code === "unrecognized_keys") return issue.keys.map(key => unknownSetting(path, key))
  if (issue.code === "invalid_union" && isEntries(found)) {
    // Of the two forms, by selection is the one that was meant.
    return (issue.errors.at(-1) ?? []).flatMap(inner => faultsOf(inner, found, path))
  }
  return [wrongValue(path, found, issue.message)]
}

function unknownSetting(path: SettingPath, setting: string): ConfigError {
  const known = knownAt(path)
  return new ConfigError("CONFIG_INVALID", {
    what: `${named(path)} has the setting '${setting}', which there is not.`,
    why: `What it may have: ${known.join(", ")}.`,
    fix: didYouMean(setting, known) ?? "Leave it out.",
    details: { path: [...path, setting], setting },
  })
}

function knownAt(path: SettingPath): readonly string[] {
  if (path.at(-1) === "state") return stateSettings
  if (path.length === 0) return projectSettings
  return path.length === 2 ? environmentSettings : routeSettings
}

function wrongValue(path: SettingPath, value: unknown, wanted: string): ConfigError {
  const choices: readonly string[] =
    path.at(-1) === "publish" ? publishValues : path.at(-1) === "durability" ? durabilityValues : []
  const near = typeof value === "string" ? didYouMean(value, choices) : undefined
  const called = typeof value === "function" ? "Call it: write duckdb() for duckdb." : undefined
  return new ConfigError("CONFIG_INVALID", {
    what: value === undefined ? `${named(path)} is not there.` : `${named(path)} is ${shown(value, path)}.`,
    why: `There it takes ${wanted}.`,
    fix: near ?? called ?? "Correct it in the config.",
    details: { path: [...path] },
  })
}

/** `'pools.api' of the environment 'prod'`. */
function named(path: SettingPath): string {
  const [first, environment, ...rest] = path
  if (first === "environments" && environment !== undefined) {
    return rest.length === 0 ? `The environment '${environment}'` : `'${settingName(rest)}' of '${environment}'`
  }
  return path.length === 0 ? "The config" : `'${settingName(path)}' of the config`
}

/** `reuse[0]`, `pools.api`. */
export function settingName(path: SettingPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`
    return text === "" ? step : `${text}.${step}`
  }, "")
}

/** A value as an error may show it: short, and no secret. */
function shown(value: unknown, path: SettingPath): string {
  if (typeof value === "string") {
    if (looksSecret(String(path.at(-1)))) return "a text"
    const text = maskSecrets(maskCredentials(value))
    return `'${text.length > 60 ? `${text.slice(0, 59)}…` : text}'`
  }
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value)
  if (Array.isArray(value)) return "a list"
  return typeof value === "object" ? "an object of another kind" : `a ${typeof value}`
}
