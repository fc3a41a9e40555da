import type { Asset } from "./asset/asset.ts"
import type { Definitions } from "./definitions.ts"
import type { OpenEnvironment } from "./environment/open-environment.ts"
import { ConfigError } from "./errors/assets-error.ts"
import type { AssetsEvent } from "./event/event.ts"
import { CurrentState } from "./plan/current-state.ts"
import { type OpenProject, openProject, selectAssets } from "./plan-work.ts"
import { errorCode, eventError } from "./run/event-error.ts"
import type { RunContext } from "./run/run-context.ts"
import { type Copied, copyVersion } from "./transfer/copy-version.ts"
import { recordRun } from "./transfer/recorded-run.ts"
import { stepAbout } from "./transfer/step-leases.ts"
import { type FromTo, openOther, refuseSame } from "./transfer/two-environments.ts"
import { wantedPartitions } from "./wanted-partitions.ts"

export interface CopyOptions extends FromTo {
  /** A selection, or several whose union is meant. Default: every asset of which something is stored. */
  readonly select?: string | readonly string[]
  /** Partition keys, ranges `A..B`, or `all`, `missing`, `failed`. Default: every partition that is stored. */
  readonly partitions?: readonly string[]
  /** False: a step that another process works on fails with `LEASE_HELD` in place of waiting. Default true. */
  readonly wait?: boolean
  readonly now?: Date
  readonly signal?: AbortSignal
  /** Told of each event once it is kept. Must not throw. */
  readonly onEvent?: (event: AssetsEvent) => void
}

/** How the copy of one partition (`null`: of the whole) has ended. */
export interface CopiedPartition {
  readonly key: string
  readonly partition: string | null
  readonly status: "copied" | "unchanged" | "failed"
  readonly dataVersion: string
  readonly rows?: number
  readonly error?: Error
}

/** What was copied. */
export interface AssetsCopy {
  readonly from: string
  readonly to: string
  /** Id of the run in the history of `to`. */
  readonly runId: string
  readonly status: "succeeded" | "failed"
  /** In the order of the graph. */
  readonly steps: readonly CopiedPartition[]
}

/**
 * Copies what is stored in one environment to another, through the engine of the one that gets it, partition by partition.
 * What a copy is made of, and its data version, are those of the original: nothing is computed in `to` afterwards. Checks
 * are not evaluated again. What `to` has already is left as it is.
 *
 * @throws ConfigError when the request is wrong, or nothing is stored of what was selected
 */
export async function copyAssets(project: Definitions, options: CopyOptions): Promise<AssetsCopy> {
  const { now, signal, onEvent, wait = true, select = "*" } = options
  const open = openProject(project, { environment: options.to, now, signal, wait })
  let from: OpenEnvironment | undefined
  try {
    from = openOther(open, options.from, { wait })
    refuseSame(from, open.environment)
    const copied = await planCopy(open, from, options)
    const steps: CopiedPartition[] = []
    const pending = copied.map(({ asset: { key }, partition }) => ({ key, partition }))
    const selection = [select].flat().join(" ")
    let status: AssetsCopy["status"] = "succeeded"
    const request = { selection, tags: { copiedFrom: from.name }, steps: pending, wait, onEvent }
    const runId = await recordRun(open, request, async (run, running) => {
      for (const one of copied) steps.push(await copyOne(run, running, one))
      if (steps.some(step => step.status === "failed")) status = "failed"
      return status
    })
    return { from: from.name, to: open.environment.name, runId, status, steps }
  } finally {
    await from?.close()
    await open.close()
  }
}

/** What is stored of the selected assets and wanted, in the order of the graph. */
async function planCopy(open: OpenProject, from: OpenEnvironment, options: CopyOptions): Promise<readonly Copied[]> {
  const { environment, signal } = open
  const assets = await selectAssets(open, options.select)
  const [source, target] = [new CurrentState(from), new CurrentState(environment)]
  await Promise.all([source.read(assets, signal), target.read(assets, signal)])
  const isStored = (key: string, partition: string) => target.get(key, partition)?.intact === true
  const wantedOf = wantedPartitions(open, { assets, asked: options.partitions, isStored })
  const copied = assets.flatMap(asset => {
    const wanted = wantedOf(asset)
    return [...source.partitions(asset.key)].flatMap(([partition, stored]): Copied[] => {
      if (!wanted(partition)) return []
      const former = target.get(asset.key, partition)
      return [{ asset, partition, ...stored, ...(former && { former }) }]
    })
  })
  if (copied.length === 0) throw nothingStored(from.name, assets)
  return copied
}

/** One that fails does not stop the others. */
async function copyOne(run: RunContext, open: OpenProject, one: Copied): Promise<CopiedPartition> {
  const { asset, partition, materialization, former } = one
  const { key } = asset
  const about = stepAbout(run, { key, partition })
  const { dataVersion } = materialization
  open.signal.throwIfAborted()
  if (former?.intact && former.materialization.dataVersion === dataVersion) {
    if (former.materialization.fingerprint === materialization.fingerprint) {
      run.emit({ type: "step_skipped", ...about, reason: "unchanged", dataVersion })
      return { key, partition, status: "unchanged", dataVersion }
    }
  }
  const startedAt = performance.now()
  try {
    const { rows } = await copyVersion(run, open, one)
    return { key, partition, status: "copied", dataVersion, ...(rows !== undefined && { rows }) }
  } catch (thrown) {
    open.signal.throwIfAborted()
    const error = thrown as Error
    const durationMs = Math.round(performance.now() - startedAt)
    run.emit({ type: "step_failed", ...about, attempt: 1, error: eventError(error), durationMs })
    if (errorCode(error) === "EVENT_LOG_LOCKED") throw error
    return { key, partition, status: "failed", dataVersion, error }
  }
}

function nothingStored(from: string, assets: readonly Asset[]): ConfigError {
  return new ConfigError("SELECTION_EMPTY", {
    what: `There is nothing to copy from '${from}'.`,
    why: `Nothing of what was asked for is stored there (${assets.length} assets were selected).`,
    fix: `See what is: assets status --env ${from}`,
    details: { environment: from },
  })
}
