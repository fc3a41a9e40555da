import type { CheckResult } from "./check/asset-check.ts"
import type { Definitions } from "./definitions.ts"
import type { EnvironmentConfig } from "./environment/environment.ts"
import { ConfigError } from "./errors/assets-error.ts"
import type { AssetsEvent } from "./event/event.ts"
import { userCodeError } from "./plan/user-code.ts"
import { type OpenProject, openProject, selectAssets } from "./plan-work.ts"
import { eventError } from "./run/event-error.ts"
import type { RunContext } from "./run/run-context.ts"
import { stateOf } from "./transfer/diff-environments.ts"
import { recordRun } from "./transfer/recorded-run.ts"
import { stepAbout } from "./transfer/step-leases.ts"
import { confirmUnreplaced, loadVersionFor, type StoredVersion } from "./transfer/stored-value.ts"
import { wantedPartitions } from "./wanted-partitions.ts"

export interface CheckRunOptions {
  /** Name of one of the project's environments, or one made by `inMemory()`. Default: `ASSETS_ENV`, then the project's. */
  readonly environment?: string | EnvironmentConfig
  /** A selection, or several whose union is meant. Default: every asset. */
  readonly select?: string | readonly string[]
  /** Partition keys, ranges `A..B`, or `all`, `failed`. Default: every partition that is stored. */
  readonly partitions?: readonly string[]
  readonly tags?: { readonly [name: string]: string }
  readonly now?: Date
  readonly signal?: AbortSignal
  /** Told of each event once it is kept. Must not throw. */
  readonly onEvent?: (event: AssetsEvent) => void
}

/** What the checks found in one partition (`null`: in the whole of an asset without partitions). */
export interface CheckedPartition {
  readonly key: string
  readonly partition: string | null
  readonly results: readonly CheckResult[]
  /** Why its checks could not be evaluated. */
  readonly error?: Error
}

export interface ChecksRun {
  readonly runId: string
  readonly environment: string
  /** `failed` when a check of severity `error` failed, or could not be evaluated. */
  readonly status: "succeeded" | "failed"
  /** In the order of the graph: assets that declare checks and of which something is stored. */
  readonly partitions: readonly CheckedPartition[]
}

/**
 * Evaluates the checks of what is current, also of what the environment reuses. Writes nothing but the history: a failed
 * check leaves what is current as it is.
 *
 * @throws ConfigError when the request is wrong, or nothing that was selected is stored
 */
export async function check(project: Definitions, options: CheckRunOptions = {}): Promise<ChecksRun> {
  const { environment, now, signal, onEvent, tags = {}, select = "*" } = options
  const open = openProject(project, { environment, now, signal })
  try {
    const versions = await storedWithChecks(open, options)
    const partitions: CheckedPartition[] = []
    const steps = versions.map(({ asset: { key }, partition }) => ({ key, partition }))
    let status: ChecksRun["status"] = "succeeded"
    const selection = [select].flat().join(" ")
    const request = { selection, tags: { ...tags, checksOnly: "true" }, steps, wait: true, onEvent }
    const runId = await recordRun(open, request, async (run, running) => {
      for (const version of versions) partitions.push(await checkOne(run, running, version))
      if (partitions.some(hasFailed)) status = "failed"
      return status
    })
    return { runId, environment: open.environment.name, status, partitions }
  } finally {
    await open.close()
  }
}

function hasFailed({ error, results }: CheckedPartition): boolean {
  return error !== undefined || results.some(({ passed, severity }) => !passed && severity === "error")
}

async function storedWithChecks(open: OpenProject, options: CheckRunOptions): Promise<readonly StoredVersion[]> {
  const assets = await selectAssets(open, options.select)
  const checked = assets.filter(({ options, returns }) => options.checks?.length && returns.check)
  const state = await stateOf(open, checked, open.signal)
  const isStored = (key: string, partition: string) => state.get(key, partition) !== undefined
  const wantedOf = wantedPartitions(open, { assets, asked: options.partitions, isStored })
  const versions = checked.flatMap(asset => {
    const wanted = wantedOf(asset)
    return [...state.partitions(asset.key)].flatMap(([partition, { materialization, environment }]) => {
      return wanted(partition) ? [{ asset, partition, materialization, environment }] : []
    })
  })
  if (versions.length === 0 && checked.length > 0) throw nothingStored(open.environment.name, checked.length)
  return versions
}

async function checkOne(run: RunContext, open: OpenProject, version: StoredVersion): Promise<CheckedPartition> {
  const { asset, partition, materialization } = version
  const { key } = asset
  const about = stepAbout(run, { key, partition })
  const { log, signal } = open
  const { dataVersion } = materialization
  signal.throwIfAborted()
  run.change(append => {
    append({ type: "step_started", ...about, attempt: 1, reasons: [] })
    log.keepReads(about.runId, about.step, [materialization.id])
  })
  try {
    const results = await evaluate(open, version)
    run.change(append => {
      for (const result of results) append({ type: "check_evaluated", ...about, result })
      append({ type: "step_skipped", ...about, reason: "checked", dataVersion })
      log.dropReads(about.runId, about.step)
    })
    return { key, partition, results }
  } catch (thrown) {
    signal.throwIfAborted()
    const error = thrown as Error
    // No step_failed: what is current was made well, and is not to be made again for this.
    run.change(append => {
      const fields = eventError(error)
      append({ type: "log_written", ...about, level: "error", message: error.message, fields })
      append({ type: "step_skipped", ...about, reason: "not checked", dataVersion })
      log.dropReads(about.runId, about.step)
    })
    return { key, partition, results: [], error }
  }
}

async function evaluate(open: OpenProject, version: StoredVersion): Promise<readonly CheckResult[]> {
  const { environment, signal } = open
  const { asset } = version
  const session = () => environment.session(asset)
  const stored = await loadVersionFor(environment, version, { session, signal })
  try {
    const results = await asset.returns.check?.(asset.options.checks ?? [], stored, await session(), signal)
    await confirmUnreplaced(version, signal)
    return results ?? []
  } catch (error) {
    throw userCodeError(asset.key, "check", error)
  }
}

function nothingStored(environment: string, assets: number): ConfigError {
  return new ConfigError("SELECTION_EMPTY", {
    what: `There is nothing to check in '${environment}'.`,
    why: `Nothing is stored of what was asked for: ${assets === 1 ? "one asset" : `${assets} assets`} with checks ${assets === 1 ? "was" : "were"} selected.`,
    fix: "Materialize them first: assets materialize",
    details: { environment },
  })
}
