import { type AssetsError, ConfigError } from "../errors/assets-error.ts"
import type { EnvironmentConfig } from "./environment.ts"
import type { Routed } from "./open-environment.ts"
import { type InheritedEnvironment, resolveEnvironment } from "./resolve-environment.ts"
import type { SettingPath } from "./shape-faults.ts"
import { refusalOf } from "./storage-faults.ts"

interface RoutedProject {
  readonly environments: { readonly [name: string]: EnvironmentConfig }
  readonly assets: Iterable<Routed>
  /** Gives the keys that a selection means. */
  select(selection: string): readonly string[]
}

/** Faults of where assets would be computed and rest, once the assets are known. The environments are sound. */
export function routingFaults(project: RoutedProject): AssetsError[] {
  const assets = [...project.assets]
  return Object.keys(project.environments).flatMap(name => {
    const environment = resolveEnvironment({ ...project, defaultEnvironment: undefined }, name)
    const routes = new Map<string, { readonly engine?: string; readonly io?: string }>()
    const faults = [
      ...selectionFaults(project, environment, "route", (key, to) => routes.set(key, to)),
      ...selectionFaults(project, environment, "sources", () => {}),
    ]
    return faults.length > 0 ? faults : namedPairFaults(environment, assets, routes)
  })
}

/** Selections of a setting that cannot be read, or name what there is not; inherited ones are told where they are set. */
function selectionFaults<S extends "route" | "sources">(
  project: RoutedProject,
  { name, config, origins }: InheritedEnvironment,
  setting: S,
  found: (key: string, value: NonNullable<EnvironmentConfig["route"]>[string]) => void,
): AssetsError[] {
  const entries = config[setting]
  if (typeof entries !== "object") return []
  return Object.entries(entries).flatMap(([selection, value]) => {
    try {
      for (const key of project.select(selection)) found(key, value)
      return []
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      if (origins.get(`${setting}.${selection}`) !== name) return []
      return [selectionFault(["environments", name, setting, selection], error)]
    }
  })
}

function selectionFault(path: SettingPath, error: ConfigError): ConfigError {
  const [, environment, setting] = path
  return new ConfigError("CONFIG_INVALID", {
    what: `'${setting}' of '${environment}' has a selection that names nothing. ${error.message}`,
    why: error.why,
    fix: error.fix,
    details: { path: [...path], reason: error.code },
    cause: error,
  })
}

/** Pairs that come about by the names which assets themselves give. */
function namedPairFaults(
  environment: InheritedEnvironment,
  assets: readonly Routed[],
  routes: ReadonlyMap<string, { readonly engine?: string; readonly io?: string }>,
): AssetsError[] {
  const told = new Set<string>()
  return assets.flatMap(({ key, options }) => {
    if (options.io === undefined && options.engine === undefined) return []
    const route = routes.get(key)
    const io = route?.io ?? options.io ?? "default"
    const engine = route?.engine ?? options.engine ?? "default"
    const fault = refusalOf(environment, { io, engine })
    if (!fault || told.has(fault.message)) return []
    told.add(fault.message)
    return [fault]
  })
}
