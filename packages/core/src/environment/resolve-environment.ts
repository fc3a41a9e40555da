import { ConfigError } from "../errors/assets-error.ts"
import { didYouMean } from "../util/nearest-name.ts"
import { hasEnvironmentShape } from "./config-shape.ts"
import type { EnvironmentConfig } from "./environment.ts"
import { inheritSettings, type OwnSettings } from "./inherit-settings.ts"
import { shapeFaults } from "./shape-faults.ts"

/** An environment's name, and its settings with those that it inherits. */
export interface ResolvedEnvironment {
  readonly name: string
  readonly config: EnvironmentConfig
}

/** One that tells which environment each setting is from: `engine` → `prod`, `pools.api` → `branch`. */
export interface InheritedEnvironment extends ResolvedEnvironment {
  readonly origins: ReadonlyMap<string, string>
}

export interface Environments {
  readonly environments: { readonly [name: string]: EnvironmentConfig }
  readonly defaultEnvironment: string | undefined
}

/**
 * Finds the environment that is asked for: by name, or a config itself; else `ASSETS_ENV`, else the project's default,
 * else its only one.
 * @throws ConfigError `ENVIRONMENT_UNKNOWN`, `CONFIG_INVALID`
 */
export function resolveEnvironment(
  project: Environments,
  asked: string | EnvironmentConfig | undefined,
): InheritedEnvironment {
  if (typeof asked === "object") {
    const [name] = Object.entries(project.environments).find(([, config]) => config === asked) ?? []
    if (name === undefined) requireSound(asked)
    return resolved(project, name ?? "in-memory", asked)
  }
  const names = Object.keys(project.environments)
  const name =
    asked ?? (process.env.ASSETS_ENV || project.defaultEnvironment || (names.length === 1 ? names[0] : undefined))
  if (name === undefined) {
    throw new ConfigError("ENVIRONMENT_UNKNOWN", {
      what: "No environment is chosen.",
      why:
        names.length === 0 ? "The project declares none." : `The project declares ${names.join(", ")} and no default.`,
      fix: "Name one with --env, or with ASSETS_ENV, or set defaultEnvironment.",
    })
  }
  return resolved(project, name, find(project, name))
}

/** One that is given in place of a name, and that no project has looked at. */
function requireSound(config: EnvironmentConfig): void {
  const [fault] = hasEnvironmentShape(config) ? [] : shapeFaults(config, ["environments", "in-memory"])
  if (fault) throw fault
}

function resolved(project: Environments, name: string, config: EnvironmentConfig): InheritedEnvironment {
  // What inherits nothing stays the object that it is: an environment in memory is known by it.
  if (config.extends === undefined) {
    return { name, config, origins: inheritSettings([{ environment: name, config }]).origins }
  }
  return { name, ...inheritSettings(lineOf(project, name, config)) }
}

function find({ environments }: Environments, name: string, wantedBy?: string): EnvironmentConfig {
  const config = Object.hasOwn(environments, name) ? environments[name] : undefined
  if (config) return config
  const names = Object.keys(environments)
  const near = didYouMean(name, names)
  throw new ConfigError("ENVIRONMENT_UNKNOWN", {
    what: `There is no environment '${name}'.`,
    why: `${wantedBy ? `'${wantedBy}' extends it, and the` : "The"} project declares ${names.join(", ") || "none"}.`,
    fix: near ?? "Correct the name, or add the environment to the config.",
    details: { environment: name, known: names },
  })
}

/** The environment with those that it inherits from, the one that inherits nothing first. */
function lineOf(
  project: Environments,
  name: string,
  config: EnvironmentConfig,
  below: readonly string[] = [],
): OwnSettings[] {
  const own = { environment: name, config }
  if (config.extends === undefined) return [own]
  if (below.includes(name)) {
    throw new ConfigError("CONFIG_INVALID", {
      what: `The environment '${name}' extends itself.`,
      why: `It does so by way of ${[...below, name].join(" → ")}.`,
      fix: "Take one 'extends' away.",
      details: { environment: name },
    })
  }
  const base = find(project, config.extends, name)
  return [...lineOf(project, config.extends, base, [...below, name]), own]
}
