import { existsSync } from "node:fs"
import type { Definitions } from "./definitions.ts"
import type { EnvironmentConfig } from "./environment/environment.ts"
import { isInMemory } from "./environment/in-memory.ts"
import { OpenEnvironment } from "./environment/open-environment.ts"
import { type ResolvedEnvironment, resolveEnvironment } from "./environment/resolve-environment.ts"
import { removeScratch, staleScratchFolders } from "./environment/scratch-folder.ts"
import type { RunLog } from "./event/run-log.ts"
import type { Collected } from "./io/io-manager.ts"
import { eventLogPath, openRunLog } from "./open-event-log.ts"
import { folderBytes } from "./util/folder-bytes.ts"
import { groupBy } from "./util/group-by.ts"

export interface CollectOptions {
  /** Name of one of the project's environments, or one made by `inMemory()`. Default: `ASSETS_ENV`, then the project's. */
  readonly environment?: string | EnvironmentConfig
  /** True: tells what would be removed, and removes nothing. */
  readonly dryRun?: boolean
  readonly signal?: AbortSignal
}

/** Something that nothing refers to. */
export interface Garbage {
  /** The IO manager that stored it; null for what an engine has left in the system's temporary folder. */
  readonly ioManager: string | null
  /** The asset's; null for what belongs to none. */
  readonly key: string | null
  /** Path or name, for people. */
  readonly what: string
  readonly why: Collected["why"]
  readonly bytes: number
}

/**
 * Removes what nothing refers to in the storage of an environment, and the scratch folders of dead processes. Safe while
 * runs go on: what is current, kept, being written, or read by a step of any environment of the project stays.
 *
 * @returns what was removed, or with `dryRun` what would be
 * @throws ConfigError `ENVIRONMENT_UNKNOWN`; StorageError when the storage or an event log cannot be used
 */
export async function collectGarbage(project: Definitions, options: CollectOptions = {}): Promise<readonly Garbage[]> {
  const { dryRun = false, signal = new AbortController().signal } = options
  const resolved = resolveEnvironment(project, options.environment)
  const environment = new OpenEnvironment(project, resolved, { now: new Date(), signal })
  const logs = logsOf(project, resolved)
  const inUse = () => new Set(logs.flatMap(log => [...log.inUse()]))
  const found: Garbage[] = []
  try {
    for (const [io, assets] of groupBy(project.assets.values(), asset => environment.io(asset))) {
      signal.throwIfAborted()
      const keys = assets.map(({ key }) => key)
      const collected = (await io.collect?.({ ...environment.ioContext(signal), dryRun, inUse }, keys)) ?? []
      found.push(...collected.map(one => ({ ioManager: io.name, ...one })))
    }
  } finally {
    for (const log of logs) log.close()
    await environment.close()
  }
  return [...found, ...scratch(dryRun)]
}

/** The environment's event log, and those of the others: a branch with a log of its own reads what another stored. */
function logsOf(project: Definitions, own: ResolvedEnvironment): RunLog[] {
  if (isInMemory(own.config)) return [openRunLog(project, own)]
  const opened = new Map<string, RunLog>([[eventLogPath(project, own), openRunLog(project, own)]])
  try {
    for (const name of Object.keys(project.environments)) {
      const other = resolveEnvironment(project, name)
      const path = isInMemory(other.config) ? undefined : pathOf(project, other)
      if (path === undefined || opened.has(path) || !existsSync(path)) continue
      opened.set(path, openRunLog(project, other))
    }
  } catch (error) {
    for (const log of opened.values()) log.close()
    throw error
  }
  return [...opened.values()]
}

/** Undefined where a variable has no value: no run of this machine can have used it so. */
function pathOf(project: Definitions, environment: ResolvedEnvironment): string | undefined {
  try {
    return eventLogPath(project, environment)
  } catch {
    return undefined
  }
}

function scratch(dryRun: boolean): Garbage[] {
  return staleScratchFolders().flatMap(what => {
    const bytes = folderBytes(what)
    return dryRun || removeScratch(what) ? [{ ioManager: null, key: null, what, why: "temporary" as const, bytes }] : []
  })
}
