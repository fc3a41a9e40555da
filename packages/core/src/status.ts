import type { Definitions } from "./definitions.ts"
import type { EnvironmentConfig } from "./environment/environment.ts"
import { openProject, selectKeys } from "./plan-work.ts"
import { type AssetStatus, statusOf } from "./status-of.ts"

export interface StatusOptions {
  /** Name of one of the project's environments, or one made by `inMemory()`. Default: `ASSETS_ENV`, then the project's. */
  readonly environment?: string | EnvironmentConfig
  /** A selection, or several whose union is meant. Default: every asset. */
  readonly select?: string | readonly string[]
  /** The instant at which partitions are counted. Default: now. */
  readonly now?: Date
  readonly signal?: AbortSignal
}

/**
 * Returns the status of each asset and partition key, by key. Runs nothing.
 * Not transitive: stale is what its own code, or an input that it has read, has left behind; `plan` shows what follows.
 *
 * @throws ConfigError when the environment or the selection is wrong
 */
export async function status(project: Definitions, options: StatusOptions = {}): Promise<readonly AssetStatus[]> {
  const open = openProject(project, options)
  try {
    return await statusOf(open, await selectKeys(open, options.select ?? "*"))
  } finally {
    await open.close()
  }
}
