import type { Asset } from "./asset/asset.ts"
import type { Definitions } from "./definitions.ts"
import { OpenEnvironment } from "./environment/open-environment.ts"
import { resolveEnvironment } from "./environment/resolve-environment.ts"
import { AssetsError } from "./errors/assets-error.ts"
import type { RunLog } from "./event/run-log.ts"
import type { Materialization } from "./io/io-manager.ts"
import { openRunLog } from "./open-event-log.ts"
import { CurrentState } from "./plan/current-state.ts"
import { stepId } from "./plan/step-id.ts"
import { uuidv7 } from "./util/uuid.ts"

export interface ReindexOptions {
  /** Default: every environment of the project. */
  readonly environment?: string
  readonly signal?: AbortSignal
}

/** What became of the event log's knowledge of one environment. */
export interface Reindexed {
  readonly environment: string
  /** The run under which it was put down; null when the log knew all of it. */
  readonly runId: string | null
  /** Partitions (or whole assets) of which the log knew nothing, or something else. */
  readonly added: number
  /** Partitions (or whole assets) that the log knew, and of which nothing is stored. */
  readonly removed: number
  /** Why the environment could not be looked at; the log was left as it is then. */
  readonly error?: AssetsError
}

/**
 * Makes the event log know as latest what the data says is current, as after the log was lost: in each environment that
 * can be opened. What the log knows already is not told again, so a second call changes nothing. History, and what was
 * reported of sources, cannot be told from the data and stays as it is.
 *
 * @throws ConfigError `ENVIRONMENT_UNKNOWN` for the one that is asked for; StorageError when its event log cannot be used
 */
export async function reindex(project: Definitions, options: ReindexOptions = {}): Promise<readonly Reindexed[]> {
  const { environment, signal = new AbortController().signal } = options
  if (environment !== undefined) resolveEnvironment(project, environment)
  const found: Reindexed[] = []
  for (const name of environment === undefined ? Object.keys(project.environments) : [environment]) {
    signal.throwIfAborted()
    try {
      found.push(await reindexEnvironment(project, name, signal))
    } catch (error) {
      if (!(error instanceof AssetsError) || environment !== undefined) throw error
      found.push({ environment: name, runId: null, added: 0, removed: 0, error })
    }
  }
  return found
}

async function reindexEnvironment(project: Definitions, name: string, signal: AbortSignal): Promise<Reindexed> {
  const resolved = resolveEnvironment(project, name)
  const environment = new OpenEnvironment(project, resolved, { now: new Date(), signal })
  try {
    const log = openRunLog(project, resolved)
    try {
      const assets = [...project.assets.values()]
      const before = latestOf(log, name, assets)
      const state = new CurrentState(environment)
      await state.read(assets, signal)
      signal.throwIfAborted()
      return log.transaction(() => tell(log, name, { assets, before, state }))
    } finally {
      log.close()
    }
  } finally {
    await environment.close()
  }
}

interface Place {
  readonly key: string
  readonly partition: string | null
}

/** By key and partition, the id of what the log knows as the latest. */
type Latest = ReadonlyMap<string, ReadonlyMap<string | null, string>>

function latestOf(log: RunLog, environment: string, assets: readonly Asset[]): Latest {
  const entries = assets.map(({ key }) => {
    const latest = log.latest({ environment, key })
    return [key, new Map(latest.map(({ partition, materialization }) => [partition, materialization.id]))] as const
  })
  return new Map(entries)
}

interface Looked {
  readonly assets: readonly Asset[]
  /** What the log knew before the data was looked at. */
  readonly before: Latest
  readonly state: CurrentState
}

function tell(log: RunLog, environment: string, { assets, before, state }: Looked): Reindexed {
  const unknown: (Place & { readonly materialization: Materialization })[] = []
  const gone: Place[] = []
  const now = latestOf(log, environment, assets)
  for (const { key } of assets) {
    const stored = state.partitions(key)
    const known = now.get(key) ?? new Map<string | null, string>()
    // What a run has told meanwhile is newer than what was looked at.
    const isNewer = (partition: string | null) => known.get(partition) !== before.get(key)?.get(partition)
    for (const [partition, { materialization }] of stored) {
      if (known.get(partition) !== materialization.id && !isNewer(partition)) {
        unknown.push({ key, partition, materialization })
      }
    }
    for (const partition of known.keys()) {
      if (!stored.has(partition) && !isNewer(partition)) gone.push({ key, partition })
    }
  }
  for (const { key, partition } of gone) log.forgetLatest(environment, key, partition)
  const counts = { added: unknown.length, removed: gone.length }
  if (unknown.length === 0) return { environment, runId: null, ...counts }
  const runId = uuidv7()
  const tags = { reindexed: "true" }
  log.append({ type: "run_started", runId, environment, selection: "*", tags, steps: unknown.length })
  for (const { key, partition, materialization } of unknown) {
    const about = { runId, step: stepId(key, partition), key, partitions: partition === null ? [] : [partition] }
    log.append({ type: "asset_materialized", ...about, materialization, durationMs: 0 })
  }
  log.append({ type: "run_succeeded", runId, durationMs: 0 })
  return { environment, runId, ...counts }
}
