import { DefinitionError, type SourceLocation } from "../errors/assets-error.ts"
import { declarationPlace } from "../errors/declaration-place.ts"
import { inferMapping } from "../partition/infer-mapping.ts"
import { identity } from "../partition/key-mappings.ts"
import type { Partitions } from "../partition/partitions.ts"
import type { AnyValueType } from "../value/value-type.ts"
import type { Asset, Dependable } from "./asset.ts"
import { dependencyOf } from "./dependency.ts"
import type { Fault } from "./fault.ts"
import { descriptionFaults, limitFaults, nameFaults, unknownOptionFaults } from "./option-faults.ts"
import type { Source } from "./source.ts"
import { partitionFaults, tableFaults } from "./table-faults.ts"

/** Faults of an asset's own options. JavaScript, and `any`, let all of them through `tsc`. */
export function assetFaults(asset: Asset): DefinitionError[] {
  const faults = [
    ...unknownOptionFaults("asset", asset.options),
    ...returnsFaults(asset),
    ...functionFaults(asset),
    ...limitFaults(asset.options),
    ...nameFaults(asset.options),
    ...descriptionFaults(asset.options),
    ...(isValueType(asset.returns) ? tableFaults(asset.returns, asset.options) : []),
  ]
  return faults.map(fault => toError(asset, `The asset '${asset.key}'`, fault))
}

/** Faults of a source's own options. */
export function sourceFaults(source: Source): DefinitionError[] {
  const faults = [
    ...unknownOptionFaults("source", source.options),
    ...readerFaults(source),
    ...descriptionFaults(source.options),
    ...(isValueType(source.returns)
      ? partitionFaults(
          source.options.partitions,
          source.returns.columns?.().map(({ name }) => name),
        )
      : []),
  ]
  return faults.map(fault => toError(source, `The source '${source.key}'`, fault))
}

/** A dependency's declaration, or what is wrong with what stands in its place. */
export function dependencyFault(asset: Asset, name: string, dependable: unknown): DefinitionError | undefined {
  if (isDependable(dependable)) return undefined
  const circular = dependable === undefined
  return toError(asset, `The asset '${asset.key}'`, {
    code: "ASSET_DEPENDENCY_MISSING",
    what: `has the dependency '${name}', which is ${circular ? "undefined" : "not an asset or a source"}.`,
    why: circular
      ? "Two modules that import each other see each other's exports before they are there."
      : "A dependency is what asset(), source() or dep() returned.",
    fix: circular ? "Move one of the assets, so that modules import in one direction." : "Pass the asset itself.",
  })
}

/** What is wrong with the partition mapping between an asset and a dependency. */
export function mappingFault(asset: Asset, name: string, dependable: Dependable): DefinitionError | undefined {
  const downstream = asset.options.partitions
  const of = dependencyOf(dependable)
  const upstream = of.options.partitions
  const declared = dependable.kind === "dependency" ? dependable.partitions : undefined
  if (downstream?.fault || upstream?.fault) return undefined
  const wrong = !upstream
    ? declared && `'${of.key}' has no partitions to map`
    : declared
      ? declared.fault?.(downstream, upstream)
      : inferenceFault(downstream, upstream)
  if (!wrong) return undefined
  return toError(asset, `The asset '${asset.key}'`, {
    code: "PARTITIONS_INVALID",
    what: `cannot map its partitions to those of its dependency '${name}': ${wrong}.`,
    why: "The mapping says which keys of the dependency each key reads.",
    fix: "Declare one that fits: dep(asset, { partitions: allPartitions }), lastN(7), staticMapping({...}) or another.",
  })
}

/** The mapping that is inferred last is the same key, and rules of different kinds have none in common. */
function inferenceFault(downstream: Partitions | undefined, upstream: Partitions): string | undefined {
  if (!downstream || downstream.kind === upstream.kind || inferMapping(downstream, upstream) !== identity)
    return undefined
  return `one is ${downstream.kind}, the other ${upstream.kind}, and no mapping follows from that`
}

