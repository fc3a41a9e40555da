import type { Asset } from "./asset/asset.ts"
import { assetFaults, dependencyFault, mappingFault, sourceFaults } from "./asset/asset-faults.ts"
import { findCycles } from "./asset/asset-graph.ts"
import { dependencyOf } from "./asset/dependency.ts"
import { keyFaults } from "./asset/key-faults.ts"
import type { Source } from "./asset/source.ts"
import type { Declared } from "./collect-declarations.ts"
import { type AssetsError, DefinitionError } from "./errors/assets-error.ts"
import { declarationPlace, describePlace } from "./errors/declaration-place.ts"
import { scheduleFaults } from "./schedule/schedule-faults.ts"
import { didYouMean } from "./util/nearest-name.ts"

/** Every fault of what was declared, each thing for itself and all against each other. */
export function definitionFaults(
  declared: Declared,
  upstream: ReadonlyMap<string, readonly string[]>,
  base: string,
): AssetsError[] {
  return [
    ...keyFaults([...declared.sources, ...declared.assets], base),
    ...declared.sources.flatMap(sourceFaults),
    ...declared.assets.flatMap(assetFaults),
    ...dependencyFaults(declared, base),
    ...cycleFaults(declared, upstream, base),
    ...partitionRuleFaults(declared),
    ...scheduleFaults(declared.schedules, declared.sensors),
  ]
}

/** Throws the one fault as it is, and several as one error that lists them. */
export function throwFaults(faults: readonly AssetsError[], base: string): void {
  const error = faultsError(faults, base)
  if (error) throw error
}

/** The one fault as it is, or several as one error that lists them, files relative to `base`; undefined for none. */
export function faultsError(faults: readonly AssetsError[], base: string): AssetsError | undefined {
  const [only] = faults
  if (!only || faults.length === 1) return only
  const lines = faults.map(fault => {
    const place = fault.location ? `${describePlace(fault.location, base)}  ` : ""
    return `  ${place}${fault.code}  ${fault.message}`
  })
  return new DefinitionError(
    "DEFINITIONS_INVALID",
    {
      what: `The project has ${faults.length} faults.\n${lines.join("\n")}`,
      why: "A project is run only when all of it is sound, so that a run does not stop half-way at a mistake.",
      fix: "Mend them from the top; each has its own fix.",
      details: { faults: faults.map(fault => fault.toJSON()) },
    },
    faults,
  )
}

/** The keys that each asset and source depends on, those that are declared. */
export function upstreamKeys({ assets, sources }: Declared): Map<string, string[]> {
  const upstream = new Map<string, string[]>()
  for (const { key } of sources) upstream.set(key, [])
  for (const { key } of assets) upstream.set(key, [])
  for (const asset of assets) {
    for (const [name, dependable] of Object.entries(asset.deps)) {
      if (dependencyFault(asset, name, dependable)) continue
      const { key } = dependencyOf(dependable)
      if (upstream.has(key)) upstream.get(asset.key)?.push(key)
    }
  }
  return upstream
}

function dependencyFaults({ assets, sources }: Declared, base: string): AssetsError[] {
  const all = new Set<Asset | Source>([...sources, ...assets])
  const declared = new Map([...all].map(one => [one.key, one]))
  const faults: AssetsError[] = []
  for (const asset of assets) {
    for (const [name, dependable] of Object.entries(asset.deps)) {
      const fault = dependencyFault(asset, name, dependable)
      if (fault) {
        faults.push(fault)
        continue
      }
      const of = dependencyOf(dependable)
      const known = declared.get(of.key)
      if (!known) faults.push(missing(asset, name, of, declared.keys(), base))
      else if (!all.has(of)) faults.push(another(asset, name, of, known, base))
      const mapping = mappingFault(asset, name, dependable)
      if (mapping) faults.push(mapping)
    }
  }
  return faults
}

function missing(asset: Asset, name: string, of: Asset | Source, known: Iterable<string>, base: string): AssetsError {
  const location = declarationPlace(asset.declaredAt)
  return new DefinitionError("ASSET_DEPENDENCY_MISSING", {
    what: `The asset '${asset.key}' depends on '${of.key}' (as ${name}), which is not in the definitions.`,
    why: `It is declared at ${describePlace(declarationPlace(of.declaredAt), base)}, and what is not in the definitions cannot be planned.`,
    fix: `Export it from a module of the project, or add it to definitions({ assets }). ${didYouMean(of.key, known) ?? ""}`.trim(),
    details: { key: asset.key, dependency: of.key },
    ...(location && { location }),
  })
}

function another(asset: Asset, name: string, of: Asset | Source, known: Asset | Source, base: string): AssetsError {
  const [used, defined] = [of, known].map(one => describePlace(declarationPlace(one.declaredAt), base))
  const location = declarationPlace(asset.declaredAt)
  return new DefinitionError("ASSET_DEPENDENCY_MISSING", {
    what: `The asset '${asset.key}' depends on another '${of.key}' (as ${name}) than the one in the definitions.`,
    why: `It depends on the one declared at ${used}; the definitions hold the one declared at ${defined}. They may differ in what they return.`,
    fix: "Depend on the one in the definitions, or put the other there. A function that declares assets gives new ones at each call.",
    details: { key: asset.key, dependency: of.key },
    ...(location && { location }),
  })
}

/** Rules that are wrong in themselves, each once, whichever assets share it. */
function partitionRuleFaults({ assets, sources }: Declared): AssetsError[] {
  const faults = [...assets, ...sources].map(({ options }) => options.partitions?.fault)
  return [...new Set(faults)].filter(fault => fault !== undefined)
}

function cycleFaults(
  declared: Declared,
  upstream: ReadonlyMap<string, readonly string[]>,
  base: string,
): AssetsError[] {
  const byKey = new Map(declared.assets.map(asset => [asset.key, asset]))
  return findCycles(upstream).map(cycle => {
    const first = cycle[0] ?? ""
    const places = cycle.map(key => {
      const asset = byKey.get(key)
      return `${key} at ${describePlace(asset && declarationPlace(asset.declaredAt), base)}`
    })
    const location = declarationPlace(byKey.get(first)?.declaredAt ?? new Error())
    return new DefinitionError("ASSET_GRAPH_CYCLE", {
      what: `The assets depend on each other in a circle: ${[...cycle, first].join(" → ")}.`,
      why: `None of them could be made before the others. They are declared: ${places.join(", ")}.`,
      fix: "Take one of the dependencies away, or divide one of the assets into the part before and the part after.",
      details: { keys: cycle },
      ...(location && { location }),
    })
  })
}
