import { statSync } from "node:fs"
import type { Asset } from "../asset/asset.ts"
import { dependencyOf } from "../asset/dependency.ts"
import type { Layout } from "../engine/engine.ts"
import type { OpenEnvironment } from "../environment/open-environment.ts"
import { AssetsError } from "../errors/assets-error.ts"
import type { RunLog } from "../event/run-log.ts"
import type { PartitionContext } from "../partition/partitions.ts"
import { callTransform } from "../plan/asset-code.ts"
import type { CurrentState, StoredState } from "../plan/current-state.ts"
import type { SourceVersions } from "../plan/source-versions.ts"
import { type StepInput, stepInputs } from "../plan/step-inputs.ts"
import type { AssetFacts, InputFacts, Measurement, StoredPart } from "./asset-facts.ts"

/** So many of the latest materializations are looked at, and of the latest partitions what they read. */
const LATEST = 20

export interface FactsRequest {
  readonly open: {
    readonly environment: OpenEnvironment
    readonly log: RunLog
    readonly sources: SourceVersions
    readonly partitionContext: PartitionContext
  }
  /** What is current of the asset and of what it reads. */
  readonly state: CurrentState
  readonly machineMemoryBytes: number
}

/** Gathers what is known of an asset. Sources must have been observed. */
export function readFacts(request: FactsRequest, asset: Asset): AssetFacts {
  const { open, state, machineMemoryBytes } = request
  const engine = engineOf(open.environment, asset)
  const layout: Layout | undefined = asset.options.layout
  return {
    key: asset.key,
    engine,
    machineMemoryBytes,
    measurements: engine === null ? [] : measurementsOf(open, asset, engine),
    stored: storedParts(state, asset),
    inputs: inputsOf(request, asset),
    joins: asset.options.transform ? callTransform(asset).joins?.() : undefined,
    hasPartitions: asset.options.partitions !== undefined,
    layoutColumns: layout?.partitionBy ?? [],
    canUseOneProcess: canUseOneProcess(open.environment, asset),
  }
}

function engineOf(environment: OpenEnvironment, asset: Asset): string | null {
  try {
    return environment.engineName(asset)
  } catch (error) {
    if (error instanceof AssetsError && error.code === "ENVIRONMENT_UNSUPPORTED") return null
    throw error
  }
}

function measurementsOf({ log, environment }: FactsRequest["open"], asset: Asset, engine: string): Measurement[] {
  const timings = log.timings({ environment: environment.name, key: asset.key, limit: LATEST })
  return timings.flatMap(({ materialization, durationMs }) => {
    const { bytes, usage } = materialization
    if (materialization.engine !== engine) return []
    return [{ durationMs, ...(bytes !== undefined && { bytes }), ...(usage && { usage }) }]
  })
}

/** What is current, once for each write that holds it. */
function storedParts(state: CurrentState, asset: Asset): StoredPart[] {
  const parts = new Map<string, StoredPart>()
  for (const [partition, { materialization, intact }] of state.partitions(asset.key)) {
    if (!intact) continue
    const { id, bytes, files, partitions } = materialization
    const name = partitions.length > 1 ? `${partitions[0]}..${partitions.at(-1)}` : partition
    parts.set(id, {
      partition: name,
      ...(bytes !== undefined && { bytes }),
      ...(files !== undefined && { files }),
    })
  }
  return [...parts.values()]
}

/** What the step that reads most is given: of the whole, or of one of the latest partitions. */
function inputsOf(request: FactsRequest, asset: Asset): readonly InputFacts[] {
  const stored = [...request.state.partitions(asset.key).keys()].slice(-LATEST)
  const partitions = asset.options.partitions ? stored : [null]
  const each = partitions.map(partition => {
    return stepInputs(asset, partition, request.open.partitionContext).map(input => inputFacts(request, input))
  })
  const total = (inputs: readonly InputFacts[]) => inputs.reduce((sum, { bytes = 0 }) => sum + bytes, 0)
  return each.toSorted((a, b) => total(b) - total(a))[0] ?? []
}

function inputFacts({ state, open }: FactsRequest, { name, slot, key, of, partitions }: StepInput): InputFacts {
  const isSource = of.kind === "source"
  const sizes = isSource
    ? sourceSizes(open.sources.files(key))
    : storedSizes(partitions.map(one => state.get(key, one)))
  return { name, key, slot, isSource, ...sizes }
}

interface Sizes {
  readonly bytes?: number
  readonly files?: number
}

/** Of a source in files on a disk; of URLs, which only the engine reads, nothing is known. */
function sourceSizes(files: readonly string[] | undefined): Sizes {
  if (!files || files.length === 0) return {}
  try {
    return { files: files.length, bytes: files.reduce((sum, file) => sum + statSync(file).size, 0) }
  } catch {
    return {}
  }
}

/** Of a write of several partitions each has its share. */
function storedSizes(states: readonly (StoredState | undefined)[]): Sizes {
  let bytes = 0
  let files = 0
  for (const state of states) {
    const { bytes: all, files: count, partitions = [] } = state?.materialization ?? {}
    if (all === undefined) return {}
    const share = Math.max(1, partitions.length)
    bytes += all / share
    files += (count ?? 0) / share
  }
  return { bytes: Math.round(bytes), files: Math.round(files) }
}

function canUseOneProcess(environment: OpenEnvironment, asset: Asset): boolean {
  const read = Object.values(asset.deps).flatMap(dependable => {
    const of = dependencyOf(dependable)
    return of.kind === "asset" ? of : []
  })
  return [asset, ...read].every(one => environment.io(one).refusal?.({ engine: "duckdb" }) === undefined)
}