function isDependable(value: unknown): value is Dependable {
  const kind = (value as { kind?: unknown } | null | undefined)?.kind
  if (kind === "dependency") return isDependable((value as { of?: unknown }).of)
  return kind === "asset" || kind === "source"
}

function toError(
  of: { readonly key: string; readonly declaredAt: Error },
  subject: string,
  { code, what, why, fix }: Fault,
): DefinitionError {
  const location: SourceLocation | undefined = declarationPlace(of.declaredAt)
  return new DefinitionError(code ?? "ASSET_OPTIONS_INVALID", {
    what: `${subject} ${what}`,
    why,
    fix,
    details: { key: of.key },
    ...(location && { location }),
  })
}

function isValueType(value: unknown): value is AnyValueType {
  const type = value as Partial<AnyValueType> | null | undefined
  return typeof type?.kind === "string" && typeof type.describe === "function" && typeof type.output === "function"
}

function* returnsFaults({ returns }: Asset): Iterable<Fault> {
  if (isValueType(returns)) return
  yield {
    what: returns === undefined ? "does not say what it returns." : "has a 'returns' that is no value type.",
    why: "It types the function, and says how the value is stored.",
    fix: "Declare 'returns: frame({...})', 'returns: json<T>()' or 'returns: nothing()'.",
  }
}

function* functionFaults(asset: Asset): Iterable<Fault> {
  const { transform, compute } = asset.options
  for (const [name, made] of Object.entries({ transform, compute })) {
    if (made === undefined || typeof made === "function") continue
    yield {
      what: `has a '${name}' that is no function.`,
      why: "It is called to make the asset.",
      fix: "Pass a function.",
    }
  }
  if ((transform === undefined) === (compute === undefined)) {
    yield {
      what: transform ? "has both 'transform' and 'compute'." : "has neither 'transform' nor 'compute'.",
      why: "A transform gives a lazy frame that the engine runs; a compute runs TypeScript. An asset is made by one of the two.",
      fix: transform ? "Keep one of them." : "Add 'transform: inputs => …' or 'compute: async inputs => …'.",
    }
  }
  if (!transform) return
  if (isValueType(asset.returns) && !asset.returns.lazy) {
    yield {
      what: `has a 'transform', but returns ${asset.returns.kind}.`,
      why: "A transform only describes work that an engine runs, and such a value is made by TypeScript.",
      fix: "Use 'compute', or return a frame.",
    }
  }
  for (const [name, dependable] of Object.entries(asset.deps)) {
    if (!isDependable(dependable)) continue
    const { key, returns } = dependencyOf(dependable)
    if (!isValueType(returns) || returns.input) continue
    yield {
      what: `has a 'transform' that depends on '${key}' (as ${name}), which is ${returns.kind} and not a frame.`,
      why: "A transform is called while planning, before any value exists; only frames can stand for data that is not read.",
      fix: "Use 'compute', which gets the values themselves.",
    }
  }
}

function* readerFaults({ reader, key }: Source): Iterable<Fault> {
  if (reader === undefined) return
  const sound = typeof reader?.kind === "string" && typeof reader.describe === "function"
  if (!sound || typeof reader.relation !== "function" || !isValueType(reader.returns)) {
    yield {
      what: "has a reader that is none.",
      why: "A reader tells the columns, and reads the files.",
      fix: `Write source("${key}", parquetFiles("${key}/*.parquet", {...})).`,
    }
  } else if (!Array.isArray(reader.paths) || reader.paths.length === 0 || !reader.paths.every(isPath)) {
    yield {
      what: "has a reader without paths.",
      why: "A reader reads files by their paths or globs, as 'raw/*.csv'.",
      fix: "Pass a path that is not empty, or a list of them.",
    }
  }
}

function isPath(path: unknown): boolean {
  return typeof path === "string" && path !== ""
}
