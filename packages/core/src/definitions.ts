import { resolve } from "node:path"
import type { Asset } from "./asset/asset.ts"
import { AssetGraph } from "./asset/asset-graph.ts"
import { resolveSelection, type SelectionContext, type SelectionScope } from "./asset/asset-selection.ts"
import type { Source } from "./asset/source.ts"
import { collectDeclarations } from "./collect-declarations.ts"
import { definitionFaults, throwFaults, upstreamKeys } from "./definition-faults.ts"
import type { EnvironmentConfig } from "./environment/environment.ts"
import { environmentFaults } from "./environment/environment-faults.ts"
import { routingFaults } from "./environment/routing-faults.ts"
import { AssetsError } from "./errors/assets-error.ts"
import type { Schedule } from "./schedule/schedule.ts"
import { scheduleFault } from "./schedule/schedule-faults.ts"
import type { Sensor } from "./schedule/sensor.ts"

/** Something declared, or arrays and objects of it: what a module exports. */
export type Declarations =
  | Asset
  | Source
  | Schedule
  | Sensor
  | readonly Declarations[]
  | { readonly [name: string]: Declarations }

export interface DefinitionsOptions {
  /** Assets and sources, in arrays and objects as deep as they come: `import * as assets` is one. Each counts once. */
  readonly assets: Declarations
  readonly schedules?: Declarations
  readonly sensors?: Declarations
  readonly environments?: { readonly [name: string]: EnvironmentConfig }
  readonly defaultEnvironment?: string
  /** Folder of the event log, relative to `base`. Default `.assets`. */
  readonly state?: { readonly path: string }
  /** Folder of the project, against which relative paths resolve. Default: the working directory. */
  readonly base?: string
  /** Code version of a `compute` that declares none: what the loader of modules knows. */
  readonly codeVersions?: (asset: Asset) => string | undefined
}

/** A project: its assets and sources, held together and without fault. Frozen. */
export interface Definitions {
  readonly assets: ReadonlyMap<string, Asset>
  readonly sources: ReadonlyMap<string, Source>
  readonly schedules: ReadonlyMap<string, Schedule>
  readonly sensors: ReadonlyMap<string, Sensor>
  /** Assets and sources by key, with what each depends on. */
  readonly graph: AssetGraph
  readonly environments: { readonly [name: string]: EnvironmentConfig }
  readonly defaultEnvironment: string | undefined
  readonly state: { readonly path: string } | undefined
  /** Absolute. */
  readonly base: string
  readonly codeVersions: ((asset: Asset) => string | undefined) | undefined
  /**
   * Returns the keys that a selection matches, sorted; several texts are a union.
   * @throws ConfigError `SELECTION_SYNTAX`, `SELECTION_UNKNOWN_ASSET`, `SELECTION_UNKNOWN_VALUE`
   */
  select(text: string | readonly string[], context?: SelectionContext): string[]
}

/**
 * Holds a project's declarations together and checks them against each other.
 *
 * @throws DefinitionError the one fault that there is, or `DEFINITIONS_INVALID` with all of them in `faults`, each with
 * its file and line
 */
export function definitions(options: DefinitionsOptions): Definitions {
  const base = resolve(options.base ?? ".")
  const declared = collectDeclarations(options.assets, options.schedules, options.sensors)
  const upstream = upstreamKeys(declared)
  const environments = Object.freeze({ ...options.environments })
  const faults = [
    ...definitionFaults(declared, upstream, base),
    ...environmentFaults(environments, options.defaultEnvironment),
  ]
  throwFaults(faults, base)
  const assets = new Map(declared.assets.map(asset => [asset.key, asset]))
  const sources = new Map(declared.sources.map(source => [source.key, source]))
  const graph = new AssetGraph(upstream)
  const scope = { assets, sources, graph, environments: Object.keys(environments), base }
  const select = (text: string) => resolveSelection(text, scope)
  const routing = routingFaults({ environments, assets: declared.assets, select })
  throwFaults([...selectionFaults(declared.schedules, scope), ...routing], base)
  return Object.freeze<Definitions>({
    assets,
    sources,
    schedules: new Map(declared.schedules.map(schedule => [schedule.name, schedule])),
    sensors: new Map(declared.sensors.map(sensor => [sensor.name, sensor])),
    graph,
    environments,
    defaultEnvironment: options.defaultEnvironment,
    state: options.state,
    base,
    codeVersions: options.codeVersions,
    select: (text, context) => resolveSelection(text, scope, context),
  })
}

/** Schedules whose selection names what there is not. */
function selectionFaults(schedules: readonly Schedule[], scope: SelectionScope): AssetsError[] {
  const none = () => new Set<string>()
  return schedules.flatMap(one => {
    try {
      resolveSelection(one.selection, scope, { withStatus: none, changedFrom: none })
      return []
    } catch (error) {
      if (!(error instanceof AssetsError)) throw error
      return [scheduleFault(one, `has a selection that names nothing. ${error.message}`, error.why, error.fix)]
    }
  })
}
