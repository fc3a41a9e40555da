import { ConfigError } from "../errors/assets-error.ts"
import { didYouMean } from "../util/nearest-name.ts"
import { TimeZone } from "../util/time-zone.ts"
import type { EnvironmentConfig } from "./environment.ts"

type Environments = { readonly [name: string]: EnvironmentConfig }

/** Faults of the environments that can be known without opening any. */
export function environmentFaults(environments: Environments, defaultEnvironment: string | undefined): ConfigError[] {
  const faults: ConfigError[] = []
  if (defaultEnvironment !== undefined) {
    faults.push(...unknownFaults("'defaultEnvironment'", [defaultEnvironment], environments))
  }
  for (const [name, config] of Object.entries(environments)) {
    if (typeof config !== "object" || config === null || Array.isArray(config)) {
      faults.push(invalid(name, "settings that are no object", 'an object: { io: parquetIO({ root: "data" }) }'))
      continue
    }
    faults.push(...cycleFaults(name, environments), ...partFaults(name, config))
    if (config.extends !== undefined) {
      faults.push(...unknownFaults(`'extends' of '${name}'`, [config.extends], environments))
    }
    faults.push(...unknownFaults(`'reuse' of '${name}'`, config.reuse ?? [], environments))
    faults.push(...optionFaults(name, config))
    faults.push(...poolFaults(name, config), ...zoneFaults(name, config), ...resourceFaults(name, config))
  }
  return faults
}

function unknownFaults(where: string, named: readonly string[], environments: Environments): ConfigError[] {
  const known = Object.keys(environments)
  return named
    .filter(name => !known.includes(name))
    .map(
      name =>
        new ConfigError("ENVIRONMENT_UNKNOWN", {
          what: `There is no environment '${name}', which ${where} names.`,
          why: `The project declares ${known.join(", ") || "none"}.`,
          fix: didYouMean(name, known) ?? "Correct the name, or add the environment to the config.",
          details: { environment: name, known },
        }),
    )
}

/** An environment that inherits from itself, told once: at the first name of the circle. */
function cycleFaults(name: string, environments: Environments): ConfigError[] {
  const way = [name]
  for (let at = environments[name]?.extends; at !== undefined; at = environments[at]?.extends) {
    if (way.includes(at)) {
      const isFirst = at === name && way.every(other => other >= name)
      return isFirst
        ? [invalid(name, `an 'extends' that comes back to it: ${[...way, at].join(" → ")}`, "another environment")]
        : []
    }
    way.push(at)
    if (!Object.hasOwn(environments, at)) return []
  }
  return []
}

/** Engines and IO managers that are none: a factory that was not called, a module in the place of what it exports. */
function partFaults(name: string, { engine, io, engines = {}, ios = {} }: EnvironmentConfig): ConfigError[] {
  const faults: ConfigError[] = []
  for (const [at, one] of Object.entries({ engine, ...prefixed("engines", engines) })) {
    if (one !== undefined && typeof one?.open !== "function")
      faults.push(invalid(name, `an '${at}' that is no engine`, "what duckdb() returns"))
  }
  for (const [at, one] of Object.entries({ io, ...prefixed("ios", ios) })) {
    const sound = typeof one?.current === "function" && typeof one.handleOutput === "function"
    if (one !== undefined && !sound)
      faults.push(invalid(name, `an '${at}' that is no IO manager`, "what parquetIO({...}) returns"))
  }
  return faults
}

function prefixed<T>(prefix: string, named: { readonly [name: string]: T }): { readonly [name: string]: T } {
  return Object.fromEntries(Object.entries(named).map(([name, one]) => [`${prefix}.${name}`, one]))
}

const options = [
  ...["extends", "engine", "io", "engines", "ios", "route", "sources", "pools", "vars", "resources", "timeZone"],
  ...["reuse", "hashLimitMB", "state", "durability"],
]

/** Settings that there are not, which would otherwise do nothing in silence, and values of no use. */
function optionFaults(name: string, config: EnvironmentConfig): ConfigError[] {
  const faults: ConfigError[] = []
  for (const option of Object.keys(config)) {
    if (options.includes(option)) continue
    faults.push(
      new ConfigError("CONFIG_INVALID", {
        what: `The environment '${name}' has the setting '${option}', which there is not.`,
        why: `What an environment may have: ${options.join(", ")}.`,
        fix: didYouMean(option, options) ?? "Leave it out.",
        details: { environment: name, setting: option },
      }),
    )
  }
  const { hashLimitMB, durability, state } = config
  if (hashLimitMB !== undefined && !(Number.isFinite(hashLimitMB) && hashLimitMB >= 0)) {
    faults.push(invalid(name, `the hashLimitMB ${hashLimitMB}`, "a number of megabytes from 0 on"))
  }
  if (durability !== undefined && durability !== "process" && durability !== "power") {
    faults.push(invalid(name, `the durability '${durability}'`, "'process' or 'power'"))
  }
  if (state !== undefined && (typeof state?.path !== "string" || state.path === "")) {
    faults.push(invalid(name, "a 'state' without a path", 'a folder: state: { path: ".assets" }'))
  }
  return faults
}

function poolFaults(name: string, { pools = {} }: EnvironmentConfig): ConfigError[] {
  return Object.entries(pools)
    .filter(([, limit]) => !(Number.isInteger(limit) && limit >= 1))
    .map(([pool, limit]) => invalid(name, `the pool '${pool}' with the limit ${limit}`, "a whole number from 1 on"))
}

function zoneFaults(name: string, { timeZone }: EnvironmentConfig): ConfigError[] {
  if (timeZone === undefined) return []
  try {
    TimeZone.of(timeZone)
    return []
  } catch {
    return [invalid(name, `the timeZone '${timeZone}'`, "an IANA name such as 'Europe/Berlin'")]
  }
}

function resourceFaults(name: string, { resources = [] }: EnvironmentConfig): ConfigError[] {
  const seen = new Set<string>()
  const twice = resources.filter(({ name: own }) => seen.has(own) || !seen.add(own))
  return twice.map(one => invalid(name, `two resources named '${one.name}'`, "one of each name"))
}

function invalid(environment: string, what: string, wanted: string): ConfigError {
  return new ConfigError("CONFIG_INVALID", {
    what: `The environment '${environment}' has ${what}.`,
    why: `There it takes ${wanted}.`,
    fix: "Correct it in the config.",
    details: { environment },
  })
}
