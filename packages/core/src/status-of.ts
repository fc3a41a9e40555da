import type { Asset } from "./asset/asset.ts"
import type { OpenEnvironment } from "./environment/open-environment.ts"
import { assetCode } from "./plan/asset-code.ts"
import { CurrentState, holdsWork, reusableState } from "./plan/current-state.ts"
import { changesSince } from "./plan/decide-step.ts"
import { planDiff } from "./plan/diff-lines.ts"
import type { Reason } from "./plan/execution-plan.ts"
import { fingerprintOf, type PartitionWork } from "./plan/fingerprint.ts"
import { stepInputs } from "./plan/step-inputs.ts"
import { storedInputVersions } from "./plan/stored-input-versions.ts"
import type { OpenProject } from "./plan-work.ts"

/** How what is stored of an asset, or of one of its partitions, stands to its code and inputs. */
export interface AssetStatus {
  readonly key: string
  readonly partition: string | null
  readonly status: "fresh" | "stale" | "missing"
  /** Empty when fresh. */
  readonly causes: readonly Reason[]
}

/**
 * The status of each partition of these assets, in the order of the keys.
 * @param stored the environment whose stored data is looked at; the project's open one when left out
 */
export async function statusOf(
  open: OpenProject,
  keys: readonly string[],
  stored: OpenEnvironment = open.environment,
): Promise<AssetStatus[]> {
  const { project, sources, signal } = open
  const reuse = stored === open.environment ? open.reuse : []
  const wanted = keys.flatMap(key => project.assets.get(key) ?? [])
  const above = new Set(wanted.flatMap(({ key }) => project.graph.upstream(key)))
  const state = new CurrentState(stored)
  const reusable = reuse.map(other => new CurrentState(other))
  const touched = new Set([...wanted, ...[...above].flatMap(key => project.assets.get(key) ?? [])])
  await Promise.all([
    ...[state, ...reusable].map(one => one.read(touched, signal)),
    sources.observe([...above].flatMap(key => project.sources.get(key) ?? [])),
  ])
  const own = new Set(wanted)
  const onlyRead = [...touched].filter(asset => !own.has(asset))
  for (const other of reusable) state.complete(other, onlyRead)
  // What an asset reuses counts as stored for those below it.
  const found = new Map<string, readonly AssetStatus[]>()
  for (const key of project.graph.inOrder(wanted.map(asset => asset.key))) {
    const asset = project.assets.get(key)
    if (asset) found.set(key, assetStatuses(open, asset, { state, reusable }))
  }
  return keys.flatMap(key => found.get(key) ?? [])
}

interface States {
  readonly state: CurrentState
  readonly reusable: readonly CurrentState[]
}

function assetStatuses(open: OpenProject, asset: Asset, states: States): AssetStatus[] {
  const { now, timeZone } = open.environment
  const code = assetCode(asset, { now, timeZone, codeVersions: open.project.codeVersions })
  const { partitions } = asset.options
  const keys = partitions ? partitions.keys(open.partitionContext) : [null]
  return keys.map(partition => {
    const causes = causesOf(open, { asset, code, partition }, states)
    const isMissing = causes.some(({ kind }) => absences.has(kind))
    return { key: asset.key, partition, status: isMissing ? "missing" : causes.length > 0 ? "stale" : "fresh", causes }
  })
}

const absences: ReadonlySet<Reason["kind"]> = new Set(["never_materialized", "partition_missing", "data_missing"])

/** Why what is stored is not what would be made now; empty when it is. */
function causesOf(open: OpenProject, work: PartitionWork, { state, reusable }: States): Reason[] {
  const { sources, partitionContext, log } = open
  const { asset, code, partition } = work
  const inputs = storedInputVersions(stepInputs(asset, partition, partitionContext), { state, sources })
  const isKnown = inputs.missing.length === 0
  const fingerprint = isKnown ? fingerprintOf(work, inputs.known) : undefined
  const stored = state.get(asset.key, partition)
  if (!stored?.intact) {
    const reused = reusableState(reusable, asset.key, partition, fingerprint)
    if (reused) state.set(asset.key, [partition], reused)
    if (reused) return []
    const hasOthers = partition !== null && state.partitions(asset.key).size > 0
    return [{ kind: stored ? "data_missing" : hasOthers ? "partition_missing" : "never_materialized" }]
  }
  if (holdsWork(stored, fingerprint)) return []
  const missing = new Set(inputs.missing.map(({ key }) => key))
  const known = new Map([...inputs.known].filter(([key]) => !missing.has(key)))
  const causes = changesSince(stored.materialization, {
    code,
    inputs: { ...inputs, known },
    diff: former => planDiff(log.planText(former.codeVersion), code.text),
  })
  if (code.always?.kind === "code_unknown") causes.push(code.always)
  // What is neither code nor input is the instant of 'every', or declared: the columns, the layout, the time zone.
  if (causes.length === 0 && isKnown) causes.push({ kind: code.stability === "volatile" ? "volatile" : "code_changed" })
  return causes
}
