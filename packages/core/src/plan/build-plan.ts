import type { Asset } from "../asset/asset.ts"
import type { AssetGraph } from "../asset/asset-graph.ts"
import type { Source } from "../asset/source.ts"
import type { OpenEnvironment } from "../environment/open-environment.ts"
import { type AssetsError, DefinitionError } from "../errors/assets-error.ts"
import type { RunLog } from "../event/run-log.ts"
import type { PartitionContext } from "../partition/partitions.ts"
import { type AssetCode, assetCode, type CodeContext } from "./asset-code.ts"
import { CurrentState } from "./current-state.ts"
import type { ExecutionPlan, PlanStep } from "./execution-plan.ts"
import type { PartitionWork } from "./fingerprint.ts"
import { Planner } from "./planner.ts"
import type { SourceVersions } from "./source-versions.ts"
import type { StepInput } from "./step-inputs.ts"

/** What is planned, and from what. */
export interface PlanRequest {
  readonly project: {
    readonly assets: ReadonlyMap<string, Asset>
    readonly sources: ReadonlyMap<string, Source>
    readonly graph: AssetGraph
  }
  readonly environment: OpenEnvironment
  /** Environments whose stored data may be read in place of computing it. */
  readonly reuse: readonly OpenEnvironment[]
  readonly log: RunLog
  readonly sources: SourceVersions
  /** Keys of the assets that were selected. */
  readonly keys: readonly string[]
  /** The selection as given, for people. */
  readonly selection: string
  readonly partitions: readonly string[] | undefined
  readonly partitionContext: PartitionContext
  readonly force: boolean
  /** Whether `force` adds rows once more that were added before. */
  readonly reapply: boolean
  /** The steps alone that are to be planned: asset → partitions, null for the whole. */
  readonly exactly?: ReadonlyMap<string, readonly (string | null)[]> | undefined
  /** True: also more than 100 partitions that nobody asked for. */
  readonly anyNumber?: boolean
  readonly code: CodeContext
  readonly signal: AbortSignal
}

/** A step with what the runner needs of it. */
export interface StepWork extends PartitionWork {
  readonly step: PlanStep
  readonly inputs: readonly StepInput[]
}

/** A plan, and what was read to make it. */
export interface PlannedWork {
  readonly plan: ExecutionPlan
  /** By the id of the step. */
  readonly work: ReadonlyMap<string, StepWork>
  readonly state: CurrentState
  /** What is current in the environments that may be reused. */
  readonly reusable: readonly CurrentState[]
  /** Id of the last event before what is current was read. */
  readonly readAfter: number
}

/**
 * Builds the plan: which steps run, which are skipped, and why. Reads what is current from the IO managers, calls each
 * transform, looks at the sources' files; computes and stores nothing.
 *
 * @throws ConfigError `ARGUMENT_INVALID` when force would add rows twice; `PARTITION_KEY_UNKNOWN`, `PARTITION_TOO_MANY`, `PARTITION_UPSTREAM_MISSING`, `INPUT_MISSING`
 * @throws FrameError, UserCodeError what a transform threw; several as one DefinitionError
 */
export async function buildPlan(request: PlanRequest): Promise<PlannedWork> {
  const { project, environment, sources, code } = request
  const keys = project.graph.inOrder(request.keys.filter(key => !sources.isGiven(key)))
  const selected = keys.flatMap(key => project.assets.get(key) ?? [])
  const state = new CurrentState(environment)
  const touched = new Set<Asset>(selected)
  const read = new Set<Source>()
  for (const asset of selected) {
    for (const key of project.graph.upstream(asset.key)) {
      const upstream = project.assets.get(key)
      const source = project.sources.get(key)
      if (upstream) touched.add(upstream)
      else if (source) read.add(source)
    }
  }
  const stored = [...touched].filter(asset => !sources.isGiven(asset.key))
  const reusable = request.reuse.map(other => new CurrentState(other))
  const readAfter = request.log.lastEvent()
  await Promise.all([sources.observe(read), ...[state, ...reusable].map(one => one.read(stored, request.signal))])
  const isStored = ({ key }: Asset, version: string) => {
    const [first] = state.partitions(key).values()
    return first?.materialization.codeVersion === version
  }
  const codes = collectCodes(selected, { ...code, isStored })
  const made = new Set(selected)
  const onlyRead = stored.filter(asset => !made.has(asset))
  for (const other of reusable) state.complete(other, onlyRead)
  const planner = new Planner(request, { state, reusable }, codes)
  for (const asset of selected) planner.add(asset)
  return { ...planner.planned(), readAfter }
}

/** Looks into the code of each asset; tells all faults at once. */
function collectCodes(assets: readonly Asset[], context: CodeContext): ReadonlyMap<string, AssetCode> {
  const codes = new Map<string, AssetCode>()
  const faults: AssetsError[] = []
  for (const asset of assets) {
    try {
      codes.set(asset.key, assetCode(asset, context))
    } catch (error) {
      faults.push(error as AssetsError) // the boundary around user code lets nothing else through
    }
  }
  const [first] = faults
  if (faults.length > 1) {
    throw new DefinitionError(
      "DEFINITIONS_INVALID",
      {
        what: `${faults.length} assets could not be planned.`,
        why: faults.map(fault => fault.message).join("\n"),
        fix: "Mend each of them; 'faults' has their places.",
      },
      faults,
    )
  }
  if (first) throw first
  return codes
}
