import type { Definitions } from "./definitions.ts"
import type { EnvironmentConfig } from "./environment/environment.ts"
import type { RunLog } from "./event/run-log.ts"
import { openProject } from "./plan-work.ts"

export interface DynamicKeysOptions {
  readonly environment?: string | EnvironmentConfig
}

/** Adds keys to `dynamicPartitions(name)`; those that it has stay where they are. Returns all keys, in order. */
export function addPartitionKeys(
  project: Definitions,
  name: string,
  keys: readonly string[],
  options: DynamicKeysOptions = {},
): Promise<readonly string[]> {
  return changeKeys(project, name, options, log => log.addDynamicKeys(name, keys))
}

/** Removes keys from `dynamicPartitions(name)`; what is stored of them stays. Returns the keys that are left. */
export function removePartitionKeys(
  project: Definitions,
  name: string,
  keys: readonly string[],
  options: DynamicKeysOptions = {},
): Promise<readonly string[]> {
  return changeKeys(project, name, options, log => log.removeDynamicKeys(name, keys))
}

async function changeKeys(
  project: Definitions,
  name: string,
  options: DynamicKeysOptions,
  change: (log: RunLog) => void,
): Promise<readonly string[]> {
  const open = openProject(project, options)
  try {
    change(open.log)
    return open.log.dynamicKeys(name)
  } finally {
    await open.close()
  }
}
