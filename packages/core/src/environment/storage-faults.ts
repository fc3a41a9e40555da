import { ConfigError } from "../errors/assets-error.ts"
import type { IOManager } from "../io/io-manager.ts"
import { keepsVersions } from "../io/keeps-versions.ts"
import { canonicalJson } from "../util/canonical-json.ts"
import { didYouMean } from "../util/nearest-name.ts"
import type { EnvironmentConfig } from "./environment.ts"
import { optionsOf } from "./environment-settings.ts"
import type { InheritedEnvironment, ResolvedEnvironment } from "./resolve-environment.ts"
import type { SettingPath } from "./shape-faults.ts"

/** Names of an IO manager and an engine that are used together. */
interface Pair {
  readonly io: string
  readonly engine: string
}

/** Engines, IO managers and what is asked of them, where they do not go together; `reused` is what it reuses. */
export function storageFaults(
  environment: InheritedEnvironment,
  reused: readonly ResolvedEnvironment[],
): ConfigError[] {
  return [
    ...routeFaults(environment),
    ...pairFaults(environment),
    ...publishFaults(environment),
    ...reused.flatMap(other => [...reuseFaults(environment, other), ...sharedFaults(environment, other)]),
  ]
}

/** The IO managers of an environment, each with its setting. */
function managersOf({ io, ios = {} }: EnvironmentConfig): { readonly setting: string; readonly io: IOManager }[] {
  const named = Object.entries(ios).map(([name, one]) => ({ setting: `ios.${name}`, io: one }))
  return io ? [{ setting: "io", io }, ...named] : named
}

/** An environment that nowhere says where its assets rest. */
export function withoutStorageFaults({ name, config }: ResolvedEnvironment): ConfigError[] {
  if (managersOf(config).length > 0) return []
  return [
    new ConfigError("CONFIG_INVALID", {
      what: `The environment '${name}' has no 'io'.`,
      why: "Neither it nor what it extends says where assets rest.",
      fix: `Add one: io: parquetIO({ root: "data" }).`,
      details: { path: ["environments", name] },
    }),
  ]
}

/** Names in `route` that stand for nothing; those that are inherited are told where they are set. */
function routeFaults({ name, config, origins }: InheritedEnvironment): ConfigError[] {
  return Object.entries(config.route ?? {}).flatMap(([selection, to]) => {
    if (origins.get(`route.${selection}`) !== name) return []
    const check = (option: "engine" | "io", known: readonly string[], plural: "engines" | "ios") => {
      const wanted = to[option]
      if (wanted === undefined || wanted === "default" || known.includes(wanted)) return []
      return [
        new ConfigError("ENVIRONMENT_UNSUPPORTED", {
          what: `'route' of '${name}' sends '${selection}' to the ${option === "io" ? "IO manager" : "engine"} '${wanted}', which there is not.`,
          why: known.length > 0 ? `Its '${plural}' has ${known.join(", ")}.` : `It has no '${plural}'.`,
          fix: didYouMean(wanted, known) ?? `Add it to '${plural}' of the environment.`,
          details: { path: ["environments", name, "route", selection, option], environment: name, name: wanted },
        }),
      ]
    }
    return [
      ...check("engine", Object.keys(config.engines ?? {}), "engines"),
      ...check("io", Object.keys(config.ios ?? {}), "ios"),
    ]
  })
}

/** What an IO manager says against the engine that it would be used with, or against its own place. */
function pairFaults(environment: InheritedEnvironment): ConfigError[] {
  const { config } = environment
  const pairs: Pair[] = [{ io: "default", engine: "default" }]
  for (const { io = "default", engine = "default" } of Object.values(config.route ?? {})) pairs.push({ io, engine })
  const told = new Set<string>()
  return pairs.flatMap(pair => {
    const fault = refusalOf(environment, pair)
    if (!fault || told.has(fault.message)) return []
    told.add(fault.message)
    return [fault]
  })
}

