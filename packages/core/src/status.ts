import type { Definitions } from "./definitions.ts"
import type { EnvironmentConfig } from "./environment/environment.ts"
import type { Reason } from "./plan/execution-plan.ts"

export interface StatusOptions {
  readonly environment?: string | EnvironmentConfig
  readonly select?: string | readonly string[]
  readonly now?: Date
  readonly signal?: AbortSignal
}

/** How what is stored of an asset, or of one of its partitions, stands to its code and inputs. */
export interface AssetStatus {
  readonly key: string
  readonly partition: string | null
  readonly status: "fresh" | "stale" | "missing"
  /** Empty when fresh. */
  readonly causes: readonly Reason[]
}

/**
 * Returns the status of each asset and partition key.
 * Not transitive: stale is what its own code, or an input that it has read, has left behind.
 */
export async function status(_project: Definitions, _options: StatusOptions = {}): Promise<readonly AssetStatus[]> {
  throw new Error("not yet")
}
