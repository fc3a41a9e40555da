import type { Json } from "../util/json.ts"
import { looksSecret, maskCredentials, maskSecrets } from "../util/secret-mask.ts"
import { flatSettings } from "./environment-settings.ts"
import { type Environments, type InheritedEnvironment, resolveEnvironment } from "./resolve-environment.ts"

/** A setting of an environment as people may see it: with its `${NAME}`s, and without secrets. */
export interface EnvironmentSetting {
  /** `io.root`, `pools.api`. */
  readonly setting: string
  readonly value: Json
  /** The environment that sets it; null for a default. */
  readonly from: string | null
}

/** An environment as people may see it. */
export interface EnvironmentDescription {
  readonly name: string
  /** Whether it is the one that is used where none is named. */
  readonly isDefault: boolean
  readonly extends: string | null
  /** With those that it inherits, and the defaults of what is not set. */
  readonly settings: readonly EnvironmentSetting[]
  /** The variables that its texts need and that have no value now. */
  readonly missingVariables: readonly string[]
}

interface DescribedProject extends Environments {
  readonly state: { readonly path: string } | undefined
}

/**
 * Returns the settings of an environment, inherited ones too, each with where it is from. Expands no variable, opens
 * nothing, and shows no secret: of texts and options whose names or forms look like one, `***` is left.
 *
 * @param name default: `ASSETS_ENV`, then the project's
 * @throws ConfigError `ENVIRONMENT_UNKNOWN`
 */
export function describeEnvironment(project: DescribedProject, name?: string): EnvironmentDescription {
  const environment = resolveEnvironment(project, name)
  const flat = flatSettings(environment.config)
  const set = [...flat].map(([setting, value]) => ({
    setting,
    value: withoutSecrets(setting, value),
    from: originOf(setting, environment),
  }))
  const defaults = defaultsOf(environment, project)
    .filter(([setting]) => !flat.has(setting) && !(setting === "engine" && flat.has("engines.default")))
    .filter(([setting]) => setting !== "sources" || environment.config.sources === undefined)
    .map(([setting, value]) => ({ setting, value, from: null }))
  const names = Object.keys(project.environments)
  return {
    name: environment.name,
    isDefault: environment.name === (project.defaultEnvironment ?? (names.length === 1 ? names[0] : undefined)),
    extends: project.environments[environment.name]?.extends ?? null,
    settings: [...set, ...defaults].sort((a, b) => rank(a.setting) - rank(b.setting)),
    missingVariables: missingVariables([...flat.values()], environment),
  }
}

/** A setting that two environments have differently; null where one has it not. */
export interface EnvironmentDifference {
  readonly setting: string
  readonly a: Json
  readonly b: Json
}

/**
 * Returns the settings in which two environments differ, as people may see them. What differs in a secret alone is told
 * by name, both values `***`.
 * @throws ConfigError `ENVIRONMENT_UNKNOWN`
 */
export function diffEnvironments(project: DescribedProject, a: string, b: string): EnvironmentDifference[] {
  const [one, other] = [a, b].map(name => {
    const raw = flatSettings(resolveEnvironment(project, name).config)
    const shown = new Map(describeEnvironment(project, name).settings.map(({ setting, value }) => [setting, value]))
    return { raw, shown }
  })
  if (!one || !other) return []
  const names = new Set([...one.shown.keys(), ...other.shown.keys()])
  const differs = (setting: string) => {
    const [x, y] = [one, other].map(({ raw, shown }) => JSON.stringify(raw.get(setting) ?? shown.get(setting) ?? null))
    return x !== y
  }
  return [...names]
    .filter(differs)
    .sort((x, y) => rank(x) - rank(y))
    .map(setting => ({ setting, a: one.shown.get(setting) ?? null, b: other.shown.get(setting) ?? null }))
}

function originOf(setting: string, { origins }: InheritedEnvironment): string | null {
  for (let path = setting; path !== ""; path = path.slice(0, Math.max(0, path.lastIndexOf(".")))) {
    const from = origins.get(path)
    if (from !== undefined) return from
  }
  return null
}

function defaultsOf({ config }: InheritedEnvironment, { state }: DescribedProject): (readonly [string, Json])[] {
  const engine = config.io?.defaultEngine?.name
  return [
    ...(engine ? [["engine", engine] as const] : []),
    ["sources", "."],
    ["state.path", state?.path ?? ".assets"],
    ["timeZone", "UTC"],
    ["publish", "step"],
    ["durability", "process"],
  ]
}

const order = ["engine", "io", "engines", "ios", "route", "reuse", "sources", "state", "pools", "vars", "resources"]

function rank(setting: string): number {
  const at = order.indexOf(setting.split(".")[0] ?? "")
  return at === -1 ? order.length : at
}

/** Settings below which names are not options: a pool named `key` is no secret. */
const namedByPeople = /^(route|sources|pools|resources)\./

function withoutSecrets(setting: string, value: Json): Json {
  const isHidden = !namedByPeople.test(setting) && looksSecret(setting.slice(setting.lastIndexOf(".") + 1))
  if (typeof value === "string") {
    if (isHidden && value.replace(/\$\{[^}]*\}/g, "") !== "") return "***"
    return maskSecrets(maskCredentials(value))
  }
  if (typeof value !== "object" || value === null) return isHidden ? "***" : value
  if (Array.isArray(value)) return isHidden ? "***" : value.map(one => withoutSecrets(setting, one))
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, isHidden ? "***" : withoutSecrets(`.${name}`, one)]),
  )
}

function missingVariables(values: readonly Json[], { config }: InheritedEnvironment): string[] {
  const named = JSON.stringify(values).matchAll(/\$\{([^}]*)\}/g)
  const missing = [...named].flatMap(([, name = ""]) => {
    return Object.hasOwn(config.vars ?? {}, name) || process.env[name] ? [] : [name]
  })
  return [...new Set(missing)].sort()
}