/** Why an IO manager and an engine of an environment, by their names, cannot be used; told where one of them is set. */
export function refusalOf({ name, config, origins }: InheritedEnvironment, pair: Pair): ConfigError | undefined {
  const setting = pair.io === "default" && config.io ? "io" : `ios.${pair.io}`
  const io = setting === "io" ? config.io : config.ios?.[pair.io]
  const engineSetting = pair.engine === "default" && config.engine ? "engine" : `engines.${pair.engine}`
  const engine = engineSetting === "engine" ? config.engine : config.engines?.[pair.engine]
  const engineName = engine?.name ?? (pair.engine === "default" ? (config.io ?? io)?.defaultEngine?.name : undefined)
  const refusal = io?.refusal?.({ engine: engineName })
  if (!io || !refusal) return undefined
  // What it refuses whichever engine there is, is its own place or options.
  const isOwn = io.refusal?.({ engine: undefined }) !== undefined
  const own = (isOwn ? [setting] : [setting, engineSetting]).find(one => origins.get(one) === name)
  if (own === undefined) return undefined
  return unsupported(pathOf(name, own), {
    what: `'${setting}' of '${name}' (${io.name}) cannot be used${engineName && !isOwn ? ` with the engine ${engineName}` : ""}.`,
    ...refusal,
  })
}

/** `publish: "run"` with storage that cannot make several versions current at once. */
function publishFaults({ name, config, origins }: InheritedEnvironment): ConfigError[] {
  if (config.publish !== "run") return []
  return managersOf(config).flatMap(({ setting, io }) => {
    const own = ["publish", setting].find(one => origins.get(one) === name)
    if (io.publish || own === undefined) return []
    return unsupported(pathOf(name, own), {
      what: `The environment '${name}' has publish: "run", and its '${setting}' (${io.name}) cannot do that.`,
      why: "It keeps no versions, so that what a run makes is current as soon as it is stored.",
      fix: `Take publish: "step", or an IO manager that keeps versions, such as parquetIO.`,
    })
  })
}

/** Storage of a reused environment that keeps no versions: what is read of it could be overwritten meanwhile. */
function reuseFaults({ name, config, origins }: InheritedEnvironment, other: ResolvedEnvironment): ConfigError[] {
  if (origins.get("reuse") !== name) return []
  return managersOf(other.config).flatMap(({ setting, io }) => {
    if (keepsVersions(io)) return []
    return unsupported(reusePath(name, config, other.name), {
      what: `The environment '${name}' reuses '${other.name}', whose '${setting}' (${io.name}) keeps no versions.`,
      why: "What is read of it in place of computing it could be overwritten while it is read.",
      fix: `Take '${other.name}' out of 'reuse', or keep its assets with an IO manager that keeps versions, such as parquetIO.`,
    })
  })
}

/** An environment that reuses another writes to itself alone. */
function sharedFaults({ name, config, origins }: InheritedEnvironment, other: ResolvedEnvironment): ConfigError[] {
  const others = managersOf(other.config)
  return managersOf(config).flatMap(({ setting, io }) => {
    const same = others.find(one => isSamePlace(one.io, other.config.vars ?? {}, io, config.vars ?? {}))
    const own = [setting, "reuse"].find(one => origins.get(one) === name)
    if (!same || own === undefined) return []
    return unsupported(own === "reuse" ? reusePath(name, config, other.name) : pathOf(name, own), {
      what: `The environment '${name}' reuses '${other.name}', and its '${setting}' writes where '${same.setting}' of '${other.name}' does.`,
      why: "An environment that reuses another reads what that has made, and writes to a place of its own.",
      fix: `Give '${setting}' of '${name}' a place of its own${setting === "io" ? ': io: parquetIO({ root: "data-branch" })' : ""}.`,
    })
  })
}

function isSamePlace(a: IOManager, aVars: Vars, b: IOManager, bVars: Vars): boolean {
  if (a === b && !a.describe) return true
  return a.name === b.name && a.describe !== undefined && placeOf(a, aVars) === placeOf(b, bVars)
}

type Vars = { readonly [name: string]: string }

/** What an IO manager says of itself, with the environment's own variables: the process's are the same for both. */
function placeOf(io: IOManager, vars: Vars): string | undefined {
  return canonicalJson(optionsOf(io)).replace(/\$\{([^}]*)\}/g, (whole, name: string) =>
    Object.hasOwn(vars, name) ? (vars[name] ?? "") : whole,
  )
}

function reusePath(name: string, { reuse = [] }: EnvironmentConfig, other: string): SettingPath {
  return ["environments", name, "reuse", reuse.indexOf(other)]
}

function pathOf(environment: string, setting: string): SettingPath {
  const dot = setting.indexOf(".")
  const steps = dot === -1 ? [setting] : [setting.slice(0, dot), setting.slice(dot + 1)]
  return ["environments", environment, ...steps]
}

function unsupported(
  path: SettingPath,
  text: { readonly what: string; readonly why: string; readonly fix: string },
): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", { ...text, details: { path: [...path] } })
}
