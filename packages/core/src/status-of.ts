import type { Asset } from "./asset/asset.ts"
import { assetCode } from "./plan/asset-code.ts"
import { CurrentState } from "./plan/current-state.ts"
import { changesSince, inputVersions } from "./plan/decide-step.ts"
import { diffLines } from "./plan/diff-lines.ts"
import type { Reason } from "./plan/execution-plan.ts"
import { fingerprintOf } from "./plan/fingerprint.ts"
import { stepInputs } from "./plan/step-inputs.ts"
import type { OpenProject } from "./plan-work.ts"

/** How what is stored of an asset, or of one of its partitions, stands to its code and inputs. */
export interface AssetStatus {
  readonly key: string
  readonly partition: string | null
  readonly status: "fresh" | "stale" | "missing"
  /** Empty when fresh. */
  readonly causes: readonly Reason[]
}

/** The status of each partition of these assets, in the order of the keys. */
export async function statusOf(open: OpenProject, keys: readonly string[]): Promise<AssetStatus[]> {
  const { project, environment, sources, signal } = open
  const wanted = keys.flatMap(key => project.assets.get(key) ?? [])
  const above = new Set(wanted.flatMap(({ key }) => project.graph.upstream(key)))
  const state = new CurrentState(environment)
  const touched = new Set([...wanted, ...[...above].flatMap(key => project.assets.get(key) ?? [])])
  await Promise.all([
    state.read(touched, signal),
    sources.observe([...above].flatMap(key => project.sources.get(key) ?? [])),
  ])
  return wanted.flatMap(asset => assetStatuses(open, asset, state))
}

function assetStatuses(open: OpenProject, asset: Asset, state: CurrentState): AssetStatus[] {
  const { environment, project, sources, log } = open
  const { now, timeZone } = environment
  const code = assetCode(asset, { now, timeZone, codeVersions: project.codeVersions })
  const { partitions } = asset.options
  const hasOthers = state.partitions(asset.key).size > 0
  return (partitions ? partitions.keys(open.partitionContext) : [null]).map(partition => {
    const about = { key: asset.key, partition }
    const stored = state.get(asset.key, partition)
    if (!stored?.intact) {
      const kind = stored
        ? "data_missing"
        : partition !== null && hasOthers
          ? "partition_missing"
          : "never_materialized"
      return { ...about, status: "missing", causes: [{ kind }] }
    }
    const { materialization } = stored
    const inputs = inputVersions(stepInputs(asset, partition, open.partitionContext), (key, upstream) => {
      const dataVersion = sources.version(key) ?? state.get(key, upstream)?.materialization.dataVersion
      return dataVersion === undefined ? undefined : { kind: "known", dataVersion }
    })
    if (inputs.missing.length === 0) {
      const window = partition === null ? undefined : partitions?.window?.(partition)
      const isSame = fingerprintOf(code, partition, window, inputs.known) === materialization.fingerprint
      if (isSame) return { ...about, status: "fresh", causes: [] }
    }
    const missing = new Set(inputs.missing.map(({ key }) => key))
    const known = new Map([...inputs.known].filter(([key]) => !missing.has(key)))
    const diff = ({ codeVersion }: { readonly codeVersion: string }) => {
      const before = code.text === undefined ? undefined : log.planText(codeVersion)
      return before === undefined || code.text === undefined ? undefined : diffLines(before, code.text)
    }
    const causes = changesSince(materialization, { code, inputs: { ...inputs, known }, diff })
    if (code.always?.kind === "code_unknown") causes.push(code.always)
    // What is neither code nor input is declared: the columns, the layout, the time zone.
    if (causes.length === 0 && missing.size === 0) causes.push({ kind: "code_changed" })
    return { ...about, status: causes.length > 0 ? "stale" : "fresh", causes }
  })
}
